#include "esb/mqtt/reasons.hpp"

#include <iterator>

namespace esb::mqtt {
namespace {

constexpr std::uint8_t in_connack = 1;
constexpr std::uint8_t in_publish_ack = 2;  // PUBACK, PUBREC
constexpr std::uint8_t in_release = 4;      // PUBREL, PUBCOMP
constexpr std::uint8_t in_suback = 8;
constexpr std::uint8_t in_unsuback = 16;
constexpr std::uint8_t in_disconnect = 32;

// From 0x80 on.
constexpr const ErrorKind* kinds[] = {
    &errors::mqtt_reason_unspecified,       // 80
    &errors::mqtt_reason_malformed,         // 81
    &errors::mqtt_reason_protocol,          // 82
    &errors::mqtt_reason_own,               // 83
    &errors::mqtt_refused_version,          // 84
    &errors::mqtt_refused_client_id,        // 85
    &errors::mqtt_refused_credentials,      // 86
    &errors::mqtt_refused_not_authorized,   // 87
    &errors::mqtt_refused_unavailable,      // 88
    &errors::mqtt_reason_busy,              // 89
    &errors::mqtt_reason_banned,            // 8A
    &errors::mqtt_reason_shutting_down,     // 8B
    &errors::mqtt_reason_auth_method,       // 8C
    &errors::mqtt_reason_keep_alive,        // 8D
    &errors::mqtt_reason_taken_over,        // 8E
    &errors::mqtt_reason_filter,            // 8F
    &errors::mqtt_reason_topic,             // 90
    &errors::mqtt_reason_id_in_use,         // 91
    &errors::mqtt_reason_id_unknown,        // 92
    &errors::mqtt_reason_receive_maximum,   // 93
    &errors::mqtt_reason_topic_alias,       // 94
    &errors::mqtt_reason_packet_size,       // 95
    &errors::mqtt_reason_rate,              // 96
    &errors::mqtt_reason_quota,             // 97
    &errors::mqtt_reason_administrative,    // 98
    &errors::mqtt_reason_payload_format,    // 99
    &errors::mqtt_reason_retain,            // 9A
    &errors::mqtt_reason_qos,               // 9B
    &errors::mqtt_reason_other_server,      // 9C
    &errors::mqtt_reason_moved,             // 9D
    &errors::mqtt_reason_shared,            // 9E
    &errors::mqtt_reason_connection_rate,   // 9F
    &errors::mqtt_reason_connect_time,      // A0
    &errors::mqtt_reason_subscription_ids,  // A1
    &errors::mqtt_reason_wildcards,         // A2
};
constexpr std::uint8_t packets[] = {
    in_connack | in_publish_ack | in_suback | in_unsuback | in_disconnect,  // 80
    in_connack | in_disconnect,                                             // 81
    in_connack | in_disconnect,                                             // 82
    in_connack | in_publish_ack | in_suback | in_unsuback | in_disconnect,  // 83
    in_connack,                                                             // 84
    in_connack,                                                             // 85
    in_connack,                                                             // 86
    in_connack | in_publish_ack | in_suback | in_unsuback | in_disconnect,  // 87
    in_connack,                                                             // 88
    in_connack | in_disconnect,                                             // 89
    in_connack,                                                             // 8A
    in_disconnect,                                                          // 8B
    in_connack | in_disconnect,                                             // 8C
    in_disconnect,                                                          // 8D
    in_disconnect,                                                          // 8E
    in_suback | in_unsuback | in_disconnect,                                // 8F
    in_connack | in_publish_ack | in_disconnect,                            // 90
    in_publish_ack | in_suback | in_unsuback,                               // 91
    in_release,                                                             // 92
    in_disconnect,                                                          // 93
    in_disconnect,                                                          // 94
    in_connack | in_disconnect,                                             // 95
    in_disconnect,                                                          // 96
    in_connack | in_publish_ack | in_suback | in_disconnect,                // 97
    in_disconnect,                                                          // 98
    in_connack | in_publish_ack | in_disconnect,                            // 99
    in_connack | in_disconnect,                                             // 9A
    in_connack | in_disconnect,                                             // 9B
    in_connack | in_disconnect,                                             // 9C
    in_connack | in_disconnect,                                             // 9D
    in_suback | in_disconnect,                                              // 9E
    in_connack | in_disconnect,                                             // 9F
    in_disconnect,                                                          // A0
    in_suback | in_disconnect,                                              // A1
    in_suback | in_disconnect,                                              // A2
};

std::uint8_t packet_bit(PacketType type) {
    static constexpr std::uint8_t bits[16] = {
        0, 0, in_connack,    0, in_publish_ack, in_publish_ack, in_release, in_release, 0, in_suback, 0, in_unsuback,
        0, 0, in_disconnect, 0};
    return bits[static_cast<std::size_t>(type)];
}

// Those below 0x80.
std::uint8_t packets_of_success(std::uint8_t code) {
    switch (code) {
        case 0x00:
            return 0xFF;
        case 0x01:
        case 0x02:
            return in_suback;
        case 0x10:  // no matching subscribers
            return in_publish_ack;
        case 0x11:  // no subscription existed
            return in_unsuback;
        default:
            return 0;
    }
}

}  // namespace

bool is_reason(PacketType type, std::uint8_t code) {
    const std::size_t index = static_cast<std::size_t>(code) - reason::first_error;
    const unsigned where = index < std::size(packets) ? packets[index] : packets_of_success(code);
    return (where & packet_bit(type)) != 0;
}

const ErrorKind& error_of(std::uint8_t code) {
    const std::size_t index = static_cast<std::size_t>(code) - reason::first_error;
    return index < std::size(kinds) ? *kinds[index] : errors::mqtt_refused_unknown;
}

const ErrorKind& refusal(std::uint8_t code) {
    static constexpr std::uint8_t codes[] = {0, 0x84, 0x85, 0x88, 0x86, 0x87};
    return error_of(code < std::size(codes) ? codes[code] : 0);
}

}  // namespace esb::mqtt
