// Checks a packet's properties as they come in, byte by byte if need be: which may stand where, how often, and with
// what values. Nothing of them is held here but their numbers.
#pragma once

#include "esb/mqtt/properties.hpp"
#include "esb/mqtt/text_scan.hpp"

namespace esb::mqtt {

// Where properties stand. Of packets that go out only what an author gives is meant.
enum class PropertyPlace : std::uint16_t {
    connack = 1U << 5,
    publish_in = 1U << 6,
    ack = 1U << 7,  // PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK
    disconnect = 1U << 8,
    publish_out = 1U << 9,
    will = 1U << 10,
    connect = 1U << 11,
};

enum class PropertyType : std::uint8_t { none, flag, two, four, variable, text, data, pair };
// `none`: no such property.
PropertyType type_of(Property property);

class PropertyScan {
public:
    enum class Outcome : std::uint8_t { more, done, malformed, protocol, topic_alias };

    // `limit`: bytes that the packet still has, beginning with the properties' length.
    void begin(PropertyPlace place, std::size_t limit);
    // For properties without their length.
    void begin_block(PropertyPlace place, std::size_t size);
    // Takes bytes up to the end of the properties. Those behind the length go to `store` as long as all of them have
    // room there.
    Outcome take(ConstBytes& bytes, MutBytes store);

    // What the packet has behind the properties.
    std::size_t behind() const { return limit_; }
    std::size_t size() const { return size_; }
    // A number between session_expiry and shared_available, of the properties last seen.
    std::uint32_t number(Property property, std::uint32_t otherwise) const;

private:
    enum class Step : std::uint8_t { length, id, number, bytes };

    static constexpr auto first_number = static_cast<std::uint8_t>(Property::session_expiry);
    static std::size_t index(Property property) { return static_cast<std::size_t>(property) - first_number; }
    Outcome take_length(std::uint8_t byte);
    Outcome scan(ConstBytes part);
    Outcome take_id(std::uint8_t byte);
    Outcome take_number(std::uint8_t byte);
    Outcome take_variable(std::uint8_t byte);
    Outcome end_number();
    Outcome end_bytes();

    Step step_ = Step::length;
    PropertyType type_ = PropertyType::none;
    Property id_{};
    bool second_ = false;  // of the two strings of a pair
    std::uint8_t shift_ = 0;
    std::uint16_t rule_ = 0;
    std::uint16_t place_ = 0;
    TextScan text_;
    std::uint32_t value_ = 0;
    std::size_t needed_ = 0;
    std::size_t limit_ = 0;
    std::size_t size_ = 0;
    std::size_t left_ = 0;  // of size_
    std::uint32_t seen_[2]{};
    std::uint32_t numbers_[26]{};
};

// Whether an author's properties may stand there.
bool are_properties(PropertyPlace place, ConstBytes bytes);

}  // namespace esb::mqtt
