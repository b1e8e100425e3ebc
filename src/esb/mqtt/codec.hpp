// MQTT packets as bytes: what a client writes. Pure functions; decoder.hpp is the other direction.
#pragma once

#include "esb/mqtt/types.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace esb::mqtt {

// Control packet types, section 2.2.1.
enum class PacketType : std::uint8_t {
    connect = 1,
    connack = 2,
    publish = 3,
    puback = 4,
    pubrec = 5,
    pubrel = 6,
    pubcomp = 7,
    subscribe = 8,
    suback = 9,
    unsubscribe = 10,
    unsuback = 11,
    pingreq = 12,
    pingresp = 13,
    disconnect = 14,
    auth = 15,  // MQTT 5.0
};

using PacketId = std::uint16_t;  // 0 is no identifier (MQTT-2.3.1-1)

inline constexpr std::size_t max_remaining_length = 268'435'455;  // four bytes of seven bits, section 2.2.3
inline constexpr std::size_t max_text = 65'535;                   // a string has a 16-bit length, section 1.5.3
inline constexpr std::size_t ack_size = 4;                        // PUBACK, PUBREC, PUBREL, PUBCOMP

// Well-formed UTF-8 without NUL and not over 65,535 bytes (MQTT-1.5.3-1, -2); may be empty.
bool is_text(std::string_view text);
// A name to publish to: not empty, no wildcard (MQTT-4.7.3-1, MQTT-3.3.2-2).
bool is_topic_name(std::string_view topic);
// A filter to subscribe to: '#' only as the last level, '+' only as a whole level (MQTT-4.7.1-2, -3).
bool is_topic_filter(std::string_view filter);

// A PUBLISH; or a SUBSCRIBE with one filter, or an UNSUBSCRIBE. Those have the same parts: the filter in place of the
// topic, and as the payload the QoS in one byte, or nothing.
// Bytes of the whole packet. The payload must not be longer than max_remaining_length. `five`: in the form of MQTT 5.0.
std::size_t packet_size(PacketType type, const Publish& message, bool five = false);
// Writes the packet to `out`, which has packet_size() bytes; a borrowed payload is left out. The identifier is 0, see set_packet_id().
void write_packet(PacketType type, const Publish& message, MutBytes out, bool five = false);
// Turns a complete PUBLISH, which begins `front` bytes into `whole` and ends with it, into the other version's. Returns
// where it begins now. Properties are lost on the way to 3.1.1; the way to 5.0 needs spare_front bytes in front.
std::size_t restyle(MutBytes whole, std::size_t front, bool to_five);
inline constexpr std::size_t spare_front = 2;

// Puts the identifier into a complete PUBLISH of QoS 1 or 2, SUBSCRIBE or UNSUBSCRIBE.
void set_packet_id(MutBytes packet, PacketId id);
// The identifier of a complete PUBLISH of QoS 1 or 2.
PacketId packet_id_of(ConstBytes packet);
// Sets or clears the DUP flag of a complete PUBLISH (MQTT-3.3.1-1).
inline void set_duplicate(MutBytes packet, bool duplicate) {
    packet[0] = static_cast<std::uint8_t>((packet[0] & ~8U) | (duplicate ? 8U : 0U));
}

// The topic of a complete PUBLISH.
std::string_view topic_of(ConstBytes packet);

// Writes PUBACK, PUBREC, PUBREL or PUBCOMP: ack_size bytes.
void write_ack(PacketType type, PacketId id, std::span<std::uint8_t, ack_size> out);

// CONNECT can be longer than any buffer we own, so it is written in slices: bytes [from, from + out.size()) of
// it go to `out`. Returns how many were written, fewer only at its end.
// `five`: what a CONNECT of MQTT 5.0 says besides; nullptr for 3.1.1.
struct Connect5 {
    bool clean_start;
    std::uint32_t session_expiry_s;
    std::uint16_t receive_maximum;
    std::uint32_t maximum_packet_size;
};
std::size_t connect_size(const ConnectOptions& options, const Connect5* five = nullptr);
std::size_t write_connect(const ConnectOptions& options, std::size_t from, MutBytes out,
                          const Connect5* five = nullptr);

// --- what forms packets ---
// Of a message, a will, a CONNECT.
template <typename Author>
ConstBytes properties_of([[maybe_unused]] const Author& author) {
#if ESB_MQTT5
    return author.properties;
#else
    return {};
#endif
}

inline bool is_borrowed([[maybe_unused]] const Publish& message) {
#if ESB_MQTT_BORROW
    return message.borrowed;
#else
    return false;
#endif
}

constexpr std::uint8_t first_byte(PacketType type, unsigned flags) {
    return static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4 | flags);
}

// Bytes of a packet with this remaining length, section 2.2.3.
inline std::size_t with_header(std::size_t remaining) {
    std::size_t size = 2 + remaining;
    while ((remaining >>= 7) > 0) ++size;
    return size;
}

// Section 2.2.3: seven bits a byte, least significant first. Gives where it ends.
inline std::uint8_t* put_length(std::size_t value, std::uint8_t* at) {
    for (; value > 0x7F; value >>= 7) *at++ = static_cast<std::uint8_t>(value | 0x80);
    *at++ = static_cast<std::uint8_t>(value);
    return at;
}

inline std::uint8_t* put_header(std::uint8_t first, std::size_t remaining, std::uint8_t* at) {
    *at++ = first;
    return put_length(remaining, at);
}

inline std::uint8_t* put_be16(std::size_t value, std::uint8_t* at) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value & 0xFF);
    return at + 2;
}

// MQTT 5.0, section 2.2.2: behind their length.
inline std::uint8_t* put_properties(ConstBytes bytes, std::uint8_t* at) {
    at = put_length(bytes.size(), at);
    copy(bytes, {at, bytes.size()});
    return at + bytes.size();
}

inline std::size_t id_size(PacketType type, const Publish& message) {
    return type == PacketType::publish && message.qos == Qos::at_most_once ? 0 : 2;
}

inline std::size_t remaining_length(PacketType type, const Publish& message, bool five) {
    const std::size_t size = 2 + message.topic.size() + id_size(type, message) + message.payload.size();
    if constexpr (with_mqtt5) {
        if (five) return size - 1 + with_header(properties_of(message).size());  // there the length has the same form
    }
    return size;
}

inline std::size_t packet_size(PacketType type, const Publish& message, bool five) {
    return with_header(remaining_length(type, message, five));
}

inline void write_packet(PacketType type, const Publish& message, MutBytes out, bool five) {
    const bool publish = type == PacketType::publish;
    const unsigned flags = static_cast<unsigned>(message.qos) << 1 | (message.retain ? 1U : 0U);
    // The reserved flags must be 0010 (MQTT-3.8.1-1, MQTT-3.10.1-1).
    auto* at = put_header(first_byte(type, publish ? flags : 2), remaining_length(type, message, five), out.data());
    if (!publish) at = put_be16(0, at);
    if constexpr (with_mqtt5) {
        if (five && !publish) *at++ = 0;  // no properties
    }
    at = put_be16(message.topic.size(), at);
    std::memcpy(at, message.topic.data(), message.topic.size());
    at += message.topic.size();
    if (publish && message.qos != Qos::at_most_once) at = put_be16(0, at);
    if constexpr (with_mqtt5) {
        if (five && publish) at = put_properties(properties_of(message), at);
    }
    if (!is_borrowed(message)) copy(message.payload, {at, message.payload.size()});
}

}  // namespace esb::mqtt
