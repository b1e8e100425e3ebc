#include "esb/record/crash_guard.hpp"

#include "esb/record/retained.hpp"

#include <array>

namespace esb::record {
namespace {

constexpr auto window =
    static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(crash_window).count());

std::optional<RunRecord> of_image(const std::optional<RunRecord>& record, const ImageId& image) {
    return record && record->image == image ? record : std::nullopt;
}

// This image has crashed once more, after `previous.alive` seconds.
void count(RunRecord& run, const RunRecord& previous) {
    const bool in_row = previous.crashes > 0 && previous.alive <= window;
    run.crashes = 1;
    if (!in_row) return;
    run.crash_gap = previous.alive;
    const bool whole_row = previous.crashes + 1 >= crashes_to_safe_mode;
    const bool in_window = previous.crash_gap + previous.alive <= window;
    run.crashes = 2;
    if (!whole_row || !in_window) return;
    run.crashes = crashes_to_safe_mode;
    run.safe = true;
}

}  // namespace

bool is_crash(chip::ResetReason reason) {
    using enum chip::ResetReason;
    return reason == panic || reason == task_watchdog || reason == interrupt_watchdog || reason == other_watchdog;
}

RunRecord judge_run(const RunFacts& facts) {
    RunRecord run;
    run.image = facts.image;
    if (facts.on_trial) return run;
    const auto before = of_image(facts.before, facts.image);
    const auto stored = of_image(facts.stored, facts.image);
    if (stored && stored->safe) {
        run.safe = true;
        run.crashes = stored->crashes;
        return run;
    }
    // Another image crashed: a trial that has just ended.
    const bool others = facts.before && !before;
    if (!is_crash(facts.reset) || others) return run;
    count(run, before ? *before : stored.value_or(RunRecord{}));
    return run;
}

Status CrashGuard::begin(const ImageId& image, chip::ResetReason reset, bool on_trial) {
    std::optional<RunRecord> stored;
    std::array<std::uint8_t, retained::run_size> buffer{};
    if (const auto got = key_value_.get(key, buffer)) {
        stored_ = true;
        if (const auto record = decode_run_record(*got)) stored = *record;
    }
    if (const auto record = decode_run_record(retained::run(ram_))) before_ = *record;
    run_ = judge_run({image, reset, on_trial, before_, stored});
    entered_ = run_.safe && !(stored && stored->safe && stored->image == image);
    begun_ = true;
    remember();
    if (on_trial) return {};  // the confirmed image's record stays, for the case that it comes back
    if (run_.crashes > 0) return store();
    if (!stored_) return {};
    ESB_TRY(key_value_.remove(key));
    stored_ = false;
    return {};
}

void CrashGuard::step(Instant now, std::size_t heap_minimum) {
    if (!begun_ || now < next_) return;
    next_ = now + 1s;
    run_.alive = static_cast<std::uint32_t>(milliseconds(now) / 1000);
    run_.heap_minimum = static_cast<std::uint32_t>(heap_minimum);
    if (run_.crashes > 0 && !run_.safe && run_.alive > window) {
        run_.crashes = 0;
        if (key_value_.remove(key)) stored_ = false;
    }
    remember();
}

Status CrashGuard::leave() {
    if (!run_.safe) return {};
    ESB_TRY(key_value_.remove(key));
    stored_ = false;
    run_.safe = false;
    run_.crashes = 0;
    remember();
    return {};
}

void CrashGuard::remember() {
    ByteWriter out(retained::run(ram_));
    encode(run_, out);
}

Status CrashGuard::store() {
    std::array<std::uint8_t, run_record_size> bytes{};
    ByteWriter out(bytes);
    encode(run_, out);
    ESB_TRY(key_value_.put(key, out.written()));
    stored_ = true;
    return {};
}

}  // namespace esb::record
