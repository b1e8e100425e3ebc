#include "host/vchip/sim_world.hpp"

#include <algorithm>

namespace esb::vchip {

namespace {

// Firmware that polls without ever waiting would stop the world; after this many turns at one instant, time moves on.
constexpr std::uint64_t longest_instant = 20'000;

}  // namespace

std::optional<UnixTime> SimClock::wall() const {
    if (!wall_offset_) return std::nullopt;
    return std::chrono::duration_cast<UnixTime>(now_.time_since_epoch() + *wall_offset_);
}

void SimClock::advance(Duration by) { now_ += std::max(by, Duration::zero()); }

void SimClock::advance_to(Instant to) { now_ = std::max(now_, to); }

bool SimWorld::run_until(const std::function<bool()>& done, Instant deadline) {
    if (turning_) return done();
    for (;;) {
        const std::uint64_t before = changes_;
        turns_here_ = here_ == now() ? turns_here_ + 1 : 0;
        here_ = now();
        turning_ = true;
        poll_sources();
        for (std::size_t i = 0; i < steps_.size(); ++i) steps_[i]();
        turning_ = false;
        const bool stuck = turns_here_ > longest_instant;
        if (stuck) clock_.advance(Duration(1));
        if (done()) return true;
        if (now() >= deadline) return false;
        if (changes_ != before && !stuck) continue;
        const Instant next = std::min(next_due().value_or(deadline), deadline);
        clock_.advance_to(std::max(next, now() + Duration(1)));
    }
}

void SimWorld::run_for(Duration duration) {
    run_until([] { return false; }, now() + duration);
}

void SimWorld::poll_sources() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const auto due = sources_[i]->due();
        if (!due || *due > now()) continue;
        sources_[i]->poll();
        note_change();
    }
}

std::optional<Instant> SimWorld::next_due() const {
    std::optional<Instant> next;
    for (const WaitSource* source : sources_) next = earliest(next, source->due());
    return next;
}

}  // namespace esb::vchip
