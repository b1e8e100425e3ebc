#include "esb/device/inbox.hpp"

#include "esb/mqtt/errors.hpp"

namespace esb {

Inbox::Inbox(std::size_t max_message)
    : capacity_(max_message), buffer_(std::make_unique<std::uint8_t[]>(max_message)) {}

Status Inbox::add(std::string_view topic, mqtt::Qos qos, Callback callback, const SubscribeOptions& options) {
    if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos) return fail(errors::mqtt_bad_topic);
    Subscription made;
    ESB_TRY(made.topic.assign(topic));
    made.qos = qos;
    made.callback = callback;
    made.pieces = options.pieces;
    return subscriptions_.push_back(made);
}

void Inbox::remove(std::string_view topic) {
    for (std::size_t i = subscriptions_.size(); i > 0; --i) {
        if (subscriptions_[i - 1].topic == topic) subscriptions_.erase(i - 1);
    }
}

void Inbox::take(const mqtt::MessagePiece& piece) {
    if (piece.total > capacity_) return deliver_pieces(piece);
    if (piece.offset == 0 && piece.is_last()) return deliver(piece);
    if (piece.offset == 0) held_ = 0;
    if (piece.offset != held_) return;  // its beginning was lost with an earlier connection
    copy(piece.bytes, MutBytes(buffer_.get(), capacity_).subspan(held_));
    held_ += piece.bytes.size();
    if (!piece.is_last()) return;
    Message message = piece;
    message.bytes = ConstBytes(buffer_.get(), held_);
    message.offset = 0;
    held_ = 0;
    deliver(message);
}

void Inbox::deliver(const Message& message) {
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
        if (subscriptions_[i].topic == message.topic) subscriptions_[i].callback(message);
    }
}

void Inbox::deliver_pieces(const Message& piece) {
    bool dropped = false;
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
        const auto& one = subscriptions_[i];
        if (!(one.topic == piece.topic)) continue;
        if (one.pieces) one.callback(piece);
        dropped = dropped || !one.pieces;
    }
    if (dropped && piece.is_last() && dropped_) dropped_(piece);
}

}  // namespace esb
