// Puts the pieces of incoming messages together and hands them to whoever subscribed.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/link/message.hpp"
#include "esb/link/topic.hpp"
#include "esb/link/topic_index.hpp"
#include "esb/mqtt/types.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace esb::link {

inline mqtt::TooLarge too_large(const mqtt::MessagePiece& m) {
    return {m.topic, m.topic.size(), m.total, m.qos, m.retain, m.duplicate};
}

class Inbox {
public:
    // The authors' eight, and the device's own (device/topics.cpp).
    static constexpr std::size_t max_subscriptions = 8 + 4 + (with_update_policy ? 1 : 0) + (with_core_dump ? 1 : 0);
    using Callback = Function<void(const Message&)>;

    struct Subscription {
        WholeTopic filter;  // perhaps with wildcards
        mqtt::Qos qos = mqtt::Qos::at_most_once;
        Callback callback;
        bool pieces = false;
        std::size_t root = 0;  // bytes of the filter's root
        bool authors = false;  // not the device's own
        bool removed = false;  // from within a callback: gone when all have been called

        // How the broker stands to it in this connection (subscriptions.hpp).
        enum class Stage : std::uint8_t { wanted, asked, granted, refused };
        Stage stage = Stage::wanted;
        bool missing = false;         // refused, or not answered in time
        bool told = false;            // and that was said
        std::uint8_t unanswered = 0;  // times it was asked for
        mqtt::Token token = 0;        // of the latest one
        Instant asked{};
    };

    explicit Inbox(std::size_t max_message);

    // Called with the last piece of a message that was too long for a handler of its topic.
    void set_dropped(Callback dropped) { dropped_ = dropped; }

    // Messages whose topic the filter takes go to every callback that has one; `root` bytes of it are not in the message's
    // subtopic. `full`, too_long, mqtt_bad_topic.
    Status add(std::string_view filter, mqtt::Qos qos, Callback callback, const SubscribeOptions& options = {},
               std::size_t root = 0, bool authors = false);
    // The author's, or the device's own; also from within its own callback. True: nobody hears this filter any more.
    bool remove(std::string_view filter, bool authors = false);
    // The topics change with the identity: all are dropped.
    void clear() {
        subscriptions_.clear();
        index_.clear();
    }
    std::size_t size() const { return subscriptions_.size(); }
    const Subscription& at(std::size_t index) const { return subscriptions_[index]; }
    Subscription& at(std::size_t index) { return subscriptions_[index]; }

    void take(const mqtt::MessagePiece& piece);
    // The connection ended: a half-received message will not be completed.
    void reset() { held_ = 0; }

private:
    template <typename Call>
    void for_each_taker(std::string_view topic, Call call);
    void forget_removed();
    void deliver(const mqtt::MessagePiece& message);
    void deliver_pieces(const mqtt::MessagePiece& piece);

    FixedVector<Subscription, max_subscriptions> subscriptions_;
    TopicIndex index_;  // by their places
    std::size_t capacity_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t held_ = 0;
    Callback dropped_;
    bool delivering_ = false;
};

}  // namespace esb::link
