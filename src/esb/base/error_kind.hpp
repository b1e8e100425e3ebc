// The name of a cause.
#pragma once

#include <string_view>

namespace esb {

// What can go wrong, one constant per cause. Each room defines its own in `errors.hpp` with
//   inline constexpr ErrorKind bad_psk{"tls.bad_psk", "the broker does not know this identity or key"};
// `name` is stable, dotted `room.cause`, and goes on the wire; `text` is one line for people.
struct ErrorKind {
    std::string_view name;
    std::string_view text;
};

}  // namespace esb
