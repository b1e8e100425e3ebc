// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind console_line_too_long{"console.line_too_long", "the line is longer than 255 bytes"};
inline constexpr ErrorKind console_control_byte{"console.control_byte", "the line contains a control byte"};
inline constexpr ErrorKind console_quote{"console.quote", "a quote is not closed"};
inline constexpr ErrorKind console_escape{
    "console.escape", "within quotes a backslash needs a quote, another backslash or xHH behind it"};
inline constexpr ErrorKind console_too_many{"console.too_many", "too many arguments"};
inline constexpr ErrorKind console_unknown{"console.unknown", "unknown command, try: help"};
inline constexpr ErrorKind console_missing{"console.missing", "an argument is missing"};
inline constexpr ErrorKind console_locked{"console.locked", "the console is locked, try: unlock <password>"};
inline constexpr ErrorKind console_wait{"console.wait", "too many wrong passwords, wait before the next one"};
inline constexpr ErrorKind console_no_password{"console.no_password", "no console password is set, try: lock set"};
inline constexpr ErrorKind improv_checksum{"improv.checksum", "an Improv frame has a wrong checksum"};
inline constexpr ErrorKind improv_malformed{"improv.malformed", "an Improv command is malformed"};
inline constexpr ErrorKind improv_unknown{"improv.unknown", "an Improv command is unknown"};
inline constexpr ErrorKind improv_host_name{"improv.host_name", "the name of this device cannot be changed"};
}  // namespace esb::errors

namespace esb::console {
inline constexpr const ErrorKind* all_errors[] = {
    &errors::console_line_too_long,
    &errors::console_control_byte,
    &errors::console_quote,
    &errors::console_escape,
    &errors::console_too_many,
    &errors::console_unknown,
    &errors::console_missing,
    &errors::console_locked,
    &errors::console_wait,
    &errors::console_no_password,
    &errors::improv_checksum,
    &errors::improv_malformed,
    &errors::improv_unknown,
    &errors::improv_host_name,
};
}  // namespace esb::console
