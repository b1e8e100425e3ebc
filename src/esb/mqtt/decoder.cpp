#include "esb/mqtt/decoder.hpp"

#include <algorithm>

namespace esb::mqtt {
namespace {

// What a packet's first byte and remaining length must be, tables 2.1 and 2.2; PUBLISH is checked by itself.
struct Rule {
    std::uint8_t flags : 4;
    std::uint8_t length : 2;
    bool from_server : 1;
    bool exists : 1;
};
constexpr Rule rules[16] = {
    {0, 0, false, false},  // 0
    {0, 0, false, true},   // CONNECT
    {0, 2, true, true},    // CONNACK
    {0, 0, true, true},    // PUBLISH
    {0, 2, true, true},    // PUBACK
    {0, 2, true, true},    // PUBREC
    {2, 2, true, true},    // PUBREL
    {0, 2, true, true},    // PUBCOMP
    {2, 0, false, true},   // SUBSCRIBE
    {0, 3, true, true},    // SUBACK; we subscribe to one filter at a time
    {2, 0, false, true},   // UNSUBSCRIBE
    {0, 2, true, true},    // UNSUBACK
    {0, 0, false, true},   // PINGREQ
    {0, 0, true, true},    // PINGRESP
    {0, 0, false, true},   // DISCONNECT
    {0, 0, false, false},  // 15
};

bool is_suback_code(std::uint8_t code) { return code <= 2 || code == 0x80; }

}  // namespace

Decoder::Event Decoder::next(ConstBytes& bytes) {
    if (stage_ == Stage::failed) return Event::error;
    while (!bytes.empty()) {
        const Event event = step(bytes);
        if (event != Event::more) return event;
    }
    return Event::more;
}

Decoder::Event Decoder::step(ConstBytes& bytes) {
    if (stage_ == Stage::topic) return take_topic(bytes);
    if (stage_ == Stage::payload) return take_payload(bytes);
    if (stage_ <= Stage::length) {
        const std::uint8_t byte = bytes[0];
        bytes = bytes.subspan(1);
        return stage_ == Stage::length ? take_length(byte) : take_first_byte(byte);
    }
    if (!collect(bytes)) return Event::more;
    if (stage_ == Stage::topic_size) return take_topic_size();
    return stage_ == Stage::packet_id ? take_packet_id() : take_body();
}

Decoder::Event Decoder::take_first_byte(std::uint8_t byte) {
    const unsigned flags = byte & 0x0F;
    packet_ = {};
    packet_.type = static_cast<PacketType>(byte >> 4);
    if (packet_.type == PacketType::publish) {
        const unsigned qos = flags >> 1 & 3;
        piece_ = {};
        piece_.qos = static_cast<Qos>(qos);
        piece_.retain = (flags & 1) != 0;
        piece_.duplicate = (flags & 8) != 0;
        if (qos == 3) return malformed();                      // MQTT-3.3.1-4
        if (qos == 0 && piece_.duplicate) return malformed();  // MQTT-3.3.1-2
    } else {
        const Rule& rule = rules[byte >> 4];
        if (!rule.exists || flags != rule.flags) return malformed();  // MQTT-2.2.2-2
        if (!rule.from_server) return reject();
    }
    stage_ = Stage::length;
    remaining_ = 0;
    length_shift_ = 0;
    return Event::more;
}

Decoder::Event Decoder::take_length(std::uint8_t byte) {
    remaining_ |= static_cast<std::size_t>(byte & 0x7F) << length_shift_;
    if ((byte & 0x80) == 0) return begin_body();
    length_shift_ = static_cast<std::uint8_t>(length_shift_ + 7);
    if (length_shift_ > 21) return malformed();  // a fifth byte, section 2.2.3
    return Event::more;
}

Decoder::Event Decoder::begin_body() {
    if (packet_.type == PacketType::publish) {
        too_large_ = remaining_ > max_packet_;
        if (remaining_ < 2) return malformed();
        return collect_next(Stage::topic_size, 2);
    }
    if (remaining_ != rules[static_cast<std::size_t>(packet_.type)].length) return malformed();
    if (remaining_ == 0) return finish(Event::packet);
    return collect_next(Stage::body, remaining_);
}

Decoder::Event Decoder::take_topic_size() {
    const std::size_t size = scratch16();
    const std::size_t id = piece_.qos == Qos::at_most_once ? 0 : 2;
    if (size == 0 || 2 + size + id > remaining_) return malformed();  // MQTT-4.7.3-1
    topic_size_ = size;
    topic_scan_ = {};
    too_large_ = too_large_ || !topic_fits();
    remaining_ -= 2 + size + id;
    return collect_next(Stage::topic, size);
}

Decoder::Event Decoder::take_topic(ConstBytes& bytes) {
    const auto part = bytes.first(std::min(bytes.size(), needed_ - have_));
    if (topic_fits()) copy(part, topic_.subspan(have_));
    have_ += part.size();
    bytes = bytes.subspan(part.size());
    if (!topic_scan_.take(part) || topic_scan_.wildcard()) return malformed();  // MQTT-3.3.2-1, -2
    if (have_ < needed_) return Event::more;
    if (!topic_scan_.complete()) return malformed();
    if (topic_fits()) piece_.topic = as_text(topic_.first(needed_));
    if (piece_.qos == Qos::at_most_once) return begin_payload();
    return collect_next(Stage::packet_id, 2);
}

Decoder::Event Decoder::take_packet_id() {
    packet_.id = scratch16();
    if (packet_.id == 0) return malformed();  // MQTT-2.3.1-1
    return begin_payload();
}

Decoder::Event Decoder::begin_payload() {
    stage_ = Stage::payload;
    offset_ = 0;
    piece_.total = remaining_;
    return remaining_ == 0 ? finish(Event::piece) : Event::more;
}

Decoder::Event Decoder::take_payload(ConstBytes& bytes) {
    piece_.offset = offset_;
    piece_.bytes = bytes.first(std::min(bytes.size(), remaining_ - offset_));
    bytes = bytes.subspan(piece_.bytes.size());
    offset_ += piece_.bytes.size();
    return offset_ == remaining_ ? finish(Event::piece) : Event::piece;
}

Decoder::Event Decoder::take_body() {
    switch (packet_.type) {
        case PacketType::connack:
            if (scratch_[0] > 1) return malformed();  // reserved bits, section 3.2.2.1
            packet_.session_present = scratch_[0] == 1;
            packet_.code = scratch_[1];
            return finish(Event::packet);
        case PacketType::suback:
            packet_.code = scratch_[2];
            if (!is_suback_code(packet_.code)) return malformed();  // MQTT-3.9.3-2
            break;
        default:
            break;
    }
    packet_.id = scratch16();
    if (packet_.id == 0) return malformed();
    return finish(Event::packet);
}

Decoder::Event Decoder::finish(Event event) {
    stage_ = Stage::first_byte;
    return event;
}

Decoder::Event Decoder::collect_next(Stage stage, std::size_t count) {
    stage_ = stage;
    needed_ = count;
    have_ = 0;
    return Event::more;
}

bool Decoder::collect(ConstBytes& bytes) {
    while (have_ < needed_ && !bytes.empty()) {
        scratch_[have_++] = bytes[0];
        bytes = bytes.subspan(1);
    }
    return have_ == needed_;
}

Decoder::Event Decoder::malformed() { return failed(errors::mqtt_malformed); }

Decoder::Event Decoder::reject() { return failed(errors::mqtt_unexpected); }

Decoder::Event Decoder::failed(const ErrorKind& kind) {
    stage_ = Stage::failed;
    error_ = &kind;
    return Event::error;
}

}  // namespace esb::mqtt
