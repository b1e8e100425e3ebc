// Counts crashes of the confirmed image and decides on safe mode (docs/health.md).
#pragma once

#include "esb/base/time.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/chip/retained_ram.hpp"
#include "esb/chip/system.hpp"
#include "esb/record/run_record.hpp"

#include <cstdint>
#include <optional>

namespace esb::record {

inline constexpr std::uint8_t crashes_to_safe_mode = 3;
inline constexpr Duration crash_window = std::chrono::minutes(10);

// Panics and watchdogs. A brownout is the supply's fault, and everything else somebody's wish.
bool is_crash(chip::ResetReason reason);

// What is known at a boot.
struct RunFacts {
    ImageId image;  // that runs now
    chip::ResetReason reset = chip::ResetReason::unknown;
    bool on_trial = false;            // the update engine judges this image
    std::optional<RunRecord> before;  // of the run before, from RAM; empty after the loss of power
    std::optional<RunRecord> stored;  // from flash
};

// The record this run begins with. Pure. What is stored of another image has no say.
RunRecord judge_run(const RunFacts& facts);

class CrashGuard {
public:
    CrashGuard(chip::RetainedRam& ram, chip::KeyValue& key_value) : ram_(ram), key_value_(key_value) {}

    // Once, after KeyValue::mount(): finds out whether this boot is a safe one, and stores what must be remembered.
    // The store's error; safe() is right all the same.
    Status begin(const ImageId& image, chip::ResetReason reset, bool on_trial);
    bool safe() const { return run_.safe; }
    // True at the boot that enters safe mode.
    bool entered() const { return entered_; }
    // The run before this one, if RAM still knew it.
    const std::optional<RunRecord>& before() const { return before_; }

    // Notes once a second that the firmware lives; a run of ten minutes ends the row of crashes.
    void step(Instant now, std::size_t heap_minimum);
    // The next boot runs the author's code again.
    Status leave();

    static constexpr std::string_view key = "crashes";

private:
    void remember();
    Status store();

    chip::RetainedRam& ram_;
    chip::KeyValue& key_value_;
    RunRecord run_;
    std::optional<RunRecord> before_;
    bool entered_ = false;
    bool stored_ = false;  // something is in flash
    bool begun_ = false;
    Instant next_{};
};

}  // namespace esb::record
