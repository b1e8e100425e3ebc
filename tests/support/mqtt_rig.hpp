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

    explicit MqttRig(const mqtt::Limits& limits = {}, std::size_t arena = 4096)
        : memory(mqtt::Client::minimum_memory(limits) + arena), client(*this, limits, memory) {
        options.client_id = "ESP-1";
        require(client.configure(options));
    }

    static void require(const Status& status) {
        if (!status) throw std::runtime_error(std::string(status.error().name()));
    }

    // --- the driver's part ---
    void start() { client.start(now, 0); }
    // Opens the transport; what the client sends is in wire().
    void open() {
        client.transport_opening();
        client.transport_opened(now);
    }
    void feed(const wire::Bytes& bytes) { client.receive(bytes, now); }
    void feed_bytewise(const wire::Bytes& bytes) {
        for (const auto byte : bytes) client.receive({&byte, 1}, now);
    }
    // Sends everything, at most `chunk` bytes at a time.
    void drain(std::size_t chunk = 1U << 20) {
        for (auto out = client.output(); !out.empty(); out = client.output()) send(std::min(chunk, out.size()));
    }
    // Sends exactly so many bytes of output().
    void send(std::size_t count) {
        const auto out = client.output().first(count);
        stream.insert(stream.end(), out.begin(), out.end());
        client.sent(count, now);
    }
    // All packets sent since the last call, one line each; drains first.
    Lines wire() {
        drain();
        Lines lines;
        while (auto packet = wire::take_packet(stream)) lines.push_back(wire::describe(*packet));
        return lines;
    }
    void close(const ErrorKind& why = errors::closed) {
        client.transport_closed(now, Error(why));
        stream.clear();
    }
    void close_as_wanted() {
        client.transport_closed(now, client.close_reason());
        stream.clear();
    }
    void advance(Duration by) {
        now += by;
        client.tick(now);
    }
    // From stopped or waiting to connected, with an empty log.
    void connect(bool session_present = false) {
        if (client.state() == mqtt::Client::State::stopped) start();
        if (auto at = client.next_deadline(); at && *at > now) now = *at;
        open();
        drain();
        stream.clear();
        feed(wire::connack(session_present));
        events.clear();
    }

    mqtt::Token publish(std::string_view topic, std::string_view payload, int qos, bool retain = false) {
        const auto token = client.publish({topic, as_bytes(payload), static_cast<mqtt::Qos>(qos), retain});
        if (!token) throw std::runtime_error("publish: " + std::string(token.error().name()));
        return *token;
    }
    Lines take_events() { return std::exchange(events, {}); }

    // --- what the client reports, one line each ---
    void on_connected(bool session_present) override {
        events.push_back(session_present ? "connected present" : "connected new");
        if (when_connected) when_connected();
    }
    void on_disconnected(const Error& why, Instant at) override {
        events.push_back("disconnected " + std::string(why.name()));
        retry_at = at;
        if (when_disconnected) when_disconnected();
    }
    void on_unanswered(ConstBytes packet) override { unanswered = mqtt::topic_in(packet, client.speaks_five()); }
    void on_message(const mqtt::MessagePiece& piece) override {
        if (piece.offset == 0) message.clear();
        if (piece.offset != message.size()) events.push_back("GAP");
        message += as_text(piece.bytes);
        ++pieces;
        last_total = piece.total;
        if (piece.is_last()) {
            events.push_back("message q" + std::to_string(static_cast<int>(piece.qos)) +
                             (piece.duplicate ? " dup" : "") + (piece.retain ? " retain" : "") + " " +
                             std::string(piece.topic) + "=" + message);
        }
        if (when_message) when_message(piece);
    }
    void on_too_large(const mqtt::TooLarge& large) override {
        events.push_back("too large q" + std::to_string(static_cast<int>(large.qos)) + (large.duplicate ? " dup" : "") +
                         (large.retain ? " retain" : "") + " " + std::string(large.topic) + " " +
                         std::to_string(large.topic_size) + "+" + std::to_string(large.size));
    }
    void on_published(mqtt::Token token, Status outcome) override {
        events.push_back("published " + std::to_string(token) + " " +
                         (outcome ? "ok" : std::string(outcome.error().name())));
        if (when_published) when_published(token, outcome);
    }
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override {
        events.push_back(
            "subscribed " + std::to_string(token) + " " +
            (outcome ? "q" + std::to_string(static_cast<int>(*outcome)) : std::string(outcome.error().name())));
        if (when_subscribed) when_subscribed();
    }

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
