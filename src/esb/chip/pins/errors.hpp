// What pins and buses can fail with.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind pin_invalid{"pin.invalid", "the board has no such pin, or it cannot do this"};
inline constexpr ErrorKind pin_failed{"pin.failed", "the driver of a pin or bus reports an error"};
inline constexpr ErrorKind i2c_no_answer{"i2c.no_answer", "nothing answers at this address of the bus"};
}  // namespace esb::errors

namespace esb::chip {
// In the order of their definition.
inline constexpr const ErrorKind* all_pin_errors[] = {
    &errors::pin_invalid,
    &errors::pin_failed,
    &errors::i2c_no_answer,
};
}  // namespace esb::chip
