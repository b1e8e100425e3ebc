// MqttRig for MQTT 5.0: lines of its packets, messages with their properties.
#pragma once

#include "support/mqtt_rig.hpp"
#include "support/mqtt_wire5.hpp"

namespace esb::test {

struct MqttRig5 : MqttRig {
    explicit MqttRig5(const mqtt::Limits& limits = {}, mqtt::Version version = mqtt::Version::v5,
                      std::size_t arena = 4096);
    void configure() { require(client.configure(options)); }

    // All packets sent since the last call; drains first.
    Lines wire();
    // From stopped or waiting to connected, with an empty log.
    void connect(const wire::Bytes& connack = {}, bool session_present = false);
    // CONNECT is sent.
    void reach();
    // What of the client's error the broker is told, and the error: "81 mqtt.malformed".
    std::string end();
    mqtt::Token publish5(std::string_view topic, std::string_view payload, int qos, ConstBytes with);
    std::string refusal(const mqtt::Publish& wanted);

    void on_message(const mqtt::MessagePiece& piece) override;
    void on_disconnected(const Error& why, Instant at) override;

    wire::Bytes properties;  // of the last piece
    std::string said;        // the broker's reason in words
};

}  // namespace esb::test
