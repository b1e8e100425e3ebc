#include "esb/device/topics.hpp"

#include "esb/base/features.hpp"
#include "esb/mqtt/codec.hpp"
#include "esb/mqtt/errors.hpp"

#include <algorithm>
#include <limits>

namespace esb {
namespace {

constexpr std::size_t mqtt_size_max = std::numeric_limits<std::int32_t>::max();

// Foreign topics begin with a level of their own: a wildcard there would take everybody's messages.
bool is_allowed(const link::Topic& topic) {
    if (!mqtt::is_topic_filter(topic.name)) return false;
    return topic.root != link::Root::none || (topic.name[0] != '+' && topic.name[0] != '#' && topic.name[0] != '$');
}

}  // namespace

Status Topics::subscribe(const link::Topic& topic, const link::Inbox::Callback& callback,
                         const link::SubscribeOptions& options) {
    AuthorsTopic made;
    ESB_TRY(made.name.assign(topic.name));
    if (!is_allowed(topic)) return fail(errors::mqtt_bad_topic);
    made.root = topic.root;
    made.callback = callback;
    made.options = options;
    if (authors_.full()) return fail(errors::full);
    if (!parts_.link.base().empty()) ESB_TRY(add(made));  // otherwise fill() adds it later
    static_cast<void>(authors_.push_back(made));
    parts_.subscriptions.step(parts_.reactor.now());
    return {};
}

Status Topics::unsubscribe(const link::Topic& topic) {
    bool found = false;
    for (std::size_t i = authors_.size(); i > 0; --i) {
        const auto& one = authors_[i - 1];
        if (one.root != topic.root || !(one.name == topic.name)) continue;
        authors_.erase(i - 1);
        found = true;
    }
    if (!found) return fail(errors::not_found);
    const auto whole = link::whole_topic(topic, parts_.link.base());
    if (!whole) return {};  // never asked for
    hear_no_more(*whole, true);
    return {};
}

// The author and the device may hear the same topic.
void Topics::hear_no_more(std::string_view whole, bool authors) {
    if (!parts_.inbox.remove(whole, authors)) return;
    static_cast<void>(parts_.link.client().unsubscribe(whole));  // without room it goes with the session
}

void Topics::hear_of_crash(const link::Inbox::Callback& callback) {
    crash_callback_ = callback;
    if (!parts_.link.base().empty()) refill();
}

void Topics::refill() { parts_.voice.tell("mqtt", fill()); }

Status Topics::fill() {
    parts_.inbox.clear();
    if (parts_.link.base().empty()) return {};
    const link::SubscribeOptions own{.pieces = true};  // they have words of their own for what is too long
    ESB_TRY(add({"ping"}, mqtt::Qos::at_most_once,
                [this](const link::Message& message) { parts_.presence.take_echo(message); }));
    ESB_TRY(add(
        {"ota"}, mqtt::Qos::at_least_once, [this](const link::Message& message) { take_update(message); }, own));
    const auto take_config = [this](const link::Message& message) {
        parts_.config.take(message, parts_.reactor.now());
    };
    ESB_TRY(add({"config"}, mqtt::Qos::at_least_once, take_config, own));
    for (const auto& topic : authors_) tell_unfit(topic.name, add(topic));
    if constexpr (with_update_policy) {
        if (hears_words_) ESB_TRY(add_words());
    }
    if (with_core_dump && crash_callback_) ESB_TRY(add({"crash/do"}, mqtt::Qos::at_least_once, crash_callback_));
    if constexpr (with_home_assistant) return hears_home_assistant_ ? add_home_assistant() : Status();
    return {};
}

// One that is too long below this base keeps no other from being heard.
void Topics::tell_unfit(std::string_view name, const Status& added) {
    if (!added) parts_.voice.out().text("mqtt: ").quoted(as_bytes(name)).text(": ").reason(added.error()).end_line();
}

Status Topics::add(const link::Topic& topic, mqtt::Qos qos, const link::Inbox::Callback& callback,
                   const link::SubscribeOptions& options, bool authors) {
    const auto whole = link::whole_topic(topic, parts_.link.base());
    if (!whole) return fail(whole.error());
    return parts_.inbox.add(*whole, qos, callback, options, whole->size() - topic.name.size(), authors);
}

Status Topics::add(const AuthorsTopic& topic) {
    return add({topic.name, topic.root}, mqtt::Qos::at_least_once, topic.callback, topic.options, true);
}

void Topics::take_update(const link::Message& message) {
    if (message.offset != 0) return;
    auto& updater = parts_.updates.updater();
    if (message.is_last()) return static_cast<void>(updater.offer(message.bytes));  // a refusal comes as progress
    if (dropped_.is_new(link::too_large(message))) updater.refuse(Error(errors::envelope_too_large));
}

void Topics::announce_all() {
    parts_.presence.announce(parts_.reactor.now());
    parts_.config.connected();
    parts_.home_assistant.again();
    parts_.updates.report();
}

void Topics::on_too_large(const mqtt::TooLarge& message) {
    if (!dropped_.is_new(message)) return;
    const auto size = static_cast<std::int32_t>(std::min<std::size_t>(message.size, mqtt_size_max));
    const Error why(errors::mqtt_too_large, size);
    auto& out = parts_.voice.out();
    out.text("mqtt: a message of ").number(size).text(" bytes on ");
    if (message.topic.empty()) {
        out.text("a topic of ").number(static_cast<std::int64_t>(message.topic_size)).text(" bytes");
    } else {
        out.quoted(as_bytes(message.topic));
    }
    out.text(" was dropped: ").reason(why).end_line();
    parts_.notes.topic(log_topic(message.topic), why);
    if (is_own(message.topic, "ota")) parts_.updates.updater().refuse(why);
    if (is_own(message.topic, "config")) parts_.config.refuse(why);
}

void Topics::on_missing(std::string_view topic, const Error& why) {
    parts_.notes.topic(log_topic(topic), why);
    parts_.voice.out().text("mqtt: ").quoted(as_bytes(topic)).text(": ").reason(why).end_line();
}

bool Topics::is_own(std::string_view topic, std::string_view leaf) const {
    const auto base = parts_.link.base().view();
    return topic.size() == base.size() + 1 + leaf.size() && topic.starts_with(base) && topic[base.size()] == '/' &&
           topic.ends_with(leaf);
}

record::LogTopic Topics::log_topic(std::string_view topic) const {
    using record::LogTopic;
    if (is_own(topic, "ping")) return LogTopic::ping;
    if (is_own(topic, "ota")) return LogTopic::ota;
    if (is_own(topic, "config")) return LogTopic::config;
    if (with_home_assistant && topic == ha_status_topic) return LogTopic::home_assistant;
    const auto base = parts_.link.base().view();
    const bool app = topic.starts_with(base) && topic.substr(base.size()).starts_with("/app/");
    return app ? LogTopic::app : LogTopic::other;
}

}  // namespace esb
