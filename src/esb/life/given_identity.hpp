// The identity that a factory gave the device (esb factory --prefix), instead of the one made of the station's MAC. A
// factory reset leaves it: it says which device this is, and stands on its label.
//
//   identity   sealed: the identity, at most 32 characters
#pragma once

#include "esb/base/identity.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"

#include <optional>

namespace esb::life {

// As long as a network's name may be, since the access point is called by it.
inline constexpr std::size_t given_identity_max = 32;

// After KeyValue::mount(). Empty when none was given; kv_corrupt when it is damaged, the store's errors.
Result<std::optional<Identity>> given_identity(chip::KeyValue& key_value);
// bad_identity when it is none or longer than given_identity_max; the store's errors.
Status give_identity(chip::KeyValue& key_value, std::string_view identity);

}  // namespace esb::life
