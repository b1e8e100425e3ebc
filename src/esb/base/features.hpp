// Which of the features that can be left out are there (docs/architecture.md).
#pragma once

// The build says so when one is off, from Kconfig or CMake's options of the same names (cmake/EsbFeatures.cmake).
#ifndef ESB_PORTAL
#define ESB_PORTAL 1
#endif
#ifndef ESB_IMPROV
#define ESB_IMPROV 1
#endif
#ifndef ESB_HOME_ASSISTANT
#define ESB_HOME_ASSISTANT 1
#endif
#ifndef ESB_LEGACY_MD5
#define ESB_LEGACY_MD5 1
#endif
#ifndef ESB_CONSOLE_EDITING
#define ESB_CONSOLE_EDITING 1
#endif
#ifndef ESB_LOG_WORDS
#define ESB_LOG_WORDS 1
#endif
#ifndef ESB_CERTIFICATES
#define ESB_CERTIFICATES 1
#endif
#ifndef ESB_MQTT_OFFLINE
#define ESB_MQTT_OFFLINE 1
#endif
#ifndef ESB_MQTT5
#define ESB_MQTT5 1
#endif

namespace esb {

// The macros are for what the compiler must not even see: headers and members of rooms that are left out.
inline constexpr bool with_portal = ESB_PORTAL;
inline constexpr bool with_improv = ESB_IMPROV;
inline constexpr bool with_home_assistant = ESB_HOME_ASSISTANT;
inline constexpr bool with_legacy_md5 = ESB_LEGACY_MD5;
inline constexpr bool with_console_editing = ESB_CONSOLE_EDITING;
inline constexpr bool with_log_words = ESB_LOG_WORDS;
inline constexpr bool with_certificates = ESB_CERTIFICATES;
inline constexpr bool with_mqtt_offline = ESB_MQTT_OFFLINE;
inline constexpr bool with_mqtt5 = ESB_MQTT5;

}  // namespace esb
