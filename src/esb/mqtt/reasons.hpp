// Reason codes of MQTT 5.0 (table 2-6): in which packets they may stand, and what they are as errors.
#pragma once

#include "esb/mqtt/codec.hpp"
#include "esb/mqtt/errors.hpp"

#include <cstdint>

namespace esb::mqtt {

namespace reason {
inline constexpr std::uint8_t success = 0x00;
inline constexpr std::uint8_t with_will = 0x04;  // DISCONNECT: the will is to be published
inline constexpr std::uint8_t unsupported_version = 0x84;
inline constexpr std::uint8_t id_unknown = 0x92;
inline constexpr std::uint8_t bad_filter = 0x8F;
inline constexpr std::uint8_t receive_maximum = 0x93;
inline constexpr std::uint8_t topic_alias = 0x94;
inline constexpr std::uint8_t packet_size = 0x95;
inline constexpr std::uint8_t no_retain = 0x9A;
inline constexpr std::uint8_t no_qos = 0x9B;
inline constexpr std::uint8_t no_shared = 0x9E;
inline constexpr std::uint8_t no_wildcards = 0xA2;
inline constexpr std::uint8_t first_error = 0x80;
}  // namespace reason

// Whether a server may send this code in this packet.
bool is_reason(PacketType type, std::uint8_t code);
// The name of a code from 0x80 on.
[[gnu::noinline]] const ErrorKind& error_of(std::uint8_t code);
// The name of a return code of 3.1.1 other than 0.
const ErrorKind& refusal(std::uint8_t code);

}  // namespace esb::mqtt
