// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind log_malformed{"log.malformed", "the stored flight recorder cannot be read"};
inline constexpr ErrorKind run_record{"health.run_record", "the record of the last run cannot be read"};
inline constexpr ErrorKind clock_before_build{"clock.before_build", "this time lies before the firmware was made"};
}  // namespace esb::errors

namespace esb::record {
inline constexpr const ErrorKind* all_errors[] = {&errors::log_malformed, &errors::run_record,
                                                  &errors::clock_before_build};
}  // namespace esb::record
