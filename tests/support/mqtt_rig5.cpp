#include "tests/support/mqtt_rig5.hpp"

namespace esb::test {

MqttRig5::MqttRig5(const mqtt::Limits& limits, mqtt::Version version,
    std::size_t arena)
    : MqttRig(limits, arena) {
    options.version = version;
    options.session_known = true;
    configure();
}

MqttRig5::Lines MqttRig5::wire() {
    drain();
    Lines lines;
    while (auto line = wire5::take_line(stream)) lines.push_back(*line);
    return lines;
}

void MqttRig5::connect(const wire::Bytes& connack, bool session_present) {
    reach();
    feed(wire5::connack(session_present, 0, connack));
    events.clear();
}

void MqttRig5::reach() {
    if (client.state() == mqtt::Client::State::stopped) start();
    if (auto at = client.next_deadline(); at && *at > now) now = *at;
    open();
    drain();
    stream.clear();
}

std::string MqttRig5::end() {
    if (client.state() != mqtt::Client::State::closing) return "open";
    const auto lines = wire();
    if (!client.wants_close()) return "not closed";
    std::string told = lines.empty() ? "" : lines.back();
    if (told.starts_with("DISCONNECT")) told.erase(0, told.size() > 10 ? 11 : 10);
    return told + (told.empty() ? "" : " ") + std::string(client.close_reason().name());
}

mqtt::Token MqttRig5::publish5(std::string_view topic, std::string_view payload, int qos, ConstBytes with) {
    const auto token = client.publish({topic, as_bytes(payload), static_cast<mqtt::Qos>(qos), false, with});
    if (!token) throw std::runtime_error("publish: " + std::string(token.error().name()));
    return *token;
}

std::string MqttRig5::refusal(const mqtt::Publish& wanted) {
    const auto token = client.publish(wanted);
    return token ? "ok" : std::string(token.error().name());
}

void MqttRig5::on_message(const mqtt::MessagePiece& piece) {
    properties.assign(piece.properties.bytes().begin(), piece.properties.bytes().end());
    MqttRig::on_message(piece);
}

void MqttRig5::on_disconnected(const Error& why, Instant at) {
    said.assign(client.properties().text(mqtt::Property::reason_string));
    MqttRig::on_disconnected(why, at);
}

}  // namespace esb::test
