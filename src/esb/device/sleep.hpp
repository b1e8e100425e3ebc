// Deep sleep: wished by the author, and begun once nothing is lost by it (docs/power.md).
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/chip.hpp"
#include "esb/console/console.hpp"
#include "esb/device/connection.hpp"
#include "esb/device/policy.hpp"
#include "esb/device/restart.hpp"
#include "esb/device/voice.hpp"

#include <atomic>
#include <optional>

namespace esb {

class Sleep final : public Task {
public:
    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        const Policy& policy;
        const console::Console& console;
        const life::Commissioned& commissioned;
        link::BrokerLink& link;
        link::Publisher& publisher;
        const Updates& updates;
        const ConfigChanges& config;
        Network& network;
        const Presence& presence;
        const Connection& connection;
        const std::atomic<bool>& online;
        const Restart& restart;
        Voice& voice;
    };
    explicit Sleep(const Parts& parts);

    static constexpr Duration shortest = std::chrono::seconds(1);
    static constexpr Duration longest = std::chrono::hours(24 * 366);

    // This start has ended a deep sleep.
    bool woke() const { return woke_; }

    // Sleeps for `time` as soon as reason() is none. A second call changes the time; the patience counts from the first one, and
    // anew when something else has kept the device awake. out_of_range.
    Status want(Duration time, Duration patience);
    void forget() { time_.reset(); }
    // Why the device would not sleep now; null: it would. sleep_messages only until the patience of a wish is over.
    const ErrorKind* reason(Instant now) const;

    // Asked at the end of each turn. True: the device sleeps now; what the next start needs is kept, and the connection is closed.
    bool begin();
    // What begin() has begun.
    const std::optional<Duration>& begun() const { return begun_; }

    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

private:
    std::optional<Instant> console_until() const;
    std::optional<Instant> quiet_at() const;
    bool patience_over(Instant now) const { return time_ && now >= until_; }
    bool all_said(Instant now) const;

    Parts parts_;
    bool woke_;
    std::optional<Duration> time_;  // wished
    Duration patience_{};
    Instant until_{};  // messages are waited for
    const ErrorKind* told_ = nullptr;
    std::optional<Duration> begun_;
};

}  // namespace esb
