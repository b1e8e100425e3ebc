#include "esb/device/health.hpp"

namespace esb {
namespace {

using record::LogKind;

constexpr Duration heap_period = 1min;

}  // namespace

void Health::note_start() {
    // Of a device that wakes every few minutes the ring would hold nothing else.
    if (chip_.system.reset_reason() == chip::ResetReason::deep_sleep) return;
    if (const auto before = record::decode_run_record(record::retained::run(chip_.retained_ram));
        before && before->heap_minimum) {
        recorder_.note(
            {LogKind::last_run, 0, std::nullopt, static_cast<std::int32_t>(before->heap_minimum), before->alive});
    }
    recorder_.note({LogKind::boot, static_cast<std::uint8_t>(chip_.system.reset_reason()), std::nullopt,
                    static_cast<std::int32_t>(image_.seq)});
}

void Health::begin(bool on_trial) {
    const record::ImageId image{image_.seq, chip_.slots.running()};
    voice_.tell("safe mode", guard_.begin(image, chip_.system.reset_reason(), on_trial));
    if (!guard_.safe()) return;
    voice_.out().line("===== SAFE MODE: the firmware crashed three times within ten minutes =====");
    voice_.out().line("safe mode: its own code does not run; an update ends this, or: safe-mode leave");
    if (!guard_.entered()) return;
    recorder_.note({LogKind::safe_mode, 1});
    static_cast<void>(recorder_.flush());
}

Status Health::leave_safe_mode() {
    if (!guard_.safe()) return fail(errors::not_found);
    ESB_TRY(guard_.leave());
    recorder_.note({LogKind::safe_mode, 0});
    return {};
}

void Health::step(Instant now) {
    guard_.step(now, chip_.system.heap().minimum_free);
    watch_heap(now);
}

// A line for every halving: what leaks shows, and the ring is not filled with it.
void Health::watch_heap(Instant now) {
    if (now < next_heap_) return;
    next_heap_ = now + heap_period;
    const auto minimum = chip_.system.heap().minimum_free;
    const bool fell = minimum <= heap_noted_ / 2;
    if (fell) recorder_.note({LogKind::heap, 0, std::nullopt, static_cast<std::int32_t>(minimum)});
    if (fell || heap_noted_ == 0) heap_noted_ = minimum;
}

}  // namespace esb
