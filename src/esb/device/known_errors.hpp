// The catalogue of all errors: what every room lists in its errors.hpp. For records that outlive the firmware, since a
// pointer to an ErrorKind means nothing after an update.
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb {

// Null for a number (record::error_number()) or a name that this firmware does not know.
const ErrorKind* known_error(std::uint32_t number);
const ErrorKind* known_error(std::string_view name);
// Room by room.
std::span<const std::span<const ErrorKind* const>> known_errors();

}  // namespace esb
