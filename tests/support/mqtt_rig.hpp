// A Client with a recording handler, a hand-driven clock and the test as its broker.
#pragma once

#include "esb/mqtt/client.hpp"
#include "esb/mqtt/packet_topic.hpp"
#include "support/mqtt_wire.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace esb::test {

struct MqttRig : mqtt::Handler {
    using Lines = std::vector<std::string>;

    explicit MqttRig(const mqtt::Limits& limits = {}, std::size_t arena = 4096);

    static void require(const Status& status);

    // --- the driver's part ---
    void start() { client.start(now, 0); }
    // Opens the transport; what the client sends is in wire().
    void open();
    void feed(const wire::Bytes& bytes) { client.receive(bytes, now); }
    void feed_bytewise(const wire::Bytes& bytes);
    // Sends everything, at most `chunk` bytes at a time.
    void drain(std::size_t chunk = 1U << 20);
    // Sends exactly so many bytes of output().
    void send(std::size_t count);
    // All packets sent since the last call, one line each; drains first.
    Lines wire();
    void close(const ErrorKind& why = errors::closed);
    void close_as_wanted();
    void advance(Duration by);
    // From stopped or waiting to connected, with an empty log.
    void connect(bool session_present = false);

    mqtt::Token publish(std::string_view topic, std::string_view payload, int qos, bool retain = false);
    Lines take_events() { return std::exchange(events, {}); }

    // --- what the client reports, one line each ---
    void on_connected(bool session_present) override;
    void on_disconnected(const Error& why, Instant at) override;
    void on_unanswered(ConstBytes packet) override { unanswered = mqtt::topic_in(packet, client.speaks_five()); }
    void on_message(const mqtt::MessagePiece& piece) override;
    void on_too_large(const mqtt::TooLarge& large) override;
    void on_published(mqtt::Token token, Status outcome) override;
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override;

    std::vector<std::uint8_t> memory;
    mqtt::ConnectOptions options;
    mqtt::Client client;
    Instant now{1000s};
    wire::Bytes stream;  // sent by the client, not looked at yet
    Lines events;
    std::string message;
    std::string unanswered;  // of the latest connection that ended with something so
    std::size_t pieces = 0;
    std::size_t last_total = 0;
    Instant retry_at{};
    std::function<void()> when_connected, when_disconnected, when_subscribed;
    std::function<void(const mqtt::MessagePiece&)> when_message;
    std::function<void(mqtt::Token, const Status&)> when_published;
};

}  // namespace esb::test
