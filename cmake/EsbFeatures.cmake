# The features that can be left out, and the sources that go with them: for Debian's CMake and for ESP-IDF, where
# Kconfig has the switches. What is off is told to the sources by src/esb/base/features.hpp.
set(ESB_FEATURES PORTAL IMPROV HOME_ASSISTANT LEGACY_MD5 CONSOLE_EDITING LOG_WORDS CERTIFICATES PACKED_UPDATES UPDATE_POLICY
  DATA_PARTITIONS DEEP_SLEEP ETHERNET WIFI_ENTERPRISE CORE_DUMP GIVEN_IDENTITY MQTT_OFFLINE IPV6 MQTT_KEEP MQTT_DEFER MQTT_BORROW MQTT5)
set(ESB_SOURCES_OF_PORTAL
  portal/ net/captive_dns net/http_connection net/http_grammar net/http_head net/http_request net/http_server
  device/portal_host device/commands_portal)
set(ESB_SOURCES_OF_IMPROV console/improv device/improv_link)
set(ESB_SOURCES_OF_HOME_ASSISTANT device/home_assistant device/topics_home_assistant)
set(ESB_SOURCES_OF_LEGACY_MD5 ota/legacy crypto/md5)
set(ESB_SOURCES_OF_CONSOLE_EDITING console/line_keys console/history console/completion console/terminal)
set(ESB_SOURCES_OF_LOG_WORDS)  # constants and branches only
set(ESB_SOURCES_OF_MQTT5
  link/message_properties mqtt/decoder5 mqtt/engine5 mqtt/session5 mqtt/properties mqtt/property_scan mqtt/reasons)

set(ESB_SOURCES_OF_CERTIFICATES
  base/pem crypto/certificate net/tls_trust net/tls_resumption net/tls_session net/certificate_name settings/shelf life/client_keys
  console/paste crypto/pkcs7
  device/commands_certificates device/broker_credentials device/est_client device/renewal)
set(ESB_SOURCES_OF_IPV6)  # constants and branches only
set(ESB_SOURCES_OF_PACKED_UPDATES ota/unpack)
set(ESB_SOURCES_OF_UPDATE_POLICY ota/updater_wait device/updates_waiting device/topics_words)
set(ESB_SOURCES_OF_DATA_PARTITIONS ota/data_ ota/updater_data device/data_file chip/esp32/data_partitions)
set(ESB_SOURCES_OF_CORE_DUMP device/crash_report chip/esp32/core_dump)
set(ESB_SOURCES_OF_DEEP_SLEEP device/sleep record/known_link)
set(ESB_SOURCES_OF_ETHERNET wifi/wire wifi/supervisor_wire device/commands_link chip/esp32/wire)
set(ESB_SOURCES_OF_WIFI_ENTERPRISE device/enterprise_credentials device/commands_enterprise chip/esp32/enterprise)
set(ESB_SOURCES_OF_GIVEN_IDENTITY life/given_identity)
set(ESB_SOURCES_OF_MQTT_OFFLINE mqtt/offline)
set(ESB_SOURCES_OF_MQTT_KEEP mqtt/kept_record mqtt/keeper mqtt/session_keep mqtt/engine_keep life/kept_messages)
set(ESB_SOURCES_OF_MQTT_DEFER mqtt/deferred mqtt/engine_defer)

set(ESB_SOURCES_OF_MQTT_BORROW)  # members and branches only

# esb_leave_out(VARIABLE FEATURE...): takes the sources of these features off a list of files.
function(esb_leave_out variable)
  set(sources ${${variable}})
  foreach(feature ${ARGN})
    foreach(part ${ESB_SOURCES_OF_${feature}})
      list(FILTER sources EXCLUDE REGEX "/src/esb/${part}")
    endforeach()
  endforeach()
  set(${variable} ${sources} PARENT_SCOPE)
endfunction()
