// One MQTT exchange on a bare Cortex-M3, against a broker of a few lines; and every public function of base once.
#include "esb/base/backoff.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/function.hpp"
#include "esb/base/identity.hpp"
#include "esb/base/json.hpp"
#include "esb/base/secret.hpp"
#include "esb/mqtt/client.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

extern "C" {
extern std::uint32_t data_start, data_end, data_load, __bss_start__, __bss_end__, stack_top;
extern void (*__init_array_start[])();
extern void (*__init_array_end[])();
void initialise_monitor_handles();
[[noreturn]] void reset();
[[noreturn]] void fault() {
    std::puts("FAULT");
    std::_Exit(1);
}
void* __dso_handle = nullptr;
}

namespace {

using namespace esb;

[[gnu::section(".vectors"), gnu::used]] void* const vectors[] = {
    &stack_top,
    reinterpret_cast<void*>(reset),
    reinterpret_cast<void*>(fault),
    reinterpret_cast<void*>(fault),
    reinterpret_cast<void*>(fault),
    reinterpret_cast<void*>(fault),
    reinterpret_cast<void*>(fault),
};

void require(bool condition, const char* what) {
    if (condition) return;
    std::printf("FAILED: %s\n", what);
    std::_Exit(1);
}

// What arrives at a broker is answered as a broker would: good enough for one client that does no mistakes.
class Broker {
public:
    explicit Broker(mqtt::Client& client) : client_(client) {}

    // Moves bytes both ways until there are none.
    void pump(Instant now) {
        for (auto out = client_.output(); !out.empty(); out = client_.output()) {
            require(held_ + out.size() <= packet_.size(), "packet fits");
            copy(out, MutBytes(packet_).subspan(held_));
            held_ += out.size();
            client_.sent(out.size(), now);
            while (take(now)) {
            }
        }
    }

private:
    bool take(Instant now) {
        if (held_ < 2 || held_ < 2U + packet_[1]) return false;  // packets here are shorter than 128 bytes
        const std::size_t size = 2U + packet_[1];
        answer(ConstBytes(packet_).first(size), now);
        std::copy(packet_.begin() + static_cast<std::ptrdiff_t>(size), packet_.begin() + static_cast<std::ptrdiff_t>(held_),
                  packet_.begin());
        held_ -= size;
        return true;
    }
    void reply(std::initializer_list<std::uint8_t> bytes, Instant now) {
        client_.receive({bytes.begin(), bytes.size()}, now);
    }
    void answer(ConstBytes packet, Instant now) {
        switch (packet[0] >> 4) {
            case 1: return reply({0x20, 2, 0, 0}, now);
            case 3: return answer_publish(packet, now);
            case 4: return;
            case 5: return reply({0x62, 2, packet[2], packet[3]}, now);
            case 6: return reply({0x70, 2, packet[2], packet[3]}, now);
            case 7: return;
            case 8: return reply({0x90, 3, packet[2], packet[3], 2}, now);
            case 10: return reply({0xB0, 2, packet[2], packet[3]}, now);
            case 12: return reply({0xD0, 0}, now);
            case 14: return;
            default: require(false, "a packet type that a client sends");
        }
    }
    void answer_publish(ConstBytes packet, Instant now) {
        const unsigned qos = (packet[0] >> 1) & 3;
        const std::size_t id = 4U + packet[3];
        std::array<std::uint8_t, 130> echo{};
        copy(packet, echo);
        if (qos == 1) reply({0x40, 2, packet[id], packet[id + 1]}, now);
        if (qos == 2) reply({0x50, 2, packet[id], packet[id + 1]}, now);
        client_.receive(ConstBytes(echo).first(packet.size()), now);  // we are subscribed to what we publish
    }

    mqtt::Client& client_;
    std::array<std::uint8_t, 512> packet_{};
    std::size_t held_ = 0;
};

struct Log : mqtt::Handler {
    void on_connected(bool) override { ++connected; }
    void on_disconnected(const Error&, Instant) override { ++disconnected; }
    void on_message(const mqtt::MessagePiece& piece) override { messages += piece.is_last() ? 1 : 0; }
    void on_published(mqtt::Token, Status outcome) override { published += outcome ? 1 : 0; }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos> outcome) override { subscribed += outcome ? 1 : 0; }
    int connected = 0, disconnected = 0, messages = 0, published = 0, subscribed = 0;
};

