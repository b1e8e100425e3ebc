// What an MQTT connection can fail with.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind mqtt_malformed{"mqtt.malformed", "the broker sent a malformed packet"};
inline constexpr ErrorKind mqtt_unexpected{"mqtt.unexpected", "the broker sent a packet that has no place here"};
inline constexpr ErrorKind mqtt_too_large{"mqtt.too_large", "the message is larger than this device takes"};
inline constexpr ErrorKind mqtt_bad_topic{"mqtt.bad_topic", "the topic or filter is not allowed"};
inline constexpr ErrorKind mqtt_subscribe_refused{"mqtt.subscribe_refused", "the broker refused the subscription"};
inline constexpr ErrorKind mqtt_overrun{"mqtt.overrun", "the broker has more in flight than the limits allow"};
inline constexpr ErrorKind mqtt_session_lost{"mqtt.session_lost", "the broker lost the session; delivery is unknown"};
inline constexpr ErrorKind mqtt_silent{"mqtt.silent", "the broker did not answer within the keep-alive"};
inline constexpr ErrorKind mqtt_no_connack{"mqtt.no_connack", "the broker did not answer CONNECT in time"};
// CONNACK return codes, MQTT 3.1.1 table 3.1
inline constexpr ErrorKind mqtt_refused_version{"mqtt.refused.version", "the broker does not speak MQTT 3.1.1"};
inline constexpr ErrorKind mqtt_refused_client_id{"mqtt.refused.client_id", "the broker refuses the client identifier"};
inline constexpr ErrorKind mqtt_refused_unavailable{"mqtt.refused.unavailable", "the broker is not available"};
inline constexpr ErrorKind mqtt_refused_credentials{"mqtt.refused.credentials", "user name or password is wrong"};
inline constexpr ErrorKind mqtt_refused_not_authorized{"mqtt.refused.not_authorized",
                                                       "the broker does not authorize us"};
inline constexpr ErrorKind mqtt_refused_unknown{"mqtt.refused.unknown", "the broker refuses with an unknown code"};
#if ESB_MQTT_OFFLINE
inline constexpr ErrorKind mqtt_dropped{"mqtt.dropped", "the message made room for others before it could go"};
inline constexpr ErrorKind mqtt_replaced{"mqtt.replaced", "a newer message for its topic took its place before it could go"};
#endif
}  // namespace esb::errors

namespace esb::mqtt {
// In the order of their definition.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::mqtt_malformed,           &errors::mqtt_unexpected,
    &errors::mqtt_too_large,           &errors::mqtt_bad_topic,
    &errors::mqtt_subscribe_refused,   &errors::mqtt_overrun,
    &errors::mqtt_session_lost,        &errors::mqtt_silent,
    &errors::mqtt_no_connack,          &errors::mqtt_refused_version,
    &errors::mqtt_refused_client_id,   &errors::mqtt_refused_unavailable,
    &errors::mqtt_refused_credentials, &errors::mqtt_refused_not_authorized,
    &errors::mqtt_refused_unknown,
#if ESB_MQTT_OFFLINE
    &errors::mqtt_dropped,             &errors::mqtt_replaced,
#endif
};
}  // namespace esb::mqtt
