// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind device_not_on_trial{"device.not_on_trial", "the running firmware is not on trial"};
inline constexpr ErrorKind device_no_variable{"device.no_variable",
                                              "there is no variable of this name, try: debug list"};
inline constexpr ErrorKind config_unsigned{"config.unsigned",
                                           "this device takes only changes that an update key has signed"};
inline constexpr ErrorKind config_retained{"config.retained",
                                           "a retained change would come again with every connection"};
}  // namespace esb::errors

namespace esb::device {
inline constexpr const ErrorKind* all_errors[] = {&errors::device_not_on_trial, &errors::device_no_variable,
                                                  &errors::config_unsigned, &errors::config_retained};
}  // namespace esb::device
