// Every error of this room.
#pragma once

#include "esb/base/result.hpp"

namespace esb::errors {
inline constexpr ErrorKind link_no_network{"link.no_network", "there is no network"};
inline constexpr ErrorKind link_account_changed{"link.account_changed", "the broker's account was changed"};
inline constexpr ErrorKind link_no_echo{"link.no_echo", "the broker does not send our pings back"};
inline constexpr ErrorKind link_no_suback{"link.no_suback", "the broker does not answer the subscription"};
inline constexpr ErrorKind link_lower_qos{"link.lower_qos", "the broker gives the topic with a lower QoS only"};
inline constexpr ErrorKind link_second_device{
    "link.second_device",
    "the broker ended several connections soon after they began: a second device with this identity, or a topic that it forbids?"};
inline constexpr ErrorKind link_topic_forbidden{
    "link.topic_forbidden", "the broker ends each connection at the same topic: it seems to forbid it"};
}  // namespace esb::errors

namespace esb::link {
inline constexpr const ErrorKind* all_errors[] = {
    &errors::link_no_network, &errors::link_account_changed, &errors::link_no_echo,
    &errors::link_no_suback,  &errors::link_lower_qos,       &errors::link_second_device,
    &errors::link_topic_forbidden,
};
}  // namespace esb::link
