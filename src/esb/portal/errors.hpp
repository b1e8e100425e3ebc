// Why the set-up page refuses what no other room refuses.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind portal_key_hidden{"portal.key_hidden", "the key is not shown any more: it can be replaced"};
inline constexpr ErrorKind portal_wrong_identity{"portal.wrong_identity", "this is not the identity of this device"};
inline constexpr ErrorKind portal_own_request{"portal.own_request", "the console's password has a request of its own"};
}  // namespace esb::errors
