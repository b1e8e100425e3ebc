// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind wifi_no_portal{"wifi.no_portal", "this firmware has no portal, or the radio is off"};
}

namespace esb::wifi {
inline constexpr const ErrorKind* all_errors[] = {&errors::wifi_no_portal};
}
