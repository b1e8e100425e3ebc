// What a chip can fail with.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind kv_not_found{"kv.not_found", "there is no value under this key"};
inline constexpr ErrorKind kv_too_small{"kv.too_small", "the value is longer than the buffer"};
inline constexpr ErrorKind kv_bad_key{"kv.bad_key", "a key is 1 to 15 printable characters"};
inline constexpr ErrorKind kv_full{"kv.full", "the key/value partition is full"};
inline constexpr ErrorKind kv_corrupt{"kv.corrupt", "the key/value partition cannot be read"};
inline constexpr ErrorKind flash_failed{"flash.failed", "a flash operation failed"};
inline constexpr ErrorKind power_lost{"flash.power_lost", "the power is off"};

inline constexpr ErrorKind slot_bounds{"slot.bounds", "the access lies outside the slot"};
inline constexpr ErrorKind slot_alignment{"slot.alignment", "a program must be aligned and whole units long"};
inline constexpr ErrorKind slot_not_erased{"slot.not_erased", "the place was programmed before and not erased since"};
inline constexpr ErrorKind slot_running{"slot.running", "the running firmware's slot cannot be written"};
inline constexpr ErrorKind slot_bad_image{"slot.bad_image", "the chip's own check refuses this image"};
inline constexpr ErrorKind slot_no_other{"slot.no_other", "no other slot holds a bootable image"};

inline constexpr ErrorKind socket_refused{"socket.refused", "the other side refused the connection"};
inline constexpr ErrorKind socket_reset{"socket.reset", "the other side reset the connection"};
inline constexpr ErrorKind socket_unreachable{"socket.unreachable", "no route to the other side"};
inline constexpr ErrorKind socket_timed_out{"socket.timed_out", "the other side does not answer"};
inline constexpr ErrorKind socket_in_use{"socket.in_use", "the port is taken"};
inline constexpr ErrorKind socket_none_left{"socket.none_left", "no socket is left"};
inline constexpr ErrorKind socket_failed{"socket.failed", "the network stack reports an error"};

inline constexpr ErrorKind dns_not_found{"dns.not_found", "no address is known for this host name"};
inline constexpr ErrorKind dns_failed{"dns.failed", "the name server does not answer"};

inline constexpr ErrorKind radio_failed{"radio.failed", "the radio reports an error"};
inline constexpr ErrorKind radio_open_ap{"radio.open_ap", "an access point without a password is not allowed"};

inline constexpr ErrorKind wire_failed{"wire.failed", "the Ethernet driver reports an error"};

inline constexpr ErrorKind radio_no_server_name{"radio.no_server_name",
                                                "this firmware's Wi-Fi driver cannot compare a server's name: no enterprise network"};

inline constexpr ErrorKind no_entropy{"chip.no_entropy", "the random number generator did not answer"};
}  // namespace esb::errors

namespace esb::chip {
// In the order of their definition; what a firmware has not got comes last.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::kv_not_found,     &errors::kv_too_small,    &errors::kv_bad_key,       &errors::kv_full,
    &errors::kv_corrupt,       &errors::flash_failed,    &errors::power_lost,       &errors::slot_bounds,
    &errors::slot_alignment,   &errors::slot_not_erased, &errors::slot_running,     &errors::slot_bad_image,
    &errors::slot_no_other,    &errors::socket_refused,  &errors::socket_reset,     &errors::socket_unreachable,
    &errors::socket_timed_out, &errors::socket_in_use,   &errors::socket_none_left, &errors::socket_failed,
    &errors::dns_not_found,    &errors::dns_failed,      &errors::radio_failed,     &errors::radio_open_ap,
    &errors::no_entropy,
#if ESB_WIFI_ENTERPRISE
    &errors::radio_no_server_name,
#endif
#if ESB_ETHERNET
    &errors::wire_failed,
#endif
};
}  // namespace esb::chip
