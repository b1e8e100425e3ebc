// Paho C, its asynchronous library, which is the one that can have several messages in flight.
#include "client.hpp"

#include <MQTTAsync.h>

namespace {

bench::Run* run = nullptr;
MQTTAsync client = nullptr;
std::atomic<bool> finished{false};
unsigned in_flight = 0;

void check(int code) {
    if (code != MQTTASYNC_SUCCESS) bench::give_up(MQTTAsync_strerror(code));
}
void finish() {
    finished = true;
    finished.notify_one();
}
void on_failure(void*, MQTTAsync_failureData* why) {
    bench::give_up(why != nullptr && why->message != nullptr ? why->message : "Paho: a failure without words");
}
void on_sent(void*, MQTTAsync_successData*);

void put() {
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.onSuccess = on_sent;
    if (run->plan.what != bench::What::cut) options.onFailure = on_failure;
    check(MQTTAsync_send(client, bench::topic.data(), static_cast<int>(bench::payload_size), bench::payload.data(),
                         static_cast<int>(run->plan.qos), 0, &options));
}
void publish() {
    if (!run->may_publish()) return;
    run->published();
    put();
}
void ready() {
    run->ready();
    if (run->all_cut()) {
        finish();
        return;
    }
    in_flight = run->plan.window;
    for (unsigned i = 0; i < run->plan.window; ++i) put();
}
void on_sent(void*, MQTTAsync_successData*) {
    if (run->plan.what == bench::What::cut) {
        if (--in_flight == 0) ready();
        return;
    }
    run->done();
    if (run->over()) finish();
    publish();
}
int on_message(void*, char* topic, int, MQTTAsync_message* message) {
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    run->received();
    if (run->over()) finish();
    return 1;
}
void on_connected(void*, char*) {
    if (run->plan.what == bench::What::cut) {
        run->on_line();
        if (in_flight == 0) ready();
        return;
    }
    run->begin();
    if (run->plan.sends()) {
        for (unsigned i = 0; i < run->plan.window; ++i) publish();
        return;
    }
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    check(MQTTAsync_subscribe(client, bench::topic.data(), static_cast<int>(run->plan.qos), &options));
}
void connect() {
    MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
    options.keepAliveInterval = 60;
    options.cleansession = 0;
    options.maxInflight = 20;
    options.automaticReconnect = 1;  // a connect() of ours after a loss meets the old socket's end, and fails
    options.minRetryInterval = 1;
    options.maxRetryInterval = 1;
    if (run->plan.what != bench::What::cut) options.onFailure = on_failure;
    check(MQTTAsync_connect(client, &options));
}
void on_lost(void*, char*) {
    if (run->plan.what != bench::What::cut) bench::give_up("Paho: the connection is lost");
}

}  // namespace

int main(int count, char** words) {
    bench::Run made{bench::Plan(count, words)};
    run = &made;
    char url[64];
    std::snprintf(url, sizeof url, "tcp://127.0.0.1:%u", static_cast<unsigned>(run->plan.port));
    check(MQTTAsync_create(&client, url, "bench", MQTTCLIENT_PERSISTENCE_NONE, nullptr));
    check(MQTTAsync_setCallbacks(client, nullptr, on_lost, on_message, nullptr));
    check(MQTTAsync_setConnected(client, nullptr, on_connected));
    connect();
    finished.wait(false);
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    MQTTAsync_disconnect(client, &options);
    ::usleep(50'000);
    return 0;
}
