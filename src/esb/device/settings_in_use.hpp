// Puts changed settings to use, in all rooms that have something of them.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/connection.hpp"

namespace esb {

class SettingsInUse final : public Task {
public:
    struct Parts {
        net::Reactor& reactor;
        const settings::Store& store;
        link::BrokerLink& link;
        const link::Brokers& brokers;
        Connection& connection;
        Topics& topics;
        Network& network;
        SetUp& set_up;
        Updates& updates;
        ConfigChanges& config;
        Home& home_assistant;
        TimeKeeper& time;
        Voice& voice;
        const std::atomic<bool>& online;
    };
    explicit SettingsInUse(const Parts& parts) : parts_(parts) {}

    // Called in the first turn, and after every change.
    void set_handler(Function<void()> handler) { handler_ = handler; }

    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

private:
    bool due(Instant now) const;
    void apply(Instant now);

    Parts parts_;
    std::optional<std::uint32_t> revision_;  // in use
    Function<void()> handler_;
};

}  // namespace esb
