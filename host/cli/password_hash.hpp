// Passwords as mosquitto's password_file has them: PBKDF2-HMAC-SHA512, `$7$ROUNDS$SALT$HASH`.
#pragma once

#include "host/cli/outcome.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

inline constexpr unsigned password_rounds = 10'000;  // some milliseconds of the broker's one thread for each connection

// Fails for passwords that no device can send: empty, longer than 64 bytes.
Outcome<std::string> password_hash(std::string_view password);
bool is_password_hash(std::string_view text);

}  // namespace esb::cli
