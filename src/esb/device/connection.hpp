// The device's connection to its brokers: which account is next, what happens to it, and to whom that goes.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/app.hpp"
#include "esb/device/network.hpp"
#include "esb/device/policy.hpp"
#include "esb/device/topics.hpp"
#include "esb/link/short_sessions.hpp"

#include <array>
#include <atomic>

namespace esb {

class Connection final : public Task,
                         public mqtt::Handler,
                         public link::SubscriptionListener,
                         public PresenceListener {
public:
    struct Parts {
        net::Reactor& reactor;
        const settings::Store& store;
        const Identity& identity;
        link::BrokerLink& link;
        link::Brokers& brokers;
        link::Inbox& inbox;
        link::Subscriptions& subscriptions;
        link::Publisher& publisher;
        link::ShortSessions& sessions;
        Topics& topics;
        Presence& presence;
        Updates& updates;
        ConfigChanges& config;
        Home& home_assistant;
        Network& network;
        SetUp& set_up;
        life::Commissioned& commissioned;
        Notes& notes;
        Voice& voice;
        std::atomic<bool>& online;
        const AppDesc& app;
        const Policy& policy;
    };
    explicit Connection(const Parts& parts) : parts_(parts) {}

    // What the settings say of brokers, identities and keys.
    void use_accounts(Instant now);
    // Called with true after each round trip that opens a connection, with false when it ends.
    void set_online_handler(Function<void(bool)> handler) { online_handler_ = handler; }

    // When the broker's latest message came; empty while none has in this connection.
    const std::optional<Instant>& heard_at() const { return heard_at_; }

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return parts_.link.deadline(); }

private:
    void on_connected(bool session_present) override;
    void on_disconnected(const Error& why, Instant retry_at) override;
    void on_unanswered(ConstBytes packet) override;
    void on_message(const mqtt::MessagePiece& piece) override {
        heard_at_ = parts_.reactor.now();
        parts_.inbox.take(piece);
    }
    void on_too_large(const mqtt::TooLarge& message) override { parts_.topics.on_too_large(message); }
    void on_published(mqtt::Token token, Status outcome) override { parts_.publisher.on_published(token, outcome); }
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override;
    void on_missing(std::string_view topic, const Error& why) override { parts_.topics.on_missing(topic, why); }
    void on_missing_changed() override { parts_.presence.status_changed(parts_.reactor.now()); }
    void on_round_trip(Duration time) override;

    void tell_restored();
    void choose_broker(Instant now);
    Instant plan_next_try(Instant retry_at);
    void print_end(const Error& why, Instant retry_at);
    void set_online(bool online);
    void note_commissioned();

    Parts parts_;
    std::array<std::uint32_t, link::Brokers::max_brokers * link::Brokers::max_keys> account_marks_{};  // as in use
    link::Brokers::Usable changed_accounts_{};
    std::optional<Instant> heard_at_;
    Function<void(bool)> online_handler_;
};

}  // namespace esb
