// coreMQTT 2 (MQTT 3.1.1) over TCP: poll(2), then MQTT_ProcessLoop() until it has nothing more. The application keeps
// what was published, as coreMQTT wants it. It has no queue: what is in flight at a cut the application sends again.
#include "client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

extern "C" {
#include "core_mqtt.h"
#include "core_mqtt_state.h"
}

struct NetworkContext {
    int socket = -1;
    bool ended = false;
};

namespace {

constexpr std::size_t records = 20;
bench::Run* run = nullptr;
NetworkContext network;
MQTTContext_t context;
MQTTPubAckInfo_t records_out[records];
MQTTPubAckInfo_t records_in[records];
std::uint8_t buffer[1024];
unsigned in_flight = 0;

std::int32_t result(ssize_t count) {
    if (count > 0) return static_cast<std::int32_t>(count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    network.ended = true;
    return -1;
}
std::int32_t receive(NetworkContext*, void* out, std::size_t size) {
    return result(::recv(network.socket, out, size, MSG_DONTWAIT));
}
std::int32_t send(NetworkContext*, const void* bytes, std::size_t size) {
    return result(::send(network.socket, bytes, size, MSG_NOSIGNAL));
}
std::int32_t write_vectors(NetworkContext*, TransportOutVector_t* parts, std::size_t count) {
    return result(::writev(network.socket, reinterpret_cast<const iovec*>(parts), static_cast<int>(count)));
}
std::uint32_t now() { return static_cast<std::uint32_t>(bench::now_ns() / 1'000'000); }

void check(MQTTStatus_t status) {
    if (status != MQTTSuccess && status != MQTTNeedMoreBytes) bench::give_up(MQTT_Status_strerror(status));
}
void publish(std::uint16_t id, bool again) {
    MQTTPublishInfo_t message{};
    message.qos = static_cast<MQTTQoS_t>(run->plan.qos);
    message.dup = again;
    message.pTopicName = bench::topic.data();
    message.topicNameLength = static_cast<std::uint16_t>(bench::topic.size());
    message.pPayload = bench::payload.data();
    message.payloadLength = bench::payload_size;
    check(MQTT_Publish(&context, &message, id));
}
void publish() {
    publish(run->plan.qos > 0 ? MQTT_GetPacketId(&context) : std::uint16_t{0}, false);
}
void publish_next() {
    if (!run->may_publish()) return;
    run->published();
    publish();
}
void ready() {
    run->ready();
    if (run->all_cut()) return;
    in_flight = run->plan.window;
    for (unsigned i = 0; i < run->plan.window; ++i) publish();
}
void on_event(MQTTContext_t*, MQTTPacketInfo_t* packet, MQTTDeserializedInfo_t*) {
    const auto type = packet->type & 0xF0;
    if (type == MQTT_PACKET_TYPE_PUBLISH) return run->received();
    if (type != MQTT_PACKET_TYPE_PUBACK && type != MQTT_PACKET_TYPE_PUBCOMP) return;
    if (run->plan.what == bench::What::cut) {
        if (--in_flight == 0) ready();
        return;
    }
    run->done();
    publish_next();
}
void connect() {
    network = {::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), false};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(run->plan.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(network.socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) bench::give_up("connect");
    const int on = 1;
    ::setsockopt(network.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    MQTTConnectInfo_t options{};
    options.pClientIdentifier = "bench";
    options.clientIdentifierLength = 5;
    options.keepAliveSeconds = 60;
    bool present = false;
    check(MQTT_Connect(&context, &options, nullptr, 5'000, &present));
}
void reconnect() {
    ::close(network.socket);
    context.connectStatus = MQTTNotConnected;
    connect();
    run->on_line();
    if (in_flight == 0) return ready();
    MQTTStateCursor_t cursor = MQTT_STATE_CURSOR_INITIALIZER;
    while (const std::uint16_t id = MQTT_PublishToResend(&context, &cursor)) publish(id, true);
}
void wait() {
    pollfd entry{network.socket, POLLIN, 0};
    ::poll(&entry, 1, 1'000);
}

// One packet a call; what is behind it may be in the buffer already.
MQTTStatus_t process() {
    for (;;) {
        const auto before = context.index;
        const auto status = MQTT_ProcessLoop(&context);
        if (status != MQTTSuccess || context.index == 0 || context.index == before) return status;
    }
}

}  // namespace

int main(int count, char** words) {
    bench::Run made{bench::Plan(count, words)};
    run = &made;
    TransportInterface_t transport{};
    transport.recv = receive;
    transport.send = send;
    transport.writev = write_vectors;
    transport.pNetworkContext = &network;
    const MQTTFixedBuffer_t fixed{buffer, sizeof buffer};
    check(MQTT_Init(&context, &transport, now, on_event, &fixed));
    check(MQTT_InitStatefulQoS(&context, records_out, records, records_in, records));
    connect();
    if (run->plan.what == bench::What::cut) {
        ready();
        while (!run->all_cut()) {
            wait();
            if (process() == MQTTRecvFailed || network.ended) reconnect();
        }
        return 0;
    }
    run->begin();
    if (!run->plan.sends()) {
        const MQTTSubscribeInfo_t filter{static_cast<MQTTQoS_t>(run->plan.qos), bench::topic.data(),
                                         static_cast<std::uint16_t>(bench::topic.size())};
        check(MQTT_Subscribe(&context, &filter, 1, MQTT_GetPacketId(&context)));
    } else if (run->plan.qos == 0) {
        for (; run->may_publish(); run->done()) publish_next();
    } else {
        for (unsigned i = 0; i < run->plan.window; ++i) publish_next();
    }
    while (!run->over()) {
        wait();
        check(process());
    }
    return 0;
}
