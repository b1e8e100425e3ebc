// Asks the broker for the inbox's topics, and keeps in mind what it does not give.
#pragma once

#include "esb/base/backoff.hpp"
#include "esb/base/json.hpp"
#include "esb/base/task.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/link/broker_link.hpp"
#include "esb/link/inbox.hpp"

#include <optional>

namespace esb::link {

class SubscriptionListener {
public:
    virtual ~SubscriptionListener() = default;
    // Once a connection and topic: the broker refuses it, gives less, or says nothing (the errors above,
    // mqtt_subscribe_refused, with MQTT 5.0 the broker's reason or what it said in CONNACK that it does not take).
    virtual void on_missing(std::string_view topic, const Error& why) = 0;
    // What is missing has changed.
    virtual void on_missing_changed() = 0;
};

// What is refused is asked for again with back-off, as long as the connection lasts.
class Subscriptions final : public Task {
public:
    static constexpr Duration answer_time = std::chrono::seconds(30);
    static constexpr std::size_t names_max = 200;  // bytes of the names in a list

    Subscriptions(Inbox& inbox, BrokerLink& link, chip::Entropy& entropy, SubscriptionListener& listener)
        : inbox_(inbox), link_(link), entropy_(entropy), listener_(listener) {}

    // A new connection: everything is to be asked for.
    void connected(Instant now);
    // What became of an operation; nothing if it was none of these.
    void answered(mqtt::Token token, const Result<mqtt::Qos>& outcome, Instant now);
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    // Topics that the broker has refused or not answered in this connection.
    std::size_t missing() const;
    // Their names, below the base topic where they lie there: as many as there is room for, and how many more there are.
    void write(JsonWriter& json) const;
    FixedString<names_max + 64> text() const;

private:
    // Calls take(name) for the first ones; returns how many are left out.
    template <typename Take>
    std::size_t each_missing(Take take) const;
    bool ask(Inbox::Subscription& subscription, Instant now);
    void ask_again(Instant now);
    void plan_retry(Instant now);
    void set_missing(Inbox::Subscription& subscription, const Error& why, Instant now);

    Inbox& inbox_;
    BrokerLink& link_;
    chip::Entropy& entropy_;
    SubscriptionListener& listener_;
    Backoff backoff_{std::chrono::seconds(10), std::chrono::minutes(10)};
    std::optional<Instant> again_;    // when to ask for what is missing
    std::optional<Instant> no_room_;  // when to ask for what found no room
};

}  // namespace esb::link
