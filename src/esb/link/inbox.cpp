#include "esb/link/inbox.hpp"

#include "esb/link/topic_filter.hpp"
#include "esb/mqtt/codec.hpp"
#include "esb/mqtt/errors.hpp"

namespace esb::link {

Inbox::Inbox(std::size_t max_message)
    : capacity_(max_message), buffer_(std::make_unique<std::uint8_t[]>(max_message)) {}

Status Inbox::add(std::string_view filter, mqtt::Qos qos, Callback callback, const SubscribeOptions& options,
                  std::size_t root, bool authors) {
    if (!mqtt::is_topic_filter(filter)) return fail(errors::mqtt_bad_topic);
    Subscription made;
    ESB_TRY(made.filter.assign(filter));
    made.qos = qos;
    made.callback = callback;
    made.pieces = options.pieces;
    made.root = root;
    made.authors = authors;
    ESB_TRY(subscriptions_.push_back(made));
    index_.add(filter, subscriptions_.size() - 1);
    return {};
}

bool Inbox::remove(std::string_view filter, bool authors) {
    bool heard = false;
    for (auto& one : subscriptions_) {
        if (!(one.filter == filter)) continue;
        one.removed = one.removed || one.authors == authors;
        heard = heard || !one.removed;
    }
    if (!delivering_) forget_removed();
    return !heard;
}

void Inbox::forget_removed() {
    const std::size_t before = subscriptions_.size();
    for (std::size_t i = before; i > 0; --i) {
        if (subscriptions_[i - 1].removed) subscriptions_.erase(i - 1);
    }
    if (subscriptions_.size() == before) return;
    index_.clear();
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) index_.add(subscriptions_[i].filter, i);
}

void Inbox::take(const mqtt::MessagePiece& piece) {
    if (piece.total > capacity_) return deliver_pieces(piece);
    if (piece.offset == 0 && piece.is_last()) return deliver(piece);
    if (piece.offset == 0) held_ = 0;
    if (piece.offset != held_) return;  // its beginning was lost with an earlier connection
    copy(piece.bytes, MutBytes(buffer_.get(), capacity_).subspan(held_));
    held_ += piece.bytes.size();
    if (!piece.is_last()) return;
    auto message = piece;
    message.bytes = ConstBytes(buffer_.get(), held_);
    message.offset = 0;
    held_ = 0;
    deliver(message);
}

// A callback may add and remove subscriptions, also its own: nothing moves before all have been called. One that is added
// takes the next message.
template <typename Call>
void Inbox::for_each_taker(std::string_view topic, Call call) {
    static_assert(max_subscriptions <= TopicIndex::max_filters);
    delivering_ = true;
    auto candidates = index_.candidates(topic);
    for (std::size_t i = 0; i < subscriptions_.size() && candidates != 0; ++i, candidates >>= 1) {
        auto& one = subscriptions_[i];
        if ((candidates & 1) != 0 && !one.removed && matches(one.filter, topic)) call(one);
    }
    delivering_ = false;
    forget_removed();
}

void Inbox::deliver(const mqtt::MessagePiece& message) {
    for_each_taker(message.topic, [&message](const Subscription& taker) {
        taker.callback({message, message.topic.substr(taker.root)});
    });
}

void Inbox::deliver_pieces(const mqtt::MessagePiece& piece) {
    bool dropped = false;
    for_each_taker(piece.topic, [&](const Subscription& taker) {
        if (taker.pieces) return taker.callback({piece, piece.topic.substr(taker.root)});
        dropped = true;
    });
    if (dropped && piece.is_last() && dropped_) dropped_({piece});
}

}  // namespace esb::link
