// The causes that mean the same in every room, and what base itself can fail with.
#pragma once

#include <string_view>

namespace esb {

// What can go wrong, one constant per cause. Each room defines its own in `errors.hpp` with
//   inline constexpr ErrorKind bad_psk{"tls.bad_psk", "the broker does not know this identity or key"};
// `name` is stable, dotted `room.cause`, and goes on the wire; `text` is one line for people. A firmware without words
// (ESB_LOG_WORDS, base/features.hpp) has the name for both.
struct ErrorKind {
#if defined(ESB_LOG_WORDS) && !ESB_LOG_WORDS
    constexpr ErrorKind(std::string_view stable_name, std::string_view) : name(stable_name), text(stable_name) {}
#else
    constexpr ErrorKind(std::string_view stable_name, std::string_view line) : name(stable_name), text(line) {}  // both
#endif

    std::string_view name;  // stable, dotted, `room.cause`: it goes on the wire
    std::string_view text;  // one line for people
};

}  // namespace esb

namespace esb::errors {
inline constexpr ErrorKind invalid_argument{"invalid_argument", "the argument is not valid"};
inline constexpr ErrorKind out_of_range{"out_of_range", "the value is outside its allowed range"};
inline constexpr ErrorKind too_long{"too_long", "the value is longer than allowed"};
inline constexpr ErrorKind too_short{"too_short", "the value is shorter than allowed"};
inline constexpr ErrorKind bad_encoding{"bad_encoding", "the text is not valid in its encoding"};
inline constexpr ErrorKind full{"full", "no room is left"};
inline constexpr ErrorKind not_found{"not_found", "there is no such entry"};
inline constexpr ErrorKind busy{"busy", "another operation is under way"};
inline constexpr ErrorKind would_block{"would_block", "not ready yet, try again when told"};
inline constexpr ErrorKind closed{"closed", "the connection was closed"};
inline constexpr ErrorKind timed_out{"timed_out", "no answer in time"};
inline constexpr ErrorKind no_memory{"no_memory", "memory ran out"};
inline constexpr ErrorKind cancelled{"cancelled", "the operation was cancelled"};

inline constexpr ErrorKind bad_identity{"identity.invalid", "an identity is 1 to 40 characters of A-Z a-z 0-9 _ -"};

inline constexpr ErrorKind json_too_large{"json.too_large", "the JSON text is larger than allowed"};
inline constexpr ErrorKind json_too_deep{"json.too_deep", "the JSON text is nested too deeply"};
inline constexpr ErrorKind json_syntax{"json.syntax", "this is not JSON (RFC 8259)"};
inline constexpr ErrorKind json_duplicate{"json.duplicate", "a member appears twice"};
inline constexpr ErrorKind json_number{"json.number", "a number is not an integer below 2^53"};
inline constexpr ErrorKind json_nul{"json.nul", "a text contains a NUL"};
inline constexpr ErrorKind json_member{"json.member", "a member is missing or has the wrong type"};

inline constexpr ErrorKind pem_malformed{"pem.malformed", "this is not a whole certificate in PEM form"};
inline constexpr ErrorKind pem_private_key{"pem.private_key", "this is a private key, which belongs to nobody else"};
}  // namespace esb::errors

namespace esb::base {
// In the order of their definition.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::invalid_argument, &errors::out_of_range,   &errors::too_long,        &errors::too_short,
    &errors::bad_encoding,     &errors::full,           &errors::not_found,       &errors::busy,
    &errors::would_block,      &errors::closed,         &errors::timed_out,       &errors::no_memory,
    &errors::cancelled,        &errors::bad_identity,   &errors::json_too_large,  &errors::json_too_deep,
    &errors::json_syntax,      &errors::json_duplicate, &errors::json_number,     &errors::json_nul,
    &errors::json_member,      &errors::pem_malformed,  &errors::pem_private_key,
};
}  // namespace esb::base
