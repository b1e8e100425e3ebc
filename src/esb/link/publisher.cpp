#include "esb/link/publisher.hpp"

namespace esb::link {

Publisher::Publisher(BrokerLink& link, net::Reactor& reactor, const Limits& limits)
    : link_(link), reactor_(reactor), queue_(limits.queue_slots, limits.max_publish) {}

Status Publisher::publish(const Topic& topic, ConstBytes payload, const PublishOptions& options) {
    if (options.done && waiting_.full()) return fail(errors::full);
    const auto whole = whole_topic(topic, link_.base());
    if (!whole) return fail(whole.error());
    mqtt::Publish message{*whole, payload, options.qos, options.retain};
#if ESB_MQTT5
    if (options.properties.overflowed()) return fail(errors::too_long);
    message.properties = options.properties.bytes();
#endif
#if ESB_MQTT_OFFLINE
    message.waiting = options.waiting;
#endif
#if ESB_MQTT_KEEP
    message.keep = options.keep;
#endif
    // Its place is taken before: messages that have to go for it are completed from within, and their authors publish as well.
    if (options.done) static_cast<void>(waiting_.push_back({0, options.done}));  // room was checked above
    const auto token = link_.client().publish(message);
    if (options.done) note_token(token ? *token : 0);
    return token ? Status() : fail(token.error());
}

// Of the latest publish that has none yet; 0: there is none.
void Publisher::note_token(mqtt::Token token) {
    std::size_t i = waiting_.size() - 1;
    while (waiting_[i].token != 0) --i;
    waiting_[i].token = token;
    if (token == 0) waiting_.erase(i);
}

Status Publisher::report(std::string_view subtopic, std::string_view json) {
    if (json.empty()) return fail(errors::too_long);
    return publish({subtopic}, as_bytes(json), {.retain = true});
}

Status Publisher::post(const Topic& topic, ConstBytes payload, const PublishOptions& options) {
    ESB_TRY(queue_.push(topic, payload, options));
    reactor_.wake();
    return {};
}

void Publisher::step(Instant) {
    while (const auto* item = queue_.front()) {
        if (item->options.done && waiting_.size() >= authors_max) return;  // until an earlier one completes
        const auto sent = publish({item->topic, item->root}, item->payload, item->options);
        if (!sent && sent.error() == errors::full) return;  // likewise
        const auto done = item->options.done;
        queue_.pop();
        if (sent) continue;
        ++refused_;
        if (done) done(sent);
    }
}

void Publisher::on_published(mqtt::Token token, const Status& outcome) {
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (waiting_[i].token != token) continue;
        const auto done = waiting_[i].done;
        waiting_.erase(i);
        return done(outcome);
    }
}

}  // namespace esb::link