void exchange() {
    alignas(8) static std::uint8_t memory[8192];
    Log log;
    mqtt::Limits limits;
    require(mqtt::Client::minimum_memory(limits) <= sizeof memory, "memory suffices");
    mqtt::Client client(log, limits, memory);
    mqtt::ConnectOptions options;
    options.client_id = "ESP-1";
    options.user_name = "user";
    options.password = as_bytes("pass");
    options.will = {"ESP/1/online", as_bytes("0"), mqtt::Qos::at_least_once, true};
    require(client.configure(options).has_value(), "configure");
    Broker broker(client);
    Instant now{};
    client.start(now, 42);
    require(client.wants_transport(now), "wants a transport");
    client.transport_opening();
    client.transport_opened(now);
    broker.pump(now);
    require(client.state() == mqtt::Client::State::connected, "connected");
    require(client.subscribe("ESP/1/ping", mqtt::Qos::exactly_once).has_value(), "subscribe");
    for (const auto qos : {mqtt::Qos::at_most_once, mqtt::Qos::at_least_once, mqtt::Qos::exactly_once}) {
        require(client.publish({"ESP/1/ping", as_bytes("123"), qos, false}).has_value(), "publish");
    }
    require(client.pending() == 3, "three pending");
    broker.pump(now);
    require(client.wants_input(), "takes input");
    require(client.unsubscribe("ESP/1/ping").has_value(), "unsubscribe");
    broker.pump(now);
    now += std::chrono::seconds(61);
    require(client.next_deadline().has_value(), "keep-alive has a deadline");
    client.tick(now);
    broker.pump(now);
    require(!client.wants_close(), "the ping was answered");
    client.stop(now);
    broker.pump(now);
    require(client.wants_close(), "closes after DISCONNECT");
    client.transport_closed(now, client.close_reason());
    client.forget_session();
    require(log.connected == 1 && log.disconnected == 1, "one connection");
    require(log.messages == 3 && log.published == 3 && log.subscribed == 2, "all completed");
    require(client.statistics().messages_out == 3, "statistics");
}

void base_room() {
    std::array<char, 64> text{};
    std::array<std::uint8_t, 32> bytes{};
    const auto hex = hex_encode(as_bytes("esb"), text);
    require(hex && *hex == "657362" && hex_decode(*hex, bytes).has_value(), "hex");
    const auto base64 = base64url_encode(as_bytes("esb"), text);
    require(base64 && *base64 == "ZXNi" && base64url_decode(*base64, bytes).has_value(), "base64url");
    require(is_utf8("gr\xC3\xBCn") && !is_utf8("\xFF"), "UTF-8");
    require(*parse_unsigned("42", 0, 100) == 42 && *parse_signed("-42", -100, 0) == -42, "numbers");
    require(decimal(42) == "42" && decimal_signed(-42) == "-42", "decimal");
    require(crc32(as_bytes("123456789")) == 0xCBF43926, "CRC-32");
    const auto identity = identity_from_mac({0xC4, 0x4F, 0x33, 0x0A, 0x9C, 0x35});
    require(base_topic(identity) == "ESP/C44F330A9C35" && make_identity(identity).has_value(), "identity");
    Secret<16> secret;
    require(secret.assign(as_bytes("key")).has_value() && secret == secret, "secret");
    require(Backoff().next(0) >= std::chrono::seconds(1), "back-off");
    const Function<int(int)> twice = [](int x) { return 2 * x; };
    require(twice(21) == 42, "function");
    JsonWriter json(text);
    json.begin_object().key("a").number(1).key("b").begin_array().boolean(true).text("x").end_array().end_object();
    require(json.view() == R"({"a":1,"b":[true,"x"]})" && scan_json(as_bytes(json.view())).has_value(), "JSON");
}

}  // namespace

void reset() {
    std::copy(&data_load, &data_load + (&data_end - &data_start), &data_start);
    std::fill(&__bss_start__, &__bss_end__, 0U);
    initialise_monitor_handles();
    for (auto* init = __init_array_start; init != __init_array_end; ++init) (*init)();
    base_room();
    exchange();
    std::puts("exchange done");
    std::_Exit(0);
}
