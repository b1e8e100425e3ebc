#include "tests/support/mqtt_rig.hpp"

namespace esb::test {

MqttRig::MqttRig(const mqtt::Limits& limits, std::size_t arena)
    : memory(mqtt::Client::minimum_memory(limits) + arena), client(*this, limits, memory) {
    options.client_id = "ESP-1";
    require(client.configure(options));
}

void MqttRig::require(const Status& status) {
    if (!status) throw std::runtime_error(std::string(status.error().name()));
}

void MqttRig::open() {
    client.transport_opening();
    client.transport_opened(now);
}

void MqttRig::feed_bytewise(const wire::Bytes& bytes) {
    for (const auto byte : bytes) client.receive({&byte, 1}, now);
}

void MqttRig::drain(std::size_t chunk) {
    for (auto out = client.output(); !out.empty(); out = client.output()) send(std::min(chunk, out.size()));
}

void MqttRig::send(std::size_t count) {
    const auto out = client.output().first(count);
    stream.insert(stream.end(), out.begin(), out.end());
    client.sent(count, now);
}

MqttRig::Lines MqttRig::wire() {
    drain();
    Lines lines;
    while (auto packet = wire::take_packet(stream)) lines.push_back(wire::describe(*packet));
    return lines;
}

void MqttRig::close(const ErrorKind& why) {
    client.transport_closed(now, Error(why));
    stream.clear();
}

void MqttRig::close_as_wanted() {
    client.transport_closed(now, client.close_reason());
    stream.clear();
}

void MqttRig::advance(Duration by) {
    now += by;
    client.tick(now);
}

void MqttRig::connect(bool session_present) {
    if (client.state() == mqtt::Client::State::stopped) start();
    if (auto at = client.next_deadline(); at && *at > now) now = *at;
    open();
    drain();
    stream.clear();
    feed(wire::connack(session_present));
    events.clear();
}

mqtt::Token MqttRig::publish(std::string_view topic, std::string_view payload, int qos, bool retain) {
    const auto token = client.publish({topic, as_bytes(payload), static_cast<mqtt::Qos>(qos), retain});
    if (!token) throw std::runtime_error("publish: " + std::string(token.error().name()));
    return *token;
}

void MqttRig::on_connected(bool session_present) {
    events.push_back(session_present ? "connected present" : "connected new");
    if (when_connected) when_connected();
}

void MqttRig::on_disconnected(const Error& why, Instant at) {
    events.push_back("disconnected " + std::string(why.name()));
    retry_at = at;
    if (when_disconnected) when_disconnected();
}

void MqttRig::on_message(const mqtt::MessagePiece& piece) {
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

void MqttRig::on_too_large(const mqtt::TooLarge& large) {
    events.push_back("too large q" + std::to_string(static_cast<int>(large.qos)) + (large.duplicate ? " dup" : "") +
                     (large.retain ? " retain" : "") + " " + std::string(large.topic) + " " +
                     std::to_string(large.topic_size) + "+" + std::to_string(large.size));
}

void MqttRig::on_published(mqtt::Token token, Status outcome) {
    events.push_back("published " + std::to_string(token) + " " +
                     (outcome ? "ok" : std::string(outcome.error().name())));
    if (when_published) when_published(token, outcome);
}

void MqttRig::on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) {
    events.push_back(
        "subscribed " + std::to_string(token) + " " +
        (outcome ? "q" + std::to_string(static_cast<int>(*outcome)) : std::string(outcome.error().name())));
    if (when_subscribed) when_subscribed();
}

}  // namespace esb::test
