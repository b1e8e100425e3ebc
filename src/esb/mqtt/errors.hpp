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
inline constexpr ErrorKind mqtt_refused_version{"mqtt.refused.version", "the broker refuses the version"};
inline constexpr ErrorKind mqtt_refused_client_id{"mqtt.refused.client_id", "the broker refuses the client identifier"};
inline constexpr ErrorKind mqtt_refused_unavailable{"mqtt.refused.unavailable", "the broker is not available"};
inline constexpr ErrorKind mqtt_refused_credentials{"mqtt.refused.credentials", "user name or password is wrong"};
inline constexpr ErrorKind mqtt_refused_not_authorized{"mqtt.refused.not_authorized",
                                                       "the broker does not authorize us"};
inline constexpr ErrorKind mqtt_refused_unknown{"mqtt.refused.unknown", "the broker refuses with an unknown code"};
#if ESB_MQTT_KEEP
inline constexpr ErrorKind mqtt_kept_damaged{"mqtt.kept.damaged", "a kept message is damaged or not ours"};
inline constexpr ErrorKind mqtt_kept_worn{"mqtt.kept.worn", "messages were kept too often within an hour for the flash"};
#endif
#if ESB_MQTT_DEFER
inline constexpr ErrorKind mqtt_deferred{"mqtt.deferred", "messages were not acknowledged for too long"};
#endif
#if ESB_MQTT_OFFLINE
inline constexpr ErrorKind mqtt_dropped{"mqtt.dropped", "the message made room for others before it could go"};
inline constexpr ErrorKind mqtt_replaced{"mqtt.replaced", "a newer message for its topic took its place before it could go"};
#endif
// Reason codes of MQTT 5.0 (table 2-6) that are none of the above.
#if ESB_MQTT5
inline constexpr ErrorKind mqtt_reason_unspecified{"mqtt.unspecified", "no reason given"};
inline constexpr ErrorKind mqtt_reason_malformed{"mqtt.bad_packet", "our packet was bad"};
inline constexpr ErrorKind mqtt_reason_protocol{"mqtt.protocol", "we broke the protocol"};
inline constexpr ErrorKind mqtt_reason_own{"mqtt.own", "own reason"};
inline constexpr ErrorKind mqtt_reason_busy{"mqtt.busy", "broker is busy"};
inline constexpr ErrorKind mqtt_reason_banned{"mqtt.banned", "we are banned"};
inline constexpr ErrorKind mqtt_reason_shutting_down{"mqtt.shutdown", "broker shuts down"};
inline constexpr ErrorKind mqtt_reason_auth_method{"mqtt.auth_method", "bad authentication"};
inline constexpr ErrorKind mqtt_reason_keep_alive{"mqtt.keep_alive", "we were silent"};
inline constexpr ErrorKind mqtt_reason_taken_over{"mqtt.taken_over", "another client took our identifier"};
inline constexpr ErrorKind mqtt_reason_filter{"mqtt.filter", "bad topic filter"};
inline constexpr ErrorKind mqtt_reason_topic{"mqtt.topic", "bad topic name"};
inline constexpr ErrorKind mqtt_reason_id_in_use{"mqtt.id_in_use", "identifier in use"};
inline constexpr ErrorKind mqtt_reason_id_unknown{"mqtt.id_unknown", "identifier unknown"};
inline constexpr ErrorKind mqtt_reason_receive_maximum{"mqtt.in_flight", "too much in flight"};
inline constexpr ErrorKind mqtt_reason_topic_alias{"mqtt.topic_alias", "bad topic alias"};
inline constexpr ErrorKind mqtt_reason_packet_size{"mqtt.packet_size", "packet too large"};
inline constexpr ErrorKind mqtt_reason_rate{"mqtt.rate", "too many messages"};
inline constexpr ErrorKind mqtt_reason_quota{"mqtt.quota", "quota used up"};
inline constexpr ErrorKind mqtt_reason_administrative{"mqtt.ended", "ended by broker"};
inline constexpr ErrorKind mqtt_reason_payload_format{"mqtt.payload", "bad payload format"};
inline constexpr ErrorKind mqtt_reason_retain{"mqtt.retain", "retains nothing"};
inline constexpr ErrorKind mqtt_reason_qos{"mqtt.qos", "no such QoS"};
inline constexpr ErrorKind mqtt_reason_other_server{"mqtt.other_server", "use another broker"};
inline constexpr ErrorKind mqtt_reason_moved{"mqtt.moved", "broker has moved"};
inline constexpr ErrorKind mqtt_reason_shared{"mqtt.shared", "no shared filters"};
inline constexpr ErrorKind mqtt_reason_connection_rate{"mqtt.connects", "too many connects"};
inline constexpr ErrorKind mqtt_reason_connect_time{"mqtt.connect_time", "connected too long"};
inline constexpr ErrorKind mqtt_reason_subscription_ids{"mqtt.subscription_ids", "no subscription ids"};
inline constexpr ErrorKind mqtt_reason_wildcards{"mqtt.wildcards", "no wildcards"};
#endif
}  // namespace esb::errors

namespace esb::mqtt {
// In the order of their definition.
inline constexpr const ErrorKind* all_errors[] = {
    &errors::mqtt_malformed,
    &errors::mqtt_unexpected,
    &errors::mqtt_too_large,
    &errors::mqtt_bad_topic,
    &errors::mqtt_subscribe_refused,
    &errors::mqtt_overrun,
    &errors::mqtt_session_lost,
    &errors::mqtt_silent,
    &errors::mqtt_no_connack,
    &errors::mqtt_refused_version,
    &errors::mqtt_refused_client_id,
    &errors::mqtt_refused_unavailable,
    &errors::mqtt_refused_credentials,
    &errors::mqtt_refused_not_authorized,
    &errors::mqtt_refused_unknown,
#if ESB_MQTT_KEEP
    &errors::mqtt_kept_damaged,        &errors::mqtt_kept_worn,
#endif
#if ESB_MQTT_DEFER
    &errors::mqtt_deferred,
#endif
#if ESB_MQTT_OFFLINE
    &errors::mqtt_dropped,             &errors::mqtt_replaced,
#endif
#if ESB_MQTT5
    &errors::mqtt_reason_unspecified,
    &errors::mqtt_reason_malformed,
    &errors::mqtt_reason_protocol,
    &errors::mqtt_reason_own,
    &errors::mqtt_reason_busy,
    &errors::mqtt_reason_banned,
    &errors::mqtt_reason_shutting_down,
    &errors::mqtt_reason_auth_method,
    &errors::mqtt_reason_keep_alive,
    &errors::mqtt_reason_taken_over,
    &errors::mqtt_reason_filter,
    &errors::mqtt_reason_topic,
    &errors::mqtt_reason_id_in_use,
    &errors::mqtt_reason_id_unknown,
    &errors::mqtt_reason_receive_maximum,
    &errors::mqtt_reason_topic_alias,
    &errors::mqtt_reason_packet_size,
    &errors::mqtt_reason_rate,
    &errors::mqtt_reason_quota,
    &errors::mqtt_reason_administrative,
    &errors::mqtt_reason_payload_format,
    &errors::mqtt_reason_retain,
    &errors::mqtt_reason_qos,
    &errors::mqtt_reason_other_server,
    &errors::mqtt_reason_moved,
    &errors::mqtt_reason_shared,
    &errors::mqtt_reason_connection_rate,
    &errors::mqtt_reason_connect_time,
    &errors::mqtt_reason_subscription_ids,
    &errors::mqtt_reason_wildcards,
#endif
};
}  // namespace esb::mqtt
