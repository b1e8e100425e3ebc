// A message as it comes in, with its properties (MQTT 5.0, section 2.2.2).
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::mqtt {

enum class Qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };  // quality of service (4.3)

// What becomes of a publish that cannot go at once. All of it is bounded by the outbox and counted in Statistics. Another
// than `refuse` lets QoS 0 wait for a connection, too; what had begun to go when the connection broke does not go again.
enum class Waiting : std::uint8_t {
    refuse,       // QoS 0 needs a connection; when there is no room: `full`
    drop_oldest,  // when there is no room, publishes of QoS 0 that wait so or by `latest` are dropped, the oldest first
    latest,       // takes the place of one that waits so for the same topic; when there is no room: `full`
};

// A message that was delivered and is not acknowledged yet; never 0.
using Ticket = std::uint32_t;

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

struct UserProperty {        // a pair of texts (MQTT 5.0, 3.3.2.3.7)
    std::string_view name;   // may occur more than once
    std::string_view value;  // UTF-8
};

// A view of a packet's properties, as the bytes that stand there behind their length. Those that come in were checked;
// of other bytes it reads what makes sense.
class Properties {
public:
    constexpr Properties() = default;
    constexpr explicit Properties(ConstBytes bytes) : bytes_(bytes) {}  // encoded, without their length

    ConstBytes bytes() const { return bytes_; }    // as they came
    bool empty() const { return bytes_.empty(); }  // none

    std::optional<std::uint32_t> number(Property property) const;  // of one, two or four bytes, or variable
    // Empty if there is none.
    ConstBytes data(Property property) const;
    std::string_view text(Property property) const { return as_text(data(property)); }
    // In their order, empty behind the last; the same name may come several times.
    std::optional<UserProperty> user(std::size_t index) const;

    std::string_view content_type() const { return text(Property::content_type); }      // empty: none
    std::string_view response_topic() const { return text(Property::response_topic); }  // empty: none
    ConstBytes correlation_data() const { return data(Property::correlation_data); }    // empty: none
    // Seconds that were left when the broker sent the message; empty: it does not expire.
    std::optional<std::uint32_t> expiry_s() const { return number(Property::message_expiry); }

private:
    ConstBytes bytes_;
};

// A piece of an incoming PUBLISH. Messages longer than what arrives at once come in several pieces, in order;
// the first has offset 0, the last ends at `total`; an empty message is one empty piece. A message of which the
// connection broke in the middle is not finished: with QoS 1 and 2 it comes again from offset 0. After stop() from
// within a piece no further piece of that message comes.
struct MessagePiece {
    std::string_view topic;           // whole
    ConstBytes bytes;                 // this piece of the payload
    std::size_t offset;               // where it begins in the payload
    std::size_t total;                // bytes of the whole payload
    Qos qos;                          // as the broker sends it
    bool retain;                      // it was kept at the broker
    bool duplicate;                   // the DUP flag
#if !defined(ESB_MQTT5) || ESB_MQTT5  // base/features.hpp, which authors need not see
    Properties properties{};          // the same with every piece
#endif
    bool is_last() const { return offset + bytes.size() == total; }  // the message is complete
};

}  // namespace esb::mqtt
