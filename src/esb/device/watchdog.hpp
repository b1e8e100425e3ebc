// The chip's watchdog: started, and fed in every turn.
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/system.hpp"
#include "esb/device/policy.hpp"
#include "esb/device/voice.hpp"
#include "esb/net/reactor.hpp"

#include <optional>

namespace esb {

class Watchdog final : public Task {
public:
    Watchdog(chip::System& system, net::Reactor& reactor, const Policy& policy, Voice& voice)
        : system_(system), reactor_(reactor), policy_(policy), voice_(voice) {}

    // At the start, and again before each turn: the author's wish comes after the start.
    void keep_started() {
        if (period_ == policy_.watchdog) return;
        period_ = policy_.watchdog;
        voice_.tell("watchdog", system_.start_watchdog(period_));
    }
    void step(Instant) override { system_.feed_watchdog(); }
    // A running device feeds its watchdog several times within its time-out.
    std::optional<Instant> deadline() const override { return reactor_.now() + policy_.watchdog / 4; }

private:
    chip::System& system_;
    net::Reactor& reactor_;
    const Policy& policy_;
    Voice& voice_;
    Duration period_{};  // as it was started
};

}  // namespace esb
