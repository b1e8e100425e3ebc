#include "esb/mqtt/decoder.hpp"

#include <algorithm>
#include <cstring>

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

// Every stage has one caller, next(): `inline` is for the compiler, which then makes one function of them.
inline Decoder::Event Decoder::take_first_byte(std::uint8_t byte) {
    const unsigned flags = byte & 0x0F;
    packet_ = {};
    packet_.type = static_cast<PacketType>(byte >> 4);
    stage_ = Stage::length;
    remaining_ = 0;
    length_shift_ = 0;
    if (packet_.type != PacketType::publish) {
        if constexpr (with_mqtt5) {
            if (v5_.on && byte >= 0xE0) return byte == 0xE0 ? Event::more : take_high_type(byte);
        }
        const Rule& rule = rules[byte >> 4];
        if (!rule.exists || flags != rule.flags) return malformed();  // MQTT-2.2.2-2
        return rule.from_server ? Event::more : reject();
    }
    const unsigned qos = flags >> 1;
    piece_.qos = static_cast<Qos>(qos & 3);
    piece_.retain = (flags & 1) != 0;
    piece_.duplicate = (flags & 8) != 0;
    // MQTT-3.3.1-4: no QoS 3. MQTT-3.3.1-2: no DUP without QoS.
    return (qos & 3) == 3 || qos == 4 ? malformed() : Event::more;
}

inline Decoder::Event Decoder::take_length(const std::uint8_t*& at, const std::uint8_t* end) {
    do {
        const std::uint8_t byte = *at++;
        remaining_ |= static_cast<std::size_t>(byte & 0x7F) << length_shift_;
        if constexpr (with_mqtt5) {
            if (v5_.on && byte == 0 && length_shift_ > 0) return malformed();  // longer than needed, MQTT-1.5.5-1
        }
        if ((byte & 0x80) == 0) return begin_body();
        length_shift_ = static_cast<std::uint8_t>(length_shift_ + 7);
        if (length_shift_ > 21) return malformed();  // a fifth byte, section 2.2.3
    } while (at != end);
    return Event::more;
}

inline Decoder::Event Decoder::begin_body() {
    if constexpr (with_mqtt5) {
        if (v5_.on) return begin_body5();
    }
    if (packet_.type == PacketType::publish) {
        too_large_ = remaining_ > max_packet_;
        return remaining_ < 2 ? malformed() : collect_next(Stage::topic_size, 2);
    }
    if (remaining_ != rules[static_cast<std::size_t>(packet_.type)].length) return malformed();
    return remaining_ == 0 ? finish(Event::packet) : collect_next(Stage::body, remaining_);
}

inline Decoder::Event Decoder::take_topic_size() {
    const std::size_t size = scratch16();
    const std::size_t id = piece_.qos == Qos::at_most_once ? 0 : 2;
    // MQTT-4.7.3-1. With MQTT 5.0 a topic alias may stand in place of the topic: end_properties().
    if ((size == 0 && !v5_.on) || 2 + size + id > remaining_) return malformed();
    topic_size_ = size;
    topic_scan_ = {};
    too_large_ = too_large_ || !topic_fits();
    remaining_ -= 2 + size + id;
    collect_next(Stage::topic, size);
    if constexpr (with_mqtt5) {
        if (size == 0) return take_topic({scratch_, 0});
    }
    return Event::more;
}

inline Decoder::Event Decoder::take_topic(ConstBytes part) {
    if (topic_fits()) std::memcpy(topic_.data() + have_, part.data(), part.size());
    have_ += part.size();
    if (!topic_scan_.take(part) || topic_scan_.wildcard()) return malformed();  // MQTT-3.3.2-1, -2
    if (have_ < needed_) return Event::more;
    if (!topic_scan_.complete()) return malformed();
    piece_.topic = topic_fits() ? as_text(topic_.first(needed_)) : std::string_view();
    return piece_.qos == Qos::at_most_once ? after_id() : collect_next(Stage::packet_id, 2);
}

Decoder::Event Decoder::begin_payload() {
    stage_ = Stage::payload;
    piece_.bytes = {};
    piece_.offset = 0;
    piece_.total = remaining_;
    return remaining_ == 0 ? finish(Event::piece) : Event::more;
}

inline Decoder::Event Decoder::take_payload(ConstBytes part) {
    piece_.offset += piece_.bytes.size();
    piece_.bytes = part;
    remaining_ -= part.size();
    return remaining_ == 0 ? finish(Event::piece) : Event::piece;
}

// What was needed of a stage is in scratch_.
inline Decoder::Event Decoder::take_collected() {
    if (stage_ == Stage::topic_size) return take_topic_size();
    if constexpr (with_mqtt5) {
        if (v5_.on && stage_ >= Stage::body) return stage_ == Stage::body ? take_body5() : take_tail();
    }
    if (packet_.type == PacketType::connack) {
        if (scratch_[0] > 1) return malformed();  // reserved bits, section 3.2.2.1
        packet_.session_present = scratch_[0] == 1;
        packet_.code = scratch_[1];
        return finish(Event::packet);
    }
    packet_.id = scratch16();
    if (packet_.id == 0) return malformed();  // MQTT-2.3.1-1
    if (stage_ == Stage::packet_id) return after_id();
    if (packet_.type == PacketType::suback) {
        packet_.code = scratch_[2];
        if (!is_suback_code(packet_.code)) return malformed();  // MQTT-3.9.3-2
    }
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

Decoder::Event Decoder::next(ConstBytes& bytes) {
    const std::uint8_t* at = bytes.data();
    const std::uint8_t* const end = at + bytes.size();
    Event event = stage_ == Stage::failed ? Event::error : Event::more;
    const auto goes_on = [&] { return event == Event::more && at != end; };
    // A stage falls into the one that follows most often.
    while (goes_on()) {
        switch (stage_) {
            case Stage::first_byte:
                event = take_first_byte(*at++);
                if (!goes_on()) break;
                [[fallthrough]];
            case Stage::length:
                event = take_length(at, end);
                if (!goes_on()) break;
                [[fallthrough]];
            default: {
                std::size_t have = have_;  // a local one, for the bytes could be anybody's
                while (have < needed_ && at != end) scratch_[have++] = *at++;
                have_ = have;
                if (have == needed_) event = take_collected();
                if (stage_ != Stage::topic || !goes_on()) break;
                [[fallthrough]];
            }
            case Stage::topic: {
                const ConstBytes part(at, std::min(static_cast<std::size_t>(end - at), needed_ - have_));
                at += part.size();
                event = take_topic(part);
                if (stage_ != Stage::payload || !goes_on()) break;
                [[fallthrough]];
            }
            case Stage::payload: {
                const ConstBytes part(at, std::min(static_cast<std::size_t>(end - at), remaining_));
                at += part.size();
                event = take_payload(part);
                break;
            }
#if ESB_MQTT5
            case Stage::properties:
                ConstBytes rest(at, end);
                event = take_properties(rest);
                at = rest.data();
#endif
        }
    }
    bytes = {at, end};
    return event;
}

Decoder::Event Decoder::malformed() {
    if constexpr (with_mqtt5) v5_.code = 0x81;
    return failed(errors::mqtt_malformed);
}

Decoder::Event Decoder::reject() {
    if constexpr (with_mqtt5) v5_.code = 0x82;
    return failed(errors::mqtt_unexpected);
}

Decoder::Event Decoder::failed(const ErrorKind& kind) {
    stage_ = Stage::failed;
    error_ = &kind;
    return Event::error;
}

}  // namespace esb::mqtt
