// coreMQTT 2 (MQTT 3.1.1) on memory: the same rounds as memory_ours.cpp. The application keeps what was published until
// it is acknowledged, as coreMQTT wants it, and nothing else.
#include "broker.hpp"

extern "C" {
#include "core_mqtt.h"
}

struct NetworkContext {
    bench::Broker broker;
    bench::Broker::Bytes to_client;
    std::size_t at = 0;
};

namespace {

constexpr std::size_t records = 20;
unsigned done = 0;

std::int32_t receive(NetworkContext* network, void* out, std::size_t size) {
    const bench::NotCounted transport;
    if (network->at == network->to_client.size()) {
        network->to_client.clear();
        network->at = 0;
        std::swap(network->to_client, network->broker.out);
    }
    const std::size_t count = std::min(size, network->to_client.size() - network->at);
    if (count > 0) std::memcpy(out, network->to_client.data() + network->at, count);
    network->at += count;
    return static_cast<std::int32_t>(count);
}

std::int32_t send(NetworkContext* network, const void* bytes, std::size_t size) {
    const bench::NotCounted transport;
    network->broker.receive(static_cast<const std::uint8_t*>(bytes), size);
    return static_cast<std::int32_t>(size);
}

std::int32_t write_vectors(NetworkContext* network, TransportOutVector_t* parts, std::size_t count) {
    const bench::NotCounted transport;
    std::size_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        network->broker.receive(static_cast<const std::uint8_t*>(parts[i].iov_base), parts[i].iov_len);
        total += parts[i].iov_len;
    }
    return static_cast<std::int32_t>(total);
}

std::uint32_t now() { return 1'000; }

void on_event(MQTTContext_t*, MQTTPacketInfo_t* packet, MQTTDeserializedInfo_t*) {
    const auto type = packet->type & 0xF0;
    if (type == MQTT_PACKET_TYPE_PUBLISH || type == MQTT_PACKET_TYPE_PUBACK || type == MQTT_PACKET_TYPE_PUBCOMP) ++done;
}

class Bench {
public:
    explicit Bench(const bench::Plan& plan) : plan_(plan) {
        TransportInterface_t transport{};
        transport.recv = receive;
        transport.send = send;
        transport.writev = write_vectors;
        transport.pNetworkContext = &network_;
        const MQTTFixedBuffer_t buffer{buffer_, sizeof buffer_};
        check(MQTT_Init(&context_, &transport, now, on_event, &buffer));
        check(MQTT_InitStatefulQoS(&context_, out_, records, in_, records));
        MQTTConnectInfo_t connect{};
        connect.pClientIdentifier = "bench";
        connect.clientIdentifierLength = 5;
        connect.keepAliveSeconds = 60;
        bool present = false;
        check(MQTT_Connect(&context_, &connect, nullptr, 1'000, &present));
    }
    void run() {
        while (done < plan_.messages) round();
    }

private:
    static void check(MQTTStatus_t status) {
        if (status != MQTTSuccess && status != MQTTNeedMoreBytes) bench::give_up(MQTT_Status_strerror(status));
    }
    void round() {
        const unsigned before = done;
        if (plan_.sends()) {
            const bench::Counted counted;
            for (unsigned i = 0; i < plan_.window; ++i) publish();
        } else {
            network_.broker.deliver(plan_.window, plan_.qos);
        }
        exchange();
        if (done != before + plan_.window) bench::give_up("messages are missing");
    }
    void publish() {
        MQTTPublishInfo_t message{};
        message.qos = static_cast<MQTTQoS_t>(plan_.qos);
        message.pTopicName = bench::topic.data();
        message.topicNameLength = static_cast<std::uint16_t>(bench::topic.size());
        message.pPayload = bench::payload.data();
        message.payloadLength = bench::payload_size;
        check(MQTT_Publish(&context_, &message, plan_.qos > 0 ? MQTT_GetPacketId(&context_) : std::uint16_t{0}));
        if (plan_.qos == 0) ++done;
    }
    void exchange() {
        while (!idle()) {
            const bench::Counted counted;
            check(MQTT_ProcessLoop(&context_));
        }
    }
    bool idle() const {
        return network_.broker.out.empty() && network_.at == network_.to_client.size() && context_.index == 0;
    }

    const bench::Plan plan_;
    NetworkContext network_;
    std::uint8_t buffer_[1024]{};
    MQTTPubAckInfo_t out_[records]{};
    MQTTPubAckInfo_t in_[records]{};
    MQTTContext_t context_{};
};

// Without the network buffer, which is the application's to choose.
std::size_t state() { return sizeof(MQTTContext_t) + 2 * records * sizeof(MQTTPubAckInfo_t); }

}  // namespace

int main(int count, char** words) {
    if (bench::Plan::asks_for_state(count, words)) return bench::Plan::print_state(state());
    const bench::Plan plan(count, words);
    Bench bench(plan);
    bench.run();
    return 0;
}
