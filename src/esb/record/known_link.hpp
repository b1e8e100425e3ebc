// How the network was joined before a deep sleep, in the retained RAM: the next start goes there at once.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/retained_ram.hpp"

#include <cstddef>
#include <optional>

namespace esb::record {

// "ESBK" | u8 version | u8 channel | u8 length of the name | u8 0 | 32 name, behind it zeros | 6 BSSID | u16 0 |
// 4 address, mask, gateway, name server each | le32 lease in seconds | le32 CRC-32. Nothing in it is secret.
inline constexpr std::size_t known_link_size = 72;
void encode_known_link(const chip::KnownLink& link, ByteWriter& out);
// not_found; accepts exactly what the other makes. Bytes behind it are ignored.
Result<chip::KnownLink> decode_known_link(ConstBytes bytes);

// Nothing but IPv4, and nothing without a name, is kept.
void keep_known_link(chip::RetainedRam& ram, const chip::KnownLink& link);
// What was kept, once: whatever comes of it, the start after this one knows nothing of it.
std::optional<chip::KnownLink> take_known_link(chip::RetainedRam& ram);
void forget_known_link(chip::RetainedRam& ram);

}  // namespace esb::record
