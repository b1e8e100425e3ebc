// Properties of MQTT 5.0 packets (section 2.2.2): their names, what one reads of them and how one writes them.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::mqtt {

// Table 2-4.
enum class Property : std::uint8_t {
    payload_format = 0x01,
    message_expiry = 0x02,
    content_type = 0x03,
    response_topic = 0x08,
    correlation_data = 0x09,
    subscription_id = 0x0B,
    session_expiry = 0x11,
    assigned_client_id = 0x12,
    server_keep_alive = 0x13,
    authentication_method = 0x15,
    authentication_data = 0x16,
    request_problem_information = 0x17,
    will_delay = 0x18,
    request_response_information = 0x19,
    response_information = 0x1A,
    server_reference = 0x1C,
    reason_string = 0x1F,
    receive_maximum = 0x21,
    topic_alias_maximum = 0x22,
    topic_alias = 0x23,
    maximum_qos = 0x24,
    retain_available = 0x25,
    user = 0x26,
    maximum_packet_size = 0x27,
    wildcards_available = 0x28,
    subscription_ids_available = 0x29,
    shared_available = 0x2A,
};

struct UserProperty {
    std::string_view name;
    std::string_view value;
};

// A view of a packet's properties, as the bytes that stand there behind their length. Those that come in were checked;
// of other bytes it reads what makes sense.
class Properties {
public:
    constexpr Properties() = default;
    constexpr explicit Properties(ConstBytes bytes) : bytes_(bytes) {}

    ConstBytes bytes() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }

    std::optional<std::uint32_t> number(Property property) const;
    // Empty if there is none.
    ConstBytes data(Property property) const;
    std::string_view text(Property property) const { return as_text(data(property)); }
    // In their order, empty behind the last; the same name may come several times.
    std::optional<UserProperty> user(std::size_t index) const;

    std::string_view content_type() const { return text(Property::content_type); }
    std::string_view response_topic() const { return text(Property::response_topic); }
    ConstBytes correlation_data() const { return data(Property::correlation_data); }
    // Seconds that were left when the broker sent the message; empty: it does not expire.
    std::optional<std::uint32_t> expiry_s() const { return number(Property::message_expiry); }

private:
    ConstBytes bytes_;
};

// Writes properties into a caller's buffer. One that does not fit is left out, and so are all after it: overflowed().
class PropertyWriter {
public:
    explicit PropertyWriter(MutBytes out) : out_(out) {}

    [[gnu::noinline]] PropertyWriter& number(Property property, std::uint32_t value);
    PropertyWriter& data(Property property, ConstBytes value);
    PropertyWriter& text(Property property, std::string_view value) { return data(property, as_bytes(value)); }
    PropertyWriter& user(std::string_view name, std::string_view value);

    bool overflowed() const { return overflowed_; }
    ConstBytes written() const { return out_.first(used_); }

private:
    void begin(Property property) {
        begun_ = used_;
        put(static_cast<std::uint8_t>(property), 1);
    }
    PropertyWriter& end();
    void put(std::uint32_t value, std::size_t size);
    void field(ConstBytes value);

    MutBytes out_;
    std::size_t used_ = 0;
    std::size_t begun_ = 0;  // where the property at hand begins
    bool overflowed_ = false;
};

}  // namespace esb::mqtt
