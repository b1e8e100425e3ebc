// What the device says of itself: online, status, and the ping that proves the way to the broker and back.
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/clock.hpp"
#include "esb/device/policy.hpp"
#include "esb/device/snapshot_reader.hpp"
#include "esb/life/device_key.hpp"
#include "esb/link/inbox.hpp"
#include "esb/link/publisher.hpp"
#include "esb/link/subscriptions.hpp"

#include <optional>
#include <string_view>

namespace esb {

// Called from the reactor's task.
class PresenceListener {
public:
    virtual ~PresenceListener() = default;
    // A message went to the broker and back.
    virtual void on_round_trip(Duration time) = 0;
};

class Presence final : public Task {
public:
    struct Parts {
        const chip::Clock& clock;
        link::BrokerLink& link;
        link::Publisher& publisher;
        const link::Subscriptions& subscriptions;
        const life::DeviceKey& device_key;
        const SnapshotReader& snapshot;
        const Policy& policy;
        PresenceListener& listener;
    };
    explicit Presence(const Parts& parts) : parts_(parts) {}

    void connected(Instant now);
    // Says again what the broker should retain.
    void announce(Instant now);
    void status_changed(Instant now) {
        if (next_status_) next_status_ = now;
    }
    void disconnected();
    // A message on <base>/ping.
    void take_echo(const link::Message& message);

    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    std::optional<Duration> last_round_trip() const { return round_trip_; }

private:
    void publish_status(Instant now);
    void await_echo(Instant now);
    void send_ping(Instant now);

    Parts parts_;
    bool online_to_send_ = false;
    std::optional<Instant> next_ping_;
    std::optional<Instant> next_status_;
    std::optional<Instant> echo_until_;  // while a ping is under way
    Instant ping_sent_{};
    bool echo_seen_ = false;  // in this connection; a broker that denies our ping must not cost us the link
    std::optional<Duration> round_trip_;
};

}  // namespace esb
