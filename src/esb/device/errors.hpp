// Every error of this room.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind device_not_on_trial{"device.not_on_trial", "the running firmware is not on trial"};
inline constexpr ErrorKind device_no_variable{"device.no_variable",
                                              "there is no variable of this name, try: debug list"};
inline constexpr ErrorKind config_unsigned{"config.unsigned",
                                           "this device takes only changes that an update key has signed"};
inline constexpr ErrorKind config_retained{"config.retained",
                                           "a retained change would come again with every connection"};
inline constexpr ErrorKind crash_word{"crash.word", "this is not send, send <offset> or forget <crc>"};
inline constexpr ErrorKind crash_other{"crash.other", "that was said of another crash; what this one left stays"};
inline constexpr ErrorKind crash_nothing{"crash.nothing", "no crash has left anything"};
// What keeps the device from a deep sleep.
inline constexpr ErrorKind sleep_update{"sleep.update", "an update is under way, or its image on trial"};
inline constexpr ErrorKind sleep_settings{"sleep.settings", "a change of settings is on trial"};
inline constexpr ErrorKind sleep_set_up{"sleep.set_up", "the device is being set up, or was never on line"};
inline constexpr ErrorKind sleep_console{"sleep.console", "somebody may be at the serial port"};
inline constexpr ErrorKind sleep_messages{"sleep.messages", "messages are still to be sent, or to be heard"};
}  // namespace esb::errors

namespace esb::device {
// What a firmware has not got it does not say.
inline constexpr const ErrorKind* all_errors[] = {
#if ESB_CORE_DUMP
    &errors::crash_word,
    &errors::crash_other,
    &errors::crash_nothing,
#endif
#if ESB_DEEP_SLEEP
    &errors::sleep_update,
    &errors::sleep_settings,
    &errors::sleep_set_up,
    &errors::sleep_console,
    &errors::sleep_messages,
#endif
    &errors::device_not_on_trial,
    &errors::device_no_variable,
    &errors::config_unsigned,
    &errors::config_retained};
}  // namespace esb::device
