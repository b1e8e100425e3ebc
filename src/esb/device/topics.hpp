// Which topics the device hears, and who takes their messages.
#pragma once

#include "esb/device/config_changes.hpp"
#include "esb/device/home.hpp"
#include "esb/device/presence.hpp"
#include "esb/device/updates.hpp"
#include "esb/link/dropped_messages.hpp"

#include <string_view>

namespace esb {

class Topics {
public:
    static constexpr std::size_t authors_max = 8;  // subscriptions

    struct Parts {
        net::Reactor& reactor;
        link::BrokerLink& link;
        link::Inbox& inbox;
        link::Subscriptions& subscriptions;
        Presence& presence;
        Updates& updates;
        ConfigChanges& config;
        Home& home_assistant;
        Notes& notes;
        Voice& voice;
    };
    explicit Topics(const Parts& parts) : parts_(parts) {}

    // An author's subscription. `full`, too_long, mqtt_bad_topic.
    Status subscribe(const link::Topic& topic, const link::Inbox::Callback& callback,
                     const link::SubscribeOptions& options);
    // not_found.
    Status unsubscribe(const link::Topic& topic);

    // The base topic has become another.
    void refill();
    // Home Assistant says when it has started; heard while it is told of the device. Only where that feature is there.
    void hear_home_assistant(bool on);
    // Whether anybody may say anything of updates on <base>/ota/do. Only where that feature is there.
    void hear_words(bool on);
    // Who takes <base>/crash/do; before it nobody hears that topic. Only where that feature is there.
    void hear_of_crash(const link::Inbox::Callback& callback);
    // What the broker should retain, and would have lost with its data.
    void announce_all();

    // From the engine, which read past it, and from the inbox.
    void on_too_large(const mqtt::TooLarge& message);
    // A subscription that the broker does not give as it was asked for.
    void on_missing(std::string_view topic, const Error& why);

private:
    struct AuthorsTopic {
        FixedString<link::PublishQueue::name_max> name;
        link::Root root = link::Root::app;
        link::Inbox::Callback callback;
        link::SubscribeOptions options;
    };

    Status fill();
    Status add(const link::Topic& topic, mqtt::Qos qos, const link::Inbox::Callback& callback,
               const link::SubscribeOptions& options = {}, bool authors = false);
    Status add(const AuthorsTopic& topic);
    void tell_unfit(std::string_view name, const Status& added);
    void hear_no_more(std::string_view whole, bool authors);
    Status add_home_assistant();
    Status add_words();
    void take_update(const link::Message& message);
    bool is_own(std::string_view topic, std::string_view leaf) const;
    record::LogTopic log_topic(std::string_view topic) const;

    Parts parts_;
    FixedVector<AuthorsTopic, authors_max> authors_;
    link::DroppedMessages dropped_;
    bool hears_home_assistant_ = false;
    bool hears_words_ = false;
    link::Inbox::Callback crash_callback_;  // empty: not heard
};

}  // namespace esb
