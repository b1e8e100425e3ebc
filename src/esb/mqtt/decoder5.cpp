// Packets of MQTT 5.0: a head of at most three bytes, properties, and for SUBACK and UNSUBACK the reason code behind.
#include "esb/mqtt/decoder.hpp"
#include "esb/mqtt/reasons.hpp"

#include <algorithm>

namespace esb::mqtt {

void Decoder::use_five(MutBytes properties, std::size_t max_whole) {
    v5_.store = properties;
    v5_.max_whole = max_whole;
}

void Decoder::reset(bool five) {
    reset();
    v5_.on = five;
    v5_.properties = {};
    piece_.properties = {};
}

Decoder::Event Decoder::failed5(std::uint8_t code) {
    v5_.code = code;
    return failed(error_of(code));
}

// DISCONNECT with flags, and AUTH, for which we never ask.
Decoder::Event Decoder::take_high_type(std::uint8_t byte) { return byte == 0xF0 ? reject() : malformed(); }

Decoder::Event Decoder::begin_body5() {
    v5_.properties = {};
    const std::size_t header = 2U + length_shift_ / 7U;
    if (header + remaining_ > v5_.max_whole) return failed5(reason::packet_size);  // MQTT-3.1.2-24
    std::size_t least = 2;
    std::size_t head = 2;
    switch (packet_.type) {
        case PacketType::publish:
            too_large_ = remaining_ > max_packet_;
            if (remaining_ < 2) return malformed();
            return collect_next(Stage::topic_size, 2);
        case PacketType::pingresp:
            return remaining_ == 0 ? finish(Event::packet) : malformed();
        case PacketType::disconnect:
            if (remaining_ == 0) return finish(Event::packet);
            least = head = 1;
            break;
        case PacketType::connack:
            break;
        case PacketType::suback:
        case PacketType::unsuback:
            least = 4;
            break;
        default:  // acknowledgements of publishes
            head = std::min<std::size_t>(remaining_, 3);
    }
    if (remaining_ < least) return malformed();
    return collect_next(Stage::body, head);
}

Decoder::Event Decoder::take_body5() {
    const bool subscribes = packet_.type == PacketType::suback || packet_.type == PacketType::unsuback;
    if (packet_.type == PacketType::disconnect) {
        packet_.code = scratch_[0];
    } else if (packet_.type == PacketType::connack) {
        if (scratch_[0] > 1) return malformed();  // MQTT-3.2.2-1
        packet_.session_present = scratch_[0] == 1;
        packet_.code = scratch_[1];
        // A broker that knows only 3.1.1 refuses in its own way.
        if (remaining_ == 2) return packet_.code - 1U < 5U ? finish(Event::packet) : malformed();
    } else {
        packet_.id = scratch16();
        if (packet_.id == 0) return malformed();  // MQTT-2.2.1-3
        if (needed_ == 3) packet_.code = scratch_[2];
    }
    if (!subscribes && !is_reason(packet_.type, packet_.code)) return malformed();
    const std::size_t rest = remaining_ - needed_;
    if (rest == 0) return finish(Event::packet);
    PropertyPlace place = PropertyPlace::ack;
    if (packet_.type == PacketType::connack) place = PropertyPlace::connack;
    if (packet_.type == PacketType::disconnect) place = PropertyPlace::disconnect;
    return begin_properties(place, rest);
}

Decoder::Event Decoder::begin_content() {
    return v5_.on ? begin_properties(PropertyPlace::publish_in, remaining_) : begin_payload();
}

Decoder::Event Decoder::begin_properties(PropertyPlace place, std::size_t limit) {
    if (limit == 0) return malformed();  // MQTT-2.2.2-1: at least their length
    v5_.scan.begin(place, limit);
    stage_ = Stage::properties;
    return Event::more;
}

Decoder::Event Decoder::take_properties(ConstBytes& bytes) {
    switch (v5_.scan.take(bytes, v5_.store)) {
        case PropertyScan::Outcome::more:
            return Event::more;
        case PropertyScan::Outcome::done:
            return end_properties();
        case PropertyScan::Outcome::protocol:
            return reject();
        case PropertyScan::Outcome::topic_alias:
            return failed5(reason::topic_alias);
        default:
            return malformed();
    }
}

Decoder::Event Decoder::end_properties() {
    const bool kept = v5_.scan.size() <= v5_.store.size();
    if (kept) v5_.properties = Properties(v5_.store.first(v5_.scan.size()));
    const std::size_t behind = v5_.scan.behind();
    if (packet_.type == PacketType::publish) {
        if (topic_size_ == 0) return reject();  // and no alias
        remaining_ = behind;
        too_large_ = too_large_ || !kept;
        piece_.properties = v5_.properties;
        return begin_payload();
    }
    if (packet_.type == PacketType::suback || packet_.type == PacketType::unsuback) {
        return behind == 1 ? collect_next(Stage::tail, 1) : malformed();  // one filter, one code
    }
    return behind == 0 ? finish(Event::packet) : malformed();
}

Decoder::Event Decoder::take_tail() {
    packet_.code = scratch_[0];
    return is_reason(packet_.type, packet_.code) ? finish(Event::packet) : malformed();
}

}  // namespace esb::mqtt
