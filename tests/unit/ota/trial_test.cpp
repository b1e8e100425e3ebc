#include "esb/ota/trial.hpp"

#include "esb/ota/errors.hpp"

#include <gtest/gtest.h>

namespace esb::ota {
namespace {

using chip::ResetReason;
using chip::SlotId;
using chip::SlotState;

constexpr TrialLimits limits{2, 3};

struct TestRow {
    TrialPhase phase;
    SlotState state;
    ResetReason reset;
    BootFinding finding;
    TrialCause cause = TrialCause::none;
};

void expect_rows(SlotId running, std::initializer_list<TestRow> rows) {
    int number = 0;
    for (const TestRow& row : rows) {
        TrialRecord record;
        record.image.slot = SlotId::b;
        record.phase = row.phase;
        record.cause = TrialCause::silent;
        const auto judged = judge_boot(record, {running, row.state, row.reset});
        EXPECT_EQ(judged.finding, row.finding) << "row " << number;
        EXPECT_EQ(judged.cause, row.cause) << "row " << number;
        ++number;
    }
}

TEST(JudgeBoot, in_the_new_image) {
    using enum TrialPhase;
    using enum SlotState;
    expect_rows(SlotId::b,
                {
                    {prepared, pending_verify, ResetReason::power_on, BootFinding::trial_begins},
                    {switched, pending_verify, ResetReason::software, BootFinding::trial_begins},
                    {switched, fresh, ResetReason::software, BootFinding::trial_begins},
                    {switched, undefined, ResetReason::software, BootFinding::trial_begins},
                    // A boot loader without roll-back starts it a second time.
                    {started, fresh, ResetReason::panic, BootFinding::give_up, TrialCause::crashed},
                    {started, undefined, ResetReason::task_watchdog, BootFinding::give_up, TrialCause::hung},
                    {started, pending_verify, ResetReason::power_on, BootFinding::give_up, TrialCause::power},
                    {silent, fresh, ResetReason::software, BootFinding::give_up, TrialCause::silent},
                    // A cut while it was confirmed: before, in or behind the boot record's write.
                    {confirming, pending_verify, ResetReason::power_on, BootFinding::finish_confirm},
                    {confirming, valid, ResetReason::power_on, BootFinding::finish_confirm},
                    {confirming, undefined, ResetReason::power_on, BootFinding::finish_confirm},
                    // Nobody has confirmed it: a cut in the switch has left that state.
                    {prepared, valid, ResetReason::power_on, BootFinding::trial_begins},
                    {switched, valid, ResetReason::software, BootFinding::trial_begins},
                    {started, valid, ResetReason::power_on, BootFinding::trial_begins},
                    {started, valid, ResetReason::panic, BootFinding::give_up, TrialCause::crashed},
                    {silent, valid, ResetReason::software, BootFinding::give_up, TrialCause::silent},
                    // Nothing else can be booted.
                    {started, aborted, ResetReason::panic, BootFinding::trial_begins},
                    {silent, invalid, ResetReason::software, BootFinding::trial_begins},
                    {ended, aborted, ResetReason::power_on, BootFinding::trial_begins},
                });
}

TEST(JudgeBoot, in_the_old_image) {
    using enum TrialPhase;
    using enum SlotState;
    expect_rows(SlotId::a,
                {
                    // Cut before or in the switch.
                    {prepared, undefined, ResetReason::power_on, BootFinding::not_switched},
                    {prepared, valid, ResetReason::power_on, BootFinding::not_switched},
                    {prepared, fresh, ResetReason::brownout, BootFinding::not_switched},
                    {prepared, aborted, ResetReason::power_on, BootFinding::not_switched},
                    // The new image crashed before its first record.
                    {prepared, aborted, ResetReason::panic, BootFinding::went_back, TrialCause::crashed},
                    {switched, aborted, ResetReason::panic, BootFinding::went_back, TrialCause::crashed},
                    {switched, aborted, ResetReason::interrupt_watchdog, BootFinding::went_back, TrialCause::hung},
                    {switched, aborted, ResetReason::power_on, BootFinding::went_back, TrialCause::power},
                    // Chosen, but not booted.
                    {switched, fresh, ResetReason::software, BootFinding::went_back, TrialCause::boot_loader},
                    {switched, pending_verify, ResetReason::software, BootFinding::went_back, TrialCause::boot_loader},
                    {switched, undefined, ResetReason::software, BootFinding::went_back, TrialCause::boot_loader},
                    {started, aborted, ResetReason::panic, BootFinding::went_back, TrialCause::crashed},
                    {started, aborted, ResetReason::other_watchdog, BootFinding::went_back, TrialCause::hung},
                    {started, aborted, ResetReason::brownout, BootFinding::went_back, TrialCause::power},
                    {started, aborted, ResetReason::software, BootFinding::went_back, TrialCause::power},
                    {started, undefined, ResetReason::power_on, BootFinding::went_back, TrialCause::power},
                    {started, invalid, ResetReason::software, BootFinding::went_back, TrialCause::silent},
                    {silent, invalid, ResetReason::software, BootFinding::went_back, TrialCause::silent},
                    {silent, aborted, ResetReason::power_on, BootFinding::went_back, TrialCause::silent},
                    {confirming, undefined, ResetReason::power_on, BootFinding::not_switched},
                    {failed, aborted, ResetReason::power_on, BootFinding::waiting, TrialCause::silent},
                    {ended, aborted, ResetReason::power_on, BootFinding::over, TrialCause::silent},
                });
}

TEST(CountFailure, quarantines_after_the_second_crash) {
    TrialRecord record;
    EXPECT_EQ(count_failure(record, TrialCause::crashed, limits), Verdict::again);
    EXPECT_EQ(record.phase, TrialPhase::failed);
    EXPECT_EQ(count_failure(record, TrialCause::hung, limits), Verdict::quarantine);
    EXPECT_EQ(record.phase, TrialPhase::ended);
    EXPECT_EQ(record.cause, TrialCause::hung);
}

TEST(CountFailure, ends_after_three_trials_of_any_kind) {
    TrialRecord record;
    EXPECT_EQ(count_failure(record, TrialCause::silent, limits), Verdict::again);
    EXPECT_EQ(count_failure(record, TrialCause::power, limits), Verdict::again);
    EXPECT_EQ(count_failure(record, TrialCause::boot_loader, limits), Verdict::over);
    EXPECT_EQ(record.phase, TrialPhase::ended);
    TrialRecord mixed;
    EXPECT_EQ(count_failure(mixed, TrialCause::crashed, limits), Verdict::again);
    EXPECT_EQ(count_failure(mixed, TrialCause::silent, limits), Verdict::again);
    EXPECT_EQ(count_failure(mixed, TrialCause::silent, limits), Verdict::over);
}

TEST(CountFailure, tries_a_roll_back_once) {
    TrialRecord record;
    record.rollback = true;
    EXPECT_EQ(count_failure(record, TrialCause::power, limits), Verdict::over);
    TrialRecord cancelled;
    EXPECT_EQ(count_failure(cancelled, TrialCause::cancelled, limits), Verdict::over);
}

TEST(CountFailure, never_wraps) {
    TrialRecord record;
    record.other_failures = 0xFF;
    EXPECT_EQ(count_failure(record, TrialCause::power, limits), Verdict::over);
    EXPECT_EQ(record.other_failures, 0xFF);
}

TEST(TrialCause, has_an_error_each) {
    EXPECT_EQ(to_error(TrialCause::crashed), errors::ota_trial_crashed);
    EXPECT_EQ(to_error(TrialCause::hung), errors::ota_trial_hung);
    EXPECT_EQ(to_error(TrialCause::silent), errors::ota_trial_silent);
    EXPECT_EQ(to_error(TrialCause::power), errors::ota_trial_power);
    EXPECT_EQ(to_error(TrialCause::boot_loader), errors::ota_boot_loader);
    EXPECT_EQ(to_error(TrialCause::cancelled), errors::cancelled);
}

}  // namespace
}  // namespace esb::ota
