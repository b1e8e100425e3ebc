// Errors by number, for records that outlive the firmware: a pointer to an ErrorKind means nothing after an update.
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb {

// CRC-32 of the name: the same in every firmware. 0 stands for "no error".
std::uint32_t error_number(std::string_view name);
// Null for a number (a name) that this firmware does not know.
const ErrorKind* known_error(std::uint32_t number);
const ErrorKind* known_error(std::string_view name);
std::span<const ErrorKind* const> known_errors();

}  // namespace esb
