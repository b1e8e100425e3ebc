// MqttRig for MQTT 5.0: lines of its packets, messages with their properties.
#pragma once

#include "support/mqtt_rig.hpp"
#include "support/mqtt_wire5.hpp"

namespace esb::test {

struct MqttRig5 : MqttRig {
    explicit MqttRig5(const mqtt::Limits& limits = {}, mqtt::Version version = mqtt::Version::v5,
                      std::size_t arena = 4096)
        : MqttRig(limits, arena) {
        options.version = version;
        options.session_known = true;
        configure();
    }
    void configure() { require(client.configure(options)); }

    // All packets sent since the last call; drains first.
    Lines wire() {
        drain();
        Lines lines;
        while (auto line = wire5::take_line(stream)) lines.push_back(*line);
        return lines;
    }
    // From stopped or waiting to connected, with an empty log.
    void connect(const wire::Bytes& connack = {}, bool session_present = false) {
        reach();
        feed(wire5::connack(session_present, 0, connack));
        events.clear();
    }
    // CONNECT is sent.
    void reach() {
        if (client.state() == mqtt::Client::State::stopped) start();
        if (auto at = client.next_deadline(); at && *at > now) now = *at;
        open();
        drain();
        stream.clear();
    }
    // What of the client's error the broker is told, and the error: "81 mqtt.malformed".
    std::string end() {
        if (client.state() != mqtt::Client::State::closing) return "open";
        const auto lines = wire();
        if (!client.wants_close()) return "not closed";
        std::string told = lines.empty() ? "" : lines.back();
        if (told.starts_with("DISCONNECT")) told.erase(0, told.size() > 10 ? 11 : 10);
        return told + (told.empty() ? "" : " ") + std::string(client.close_reason().name());
    }
    mqtt::Token publish5(std::string_view topic, std::string_view payload, int qos, ConstBytes with) {
        const auto token = client.publish({topic, as_bytes(payload), static_cast<mqtt::Qos>(qos), false, with});
        if (!token) throw std::runtime_error("publish: " + std::string(token.error().name()));
        return *token;
    }
    std::string refusal(const mqtt::Publish& wanted) {
        const auto token = client.publish(wanted);
        return token ? "ok" : std::string(token.error().name());
    }

    void on_message(const mqtt::MessagePiece& piece) override {
        properties.assign(piece.properties.bytes().begin(), piece.properties.bytes().end());
        MqttRig::on_message(piece);
    }
    void on_disconnected(const Error& why, Instant at) override {
        said.assign(client.properties().text(mqtt::Property::reason_string));
        MqttRig::on_disconnected(why, at);
    }

    wire::Bytes properties;  // of the last piece
    std::string said;        // the broker's reason in words
};

}  // namespace esb::test
