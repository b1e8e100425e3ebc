// Puts the pieces of incoming messages together and hands them to whoever subscribed.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/mqtt/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace esb {

// A message, or a piece of one that is longer than Limits::max_message (then offset and total tell which).
// The views live during the call only.
using Message = mqtt::MessagePiece;

// Reactor's task only.
class Inbox {
public:
    static constexpr std::size_t max_subscriptions = 12;
    static constexpr std::size_t topic_max = 96;
    using Callback = Function<void(const Message&)>;

    struct Subscription {
        FixedString<topic_max> topic;  // complete, without wildcards
        mqtt::Qos qos = mqtt::Qos::at_most_once;
        Callback callback;
    };

    explicit Inbox(std::size_t max_message);

    // `full`, too_long, mqtt_bad_topic for wildcards.
    Status add(std::string_view topic, mqtt::Qos qos, Callback callback);
    // The topics change with the identity: all are dropped.
    void clear() { subscriptions_.clear(); }
    std::size_t size() const { return subscriptions_.size(); }
    const Subscription& at(std::size_t index) const { return subscriptions_[index]; }

    void take(const mqtt::MessagePiece& piece);
    // The connection ended: a half-received message will not be completed.
    void reset() { held_ = 0; }

private:
    void deliver(const Message& message);

    FixedVector<Subscription, max_subscriptions> subscriptions_;
    std::size_t capacity_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t held_ = 0;
};

}  // namespace esb
