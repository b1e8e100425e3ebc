// Device identities and the topics derived from them (docs/protocol.md).
#pragma once

#include "esb/base/errors.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace esb {

inline constexpr std::size_t identity_max = 40;
using Identity = FixedString<identity_max>;

// `bad_identity` unless it matches [A-Za-z0-9_-]{1,40} and its base topic has no empty level.
Result<Identity> make_identity(std::string_view text);
// `ESP-` and the 12 upper-case hex digits of the station MAC.
Identity identity_from_mac(const std::array<std::uint8_t, 6>& mac);
// The base topic: the identity with every '-' turned into '/'.
Identity base_topic(std::string_view identity);

}  // namespace esb
