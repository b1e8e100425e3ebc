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
#ifndef ESB_DEEP_SLEEP
#define ESB_DEEP_SLEEP 1
#endif
#ifndef ESB_ETHERNET
#if defined(ARDUINO)
#define ESB_ETHERNET 0  // which driver, only Kconfig says
#else
#define ESB_ETHERNET 1
#endif
#endif
#ifndef ESB_WIFI_ENTERPRISE
#if defined(ARDUINO)
#define ESB_WIFI_ENTERPRISE 0
#else
#define ESB_WIFI_ENTERPRISE ESB_CERTIFICATES  // which it needs
#endif
#endif
#ifndef ESB_MQTT_OFFLINE
#define ESB_MQTT_OFFLINE 1
#endif
#ifndef ESB_IPV6
#define ESB_IPV6 1
#endif
#ifndef ESB_PACKED_UPDATES
#define ESB_PACKED_UPDATES 1
#endif
#ifndef ESB_UPDATE_POLICY
#define ESB_UPDATE_POLICY 1
#endif
#ifndef ESB_DATA_PARTITIONS
#define ESB_DATA_PARTITIONS 1
#endif
#ifndef ESB_CORE_DUMP
#if defined(ARDUINO)
#define ESB_CORE_DUMP 0  // the core decides what its panic handler writes
#else
#define ESB_CORE_DUMP 1
#endif
#endif
#ifndef ESB_GIVEN_IDENTITY
#define ESB_GIVEN_IDENTITY 1
#endif
#ifndef ESB_MQTT_KEEP
#define ESB_MQTT_KEEP 1
#endif
#ifndef ESB_MQTT_DEFER
#define ESB_MQTT_DEFER 1
#endif
#ifndef ESB_MQTT_BORROW
#define ESB_MQTT_BORROW 1
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
inline constexpr bool with_deep_sleep = ESB_DEEP_SLEEP;
inline constexpr bool with_ethernet = ESB_ETHERNET;
inline constexpr bool with_wifi_enterprise = ESB_WIFI_ENTERPRISE;
inline constexpr bool with_mqtt_offline = ESB_MQTT_OFFLINE;
inline constexpr bool with_ipv6 = ESB_IPV6;
inline constexpr bool with_packed_updates = ESB_PACKED_UPDATES;
inline constexpr bool with_update_policy = ESB_UPDATE_POLICY;
inline constexpr bool with_data_partitions = ESB_DATA_PARTITIONS;
inline constexpr bool with_core_dump = ESB_CORE_DUMP;
inline constexpr bool with_given_identity = ESB_GIVEN_IDENTITY;
inline constexpr bool with_mqtt_keep = ESB_MQTT_KEEP;
inline constexpr bool with_mqtt_defer = ESB_MQTT_DEFER;
inline constexpr bool with_mqtt_borrow = ESB_MQTT_BORROW;
inline constexpr bool with_mqtt5 = ESB_MQTT5;

}  // namespace esb
