// What the device says of itself: online, status, and the ping that proves the way to the broker and back.
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/broker_link.hpp"
#include "esb/device/device_key.hpp"
#include "esb/device/inbox.hpp"
#include "esb/device/limits.hpp"
#include "esb/device/subscriptions.hpp"
#include "esb/ota/updater.hpp"

#include <optional>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind link_no_echo{"link.no_echo", "the broker does not send our pings back"};
}

namespace esb {

// Called from the reactor's task.
class PresenceListener {
public:
    virtual ~PresenceListener() = default;
    // A message went to the broker and back.
    virtual void on_round_trip(Duration time) = 0;
};

// Reactor's task only.
class Presence {
public:
    Presence(chip::Chip& chip, BrokerLink& link, const Policy& policy, PresenceListener& listener);

    // The parts of <base>/status that do not change while the firmware runs.
    void introduce(const ota::ImageIdentity& image, const ota::Updater& updater, const DeviceKey& key) {
        image_ = &image;
        key_ = &key;
        updater_ = &updater;
    }
    void set_subscriptions(const Subscriptions& subscriptions) { subscriptions_ = &subscriptions; }
    // An error that is no end of anything but should be seen; empty when there is none.
    void set_hint(std::string_view hint) { hint_ = hint; }
    void set_safe_mode(bool safe) { safe_mode_ = safe; }
    void set_address(const chip::IpAddress& address) { address_ = address; }

    // Adds the subscription for our own ping; again after the identity has changed.
    Status subscribe(Inbox& inbox);
    void connected(Instant now);
    // Says again what the broker should retain.
    void announce(Instant now);
    void status_changed(Instant now) {
        if (next_status_) next_status_ = now;
    }
    void disconnected();
    void step(Instant now);
    std::optional<Instant> deadline() const;

    // The JSON of <base>/status; empty if it does not fit.
    std::string_view status_json(Instant now, std::span<char> out) const;
    // The JSON of <base>/ota/status; `installed` is the version that runs.
    static std::string_view update_json(const ota::Progress& progress, std::string_view installed, std::span<char> out);

    // Publishes retained under <base>/; QoS 1.
    Status publish_retained(std::string_view subtopic, std::string_view text);
    std::optional<Duration> last_round_trip() const { return round_trip_; }

private:
    void send_ping(Instant now);
    void take_echo(const Message& message);

    chip::Chip& chip_;
    BrokerLink& link_;
    const Policy& policy_;
    PresenceListener& listener_;
    const ota::ImageIdentity* image_ = nullptr;
    const ota::Updater* updater_ = nullptr;
    const Subscriptions* subscriptions_ = nullptr;
    std::string_view hint_;
    const DeviceKey* key_ = nullptr;
    chip::IpAddress address_;
    bool safe_mode_ = false;
    bool online_to_send_ = false;
    std::optional<Instant> next_ping_;
    std::optional<Instant> next_status_;
    std::optional<Instant> echo_until_;  // while a ping is under way
    Instant ping_sent_{};
    bool echo_seen_ = false;  // in this connection; a broker that denies our ping must not cost us the link
    std::optional<Duration> round_trip_;
};

}  // namespace esb
