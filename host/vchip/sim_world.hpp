// Virtual time for several simulated chips and scripted servers in one thread.
#pragma once

#include "esb/chip/clock.hpp"
#include "host/vchip/wait_source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace esb::vchip {

// A clock that moves only when told to.
class SimClock final : public chip::Clock {
public:
    Instant now() const override { return now_; }
    std::optional<UnixTime> wall() const override;
    void set_wall(UnixTime time) override { wall_offset_ = Duration(time) - now_.time_since_epoch(); }

    // Never backwards.
    void advance(Duration by);
    void advance_to(Instant to);
    // What the loss of power does to the wall clock.
    void forget_wall() { wall_offset_.reset(); }

private:
    Instant now_{};
    std::optional<Duration> wall_offset_;
};

// Owns the time. Whoever waits (SimSockets::wait) lets the world turn until its condition holds: sources that are due
// are polled, steps run, and when nothing more happens at this instant, time jumps to the next thing that is due.
// A wait inside a step ("nested": a second chip whose reactor is turned by a step) never moves the time.
class SimWorld {
public:
    SimWorld() = default;
    SimWorld(const SimWorld&) = delete;
    SimWorld& operator=(const SimWorld&) = delete;

    SimClock& clock() { return clock_; }
    const SimClock& clock() const { return clock_; }
    Instant now() const { return clock_.now(); }

    // Runs at every turn of the world: a scripted server, another chip's reactor, a test's observation.
    void add_step(std::function<void()> step) { steps_.push_back(std::move(step)); }
    // The source must remove itself before it dies.
    void add_source(WaitSource& source) { sources_.push_back(&source); }
    void remove_source(WaitSource& source) { std::erase(sources_, &source); }
    // Something happened that others may react to at this same instant.
    void note_change() { ++changes_; }

    // Turns until `done` answers true or `deadline` is reached; returns the last answer.
    bool run_until(const std::function<bool()>& done, Instant deadline);
    // The same for a test that just lets time pass.
    void run_for(Duration duration);

private:
    void poll_sources();
    std::optional<Instant> next_due() const;

    SimClock clock_;
    std::vector<std::function<void()>> steps_;
    std::vector<WaitSource*> sources_;
    std::uint64_t changes_ = 0;
    std::uint64_t turns_here_ = 0;  // turns at the present instant
    Instant here_{};
    bool turning_ = false;
};

}  // namespace esb::vchip
