#include "esb/mqtt/property_scan.hpp"

#include <algorithm>

namespace esb::mqtt {
namespace {

using Outcome = PropertyScan::Outcome;
using Type = PropertyType;

constexpr unsigned type_mask = 7;
constexpr unsigned not_zero = 1U << 3;
constexpr unsigned repeats = 1U << 4;
constexpr unsigned unasked = 1U << 12;  // a server sends it only to who asked for it
constexpr unsigned at_connack = static_cast<unsigned>(PropertyPlace::connack);
constexpr unsigned at_publish_in = static_cast<unsigned>(PropertyPlace::publish_in);
constexpr unsigned at_ack = static_cast<unsigned>(PropertyPlace::ack);
constexpr unsigned at_disconnect = static_cast<unsigned>(PropertyPlace::disconnect);
constexpr unsigned at_publish_out = static_cast<unsigned>(PropertyPlace::publish_out);
constexpr unsigned at_will = static_cast<unsigned>(PropertyPlace::will);
constexpr unsigned at_connect = static_cast<unsigned>(PropertyPlace::connect);
constexpr unsigned at_message = at_publish_in | at_publish_out | at_will;

constexpr std::uint16_t rule(Type type, unsigned rest) {
    return static_cast<std::uint16_t>(static_cast<unsigned>(type) | rest);
}

// Table 2-4, as far as a server may send them, and as far as an author may give them.
constexpr std::uint16_t property_rules[0x2B] = {
    0,
    rule(Type::flag, at_message),  // 01 Payload Format Indicator
    rule(Type::four, at_message),  // 02 Message Expiry Interval
    rule(Type::text, at_message),  // 03 Content Type
    0,
    0,
    0,
    0,                                                         //
    rule(Type::text, at_message),                              // 08 Response Topic
    rule(Type::data, at_message),                              // 09 Correlation Data
    0,                                                         //
    rule(Type::variable, not_zero | repeats | at_publish_in),  // 0B Subscription Identifier
    0,
    0,
    0,
    0,
    0,                                             //
    rule(Type::four, at_connack),                  // 11 Session Expiry Interval
    rule(Type::text, at_connack),                  // 12 Assigned Client Identifier
    rule(Type::two, at_connack),                   // 13 Server Keep Alive
    0,                                             //
    rule(Type::text, unasked | at_connack),        // 15 Authentication Method
    rule(Type::data, unasked | at_connack),        // 16 Authentication Data
    0,                                             // 17 Request Problem Information: only ours
    rule(Type::four, at_will),                     // 18 Will Delay Interval
    0,                                             // 19 Request Response Information: only ours
    rule(Type::text, unasked | at_connack),        // 1A Response Information
    0,                                             //
    rule(Type::text, at_connack | at_disconnect),  // 1C Server Reference
    0,
    0,                                                      //
    rule(Type::text, at_connack | at_ack | at_disconnect),  // 1F Reason String
    0,                                                      //
    rule(Type::two, not_zero | at_connack),                 // 21 Receive Maximum
    rule(Type::two, at_connack),                            // 22 Topic Alias Maximum
    rule(Type::two, not_zero | at_publish_in),              // 23 Topic Alias
    rule(Type::flag, at_connack),                           // 24 Maximum QoS
    rule(Type::flag, at_connack),                           // 25 Retain Available
    rule(Type::pair, repeats | at_connack | at_ack | at_disconnect | at_message | at_connect),  // 26 User Property
    rule(Type::four, not_zero | at_connack),  // 27 Maximum Packet Size
    rule(Type::flag, at_connack),             // 28 Wildcard Subscription Available
    rule(Type::flag, at_connack),             // 29 Subscription Identifiers Available
    rule(Type::flag, at_connack),             // 2A Shared Subscription Available
};

std::uint16_t rule_of(std::uint8_t id) { return id < std::size(property_rules) ? property_rules[id] : 0; }

}  // namespace

PropertyType type_of(Property property) {
    return static_cast<Type>(rule_of(static_cast<std::uint8_t>(property)) & type_mask);
}

void PropertyScan::begin(PropertyPlace place, std::size_t limit) {
    begin_block(place, 0);
    step_ = Step::length;
    limit_ = limit;
}

void PropertyScan::begin_block(PropertyPlace place, std::size_t size) {
    place_ = static_cast<std::uint16_t>(place);
    step_ = Step::id;
    size_ = left_ = size;
    limit_ = 0;
    shift_ = 0;
    seen_[0] = seen_[1] = 0;
}

Outcome PropertyScan::take(ConstBytes& bytes, MutBytes store) {
    while (step_ == Step::length) {
        if (bytes.empty()) return Outcome::more;
        const std::uint8_t byte = bytes[0];
        bytes = bytes.subspan(1);
        if (take_length(byte) != Outcome::more) return Outcome::malformed;
    }
    const auto part = bytes.first(std::min(bytes.size(), left_));
    bytes = bytes.subspan(part.size());
    if (size_ <= store.size()) copy(part, store.subspan(size_ - left_));
    left_ -= part.size();
    const Outcome outcome = scan(part);
    if (outcome != Outcome::more || left_ > 0) return outcome;
    return step_ == Step::id ? Outcome::done : Outcome::malformed;
}

// The properties must end within the packet.
Outcome PropertyScan::take_length(std::uint8_t byte) {
    if (limit_ == 0) return Outcome::malformed;
    --limit_;
    size_ |= static_cast<std::size_t>(byte & 0x7F) << shift_;
    if ((byte & 0x80) != 0) {
        shift_ = static_cast<std::uint8_t>(shift_ + 7);
        return shift_ > 21 ? Outcome::malformed : Outcome::more;
    }
    const bool longer_than_needed = byte == 0 && shift_ > 0;  // MQTT-1.5.5-1
    if (longer_than_needed || size_ > limit_) return Outcome::malformed;
    limit_ -= size_;
    left_ = size_;
    step_ = Step::id;
    return Outcome::more;
}

Outcome PropertyScan::scan(ConstBytes part) {
    Outcome outcome = Outcome::more;
    while (!part.empty() && outcome == Outcome::more) {
        if (step_ == Step::bytes) {
            const auto run = part.first(std::min(part.size(), needed_));
            part = part.subspan(run.size());
            needed_ -= run.size();
            if (type_ != Type::data && !text_.take(run)) return Outcome::malformed;
            if (needed_ == 0) outcome = end_bytes();
            continue;
        }
        const std::uint8_t byte = part[0];
        part = part.subspan(1);
        outcome = step_ == Step::id ? take_id(byte) : take_number(byte);
    }
    return outcome;
}

Outcome PropertyScan::take_id(std::uint8_t byte) {
    static constexpr std::uint8_t sizes[] = {0, 1, 2, 4, 4, 2, 2, 2};
    rule_ = rule_of(byte);
    if ((rule_ & place_) == 0) return Outcome::malformed;
    if ((rule_ & unasked) != 0) return Outcome::protocol;  // MQTT-3.1.2-28, MQTT-4.12.0-6
    const std::uint32_t bit = 1U << (byte & 31);
    auto& seen = seen_[byte >> 5];
    if ((seen & bit) != 0 && (rule_ & repeats) == 0) return Outcome::protocol;
    seen |= bit;
    id_ = static_cast<Property>(byte);
    type_ = static_cast<Type>(rule_ & type_mask);
    needed_ = sizes[rule_ & type_mask];
    second_ = false;
    value_ = 0;
    shift_ = 0;
    step_ = Step::number;
    return Outcome::more;
}

Outcome PropertyScan::take_number(std::uint8_t byte) {
    if (type_ == Type::variable) return take_variable(byte);
    value_ = value_ << 8 | byte;
    if (--needed_ > 0) return Outcome::more;
    if (type_ < Type::text) return end_number();
    needed_ = value_;
    text_ = {};
    step_ = Step::bytes;
    return needed_ > 0 ? Outcome::more : end_bytes();
}

Outcome PropertyScan::take_variable(std::uint8_t byte) {
    value_ |= static_cast<std::uint32_t>(byte & 0x7F) << shift_;
    shift_ = static_cast<std::uint8_t>(shift_ + 7);
    if ((byte & 0x80) != 0) return --needed_ > 0 ? Outcome::more : Outcome::malformed;
    if (byte == 0 && shift_ > 7) return Outcome::malformed;  // MQTT-1.5.5-1
    return end_number();
}

Outcome PropertyScan::end_number() {
    step_ = Step::id;
    if (id_ == Property::topic_alias) return Outcome::topic_alias;  // our maximum is 0
    if (type_ == Type::flag && value_ > 1) return Outcome::protocol;
    if ((rule_ & not_zero) != 0 && value_ == 0) return Outcome::protocol;
    if (id_ >= Property::session_expiry) numbers_[index(id_)] = value_;
    return Outcome::more;
}

Outcome PropertyScan::end_bytes() {
    if (type_ != Type::data && !text_.complete()) return Outcome::malformed;
    if (id_ == Property::response_topic && (value_ == 0 || text_.wildcard()))
        return Outcome::protocol;  // MQTT-3.3.2-14
    step_ = Step::id;
    if (type_ != Type::pair || second_) return Outcome::more;
    second_ = true;
    needed_ = 2;
    value_ = 0;
    step_ = Step::number;
    return Outcome::more;
}

std::uint32_t PropertyScan::number(Property property, std::uint32_t otherwise) const {
    const auto id = static_cast<unsigned>(property);
    const bool seen = (seen_[id >> 5] >> (id & 31) & 1) != 0;
    return seen ? numbers_[index(property)] : otherwise;
}

bool are_properties(PropertyPlace place, ConstBytes bytes) {
    PropertyScan scan;
    scan.begin_block(place, bytes.size());
    return scan.take(bytes, {}) == Outcome::done;
}

}  // namespace esb::mqtt
