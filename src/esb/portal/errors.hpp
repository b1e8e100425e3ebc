// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind portal_key_hidden{"portal.key_hidden", "the key is not shown any more: it can be replaced"};
inline constexpr ErrorKind portal_wrong_identity{"portal.wrong_identity", "this is not the identity of this device"};
inline constexpr ErrorKind portal_own_request{"portal.own_request", "the console's password has a request of its own"};
}  // namespace esb::errors

namespace esb::portal {
inline constexpr const ErrorKind* all_errors[] = {&errors::portal_key_hidden, &errors::portal_wrong_identity,
                                                  &errors::portal_own_request};
}  // namespace esb::portal
