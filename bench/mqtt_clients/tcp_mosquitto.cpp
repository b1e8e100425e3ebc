// libmosquitto, one thread: mosquitto_loop(), everything else from its callbacks.
#include "client.hpp"

#include <mosquitto.h>

namespace {

bench::Run* run = nullptr;
bool finished = false;
unsigned in_flight = 0;

void check(int code) {
    if (code != MOSQ_ERR_SUCCESS) bench::give_up(mosquitto_strerror(code));
}
void put(mosquitto* client) {
    check(mosquitto_publish(client, nullptr, bench::topic.data(), static_cast<int>(bench::payload_size),
                            bench::payload.data(), static_cast<int>(run->plan.qos), false));
}
void publish(mosquitto* client) {
    if (!run->may_publish()) return;
    run->published();
    put(client);
}
void finish(mosquitto* client) {
    finished = true;
    mosquitto_disconnect(client);
}
void ready(mosquitto* client) {
    run->ready();
    if (run->all_cut()) return finish(client);
    in_flight = run->plan.window;
    for (unsigned i = 0; i < run->plan.window; ++i) put(client);
}
void on_connect(mosquitto* client, void*, int code) {
    if (code != 0) bench::give_up("refused");
    if (run->plan.what == bench::What::cut) {
        run->on_line();
        if (in_flight == 0) ready(client);
        return;
    }
    run->begin();
    if (!run->plan.sends()) return check(mosquitto_subscribe(client, nullptr, bench::topic.data(), static_cast<int>(run->plan.qos)));
    for (unsigned i = 0; i < run->plan.window; ++i) publish(client);
}
void on_publish(mosquitto* client, void*, int) {
    if (run->plan.what == bench::What::cut) {
        if (--in_flight == 0) ready(client);
        return;
    }
    run->done();
    if (run->over()) return finish(client);
    publish(client);
}
void on_message(mosquitto* client, void*, const mosquitto_message*) {
    run->received();
    if (run->over()) finish(client);
}

}  // namespace

int main(int count, char** words) {
    bench::Run made{bench::Plan(count, words)};
    run = &made;
    mosquitto_lib_init();
    mosquitto* client = mosquitto_new("bench", false, nullptr);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_publish_callback_set(client, on_publish);
    mosquitto_message_callback_set(client, on_message);
    check(mosquitto_connect(client, "127.0.0.1", run->plan.port, 60));
    while (!finished) {
        const int code = mosquitto_loop(client, 1'000, 1);
        if (code == MOSQ_ERR_SUCCESS || finished) continue;
        if (run->plan.what != bench::What::cut) bench::give_up(mosquitto_strerror(code));
        check(mosquitto_reconnect(client));
    }
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return 0;
}
