#include "esb/record/crash_guard.hpp"

#include "esb/record/retained.hpp"
#include "host/vchip/sim_parts.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>

namespace esb::record {
namespace {

using chip::ResetReason;
using chip::SlotId;

constexpr ImageId image_3{3, SlotId::a};
constexpr ImageId image_4{4, SlotId::b};

struct CrashGuardTest : testing::Test {
    vchip::SimRetainedRam ram;
    test::MemoryKeyValue flash;
    vchip::SeededRandom noise{1};

    CrashGuardTest() { ram.scramble(noise); }

    struct Run {
        bool safe;
        bool entered;
    };
    // One start, which lasts so long and then ends somehow.
    Run run(ResetReason reset, Duration lasts, ImageId image = image_3, bool on_trial = false) {
        CrashGuard guard(ram, flash);
        EXPECT_TRUE(guard.begin(image, reset, on_trial));
        for (Duration at{0}; at <= lasts; at += 1s) guard.step(Instant(at), 50'000);
        return {guard.safe(), guard.entered()};
    }
    void lose_power() { ram.scramble(noise); }
};

TEST_F(CrashGuardTest, three_crashes_within_ten_minutes_are_a_safe_mode) {
    EXPECT_FALSE(run(ResetReason::power_on, 3h).safe);
    EXPECT_FALSE(run(ResetReason::panic, 5min).safe);
    EXPECT_FALSE(run(ResetReason::task_watchdog, 5min).safe);
    const auto third = run(ResetReason::interrupt_watchdog, 5min);
    EXPECT_TRUE(third.safe);
    EXPECT_TRUE(third.entered);
}

TEST_F(CrashGuardTest, three_crashes_in_more_than_ten_minutes_are_none) {
    run(ResetReason::power_on, 1min);
    run(ResetReason::panic, 5min);
    run(ResetReason::panic, 5min + 2s);
    EXPECT_FALSE(run(ResetReason::panic, 4min).safe);
    EXPECT_TRUE(run(ResetReason::panic, 1s).safe) << "the last three lie within the window";
}

TEST_F(CrashGuardTest, a_run_of_more_than_ten_minutes_ends_the_row) {
    run(ResetReason::power_on, 0s);
    run(ResetReason::panic, 1s);
    run(ResetReason::panic, 11min);
    EXPECT_FALSE(flash.values.contains("crashes")) << "forgotten as soon as it is known";
    EXPECT_FALSE(run(ResetReason::panic, 1s).safe);
}

TEST_F(CrashGuardTest, what_is_no_crash_ends_the_row) {
    using enum ResetReason;
    for (const auto reason : {power_on, external, software, deep_sleep, brownout, unknown}) {
        run(panic, 1s);
        run(panic, 1s);
        EXPECT_FALSE(run(reason, 1s).safe);
        EXPECT_FALSE(flash.values.contains("crashes"));
        EXPECT_FALSE(run(panic, 1s).safe) << chip::name(reason);
        run(software, 0s);
    }
}

TEST_F(CrashGuardTest, flash_counts_when_ram_has_lost_its_content) {
    run(ResetReason::panic, 1s);
    lose_power();
    run(ResetReason::panic, 1s);
    lose_power();
    EXPECT_TRUE(run(ResetReason::panic, 1s).safe);
}

TEST_F(CrashGuardTest, safe_mode_stays_over_restarts_and_loss_of_power) {
    for (int i = 0; i < 3; ++i) run(ResetReason::panic, 1s);
    for (const auto reason : {ResetReason::software, ResetReason::power_on, ResetReason::panic}) {
        lose_power();
        const auto next = run(reason, 20min);
        EXPECT_TRUE(next.safe);
        EXPECT_FALSE(next.entered);
    }
}

TEST_F(CrashGuardTest, a_command_ends_it) {
    for (int i = 0; i < 3; ++i) run(ResetReason::panic, 1s);
    CrashGuard guard(ram, flash);
    ASSERT_TRUE(guard.begin(image_3, ResetReason::software, false));
    ASSERT_TRUE(guard.safe());
    ASSERT_TRUE(guard.leave());
    EXPECT_FALSE(run(ResetReason::software, 1s).safe);
    run(ResetReason::panic, 1s);
    EXPECT_FALSE(run(ResetReason::panic, 1s).safe) << "the count begins anew";
    EXPECT_TRUE(run(ResetReason::panic, 1s).safe);
}

TEST_F(CrashGuardTest, another_image_runs_normally_and_confirmed_it_ends_safe_mode) {
    for (int i = 0; i < 3; ++i) run(ResetReason::panic, 1s);
    EXPECT_FALSE(run(ResetReason::software, 1min, image_4, true).safe);
    EXPECT_TRUE(flash.values.contains("crashes")) << "the old image may come back";
    EXPECT_FALSE(run(ResetReason::software, 1min, image_4).safe);
    EXPECT_FALSE(flash.values.contains("crashes"));
}

TEST_F(CrashGuardTest, a_failed_trial_leads_back_into_safe_mode) {
    for (int i = 0; i < 3; ++i) run(ResetReason::panic, 1s);
    run(ResetReason::software, 1s, image_4, true);
    EXPECT_TRUE(run(ResetReason::panic, 1s).safe);
}

TEST_F(CrashGuardTest, a_trial_that_crashes_counts_for_nobody) {
    run(ResetReason::power_on, 1min);
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(run(ResetReason::software, 1s, image_4, true).safe);
        EXPECT_FALSE(run(ResetReason::panic, 1s).safe) << "the restart came from the other image";
    }
    EXPECT_FALSE(flash.values.contains("crashes"));
}

TEST_F(CrashGuardTest, a_store_that_fails_does_not_hide_the_third_crash) {
    run(ResetReason::panic, 1s);
    run(ResetReason::panic, 1s);
    flash.power_off();
    CrashGuard guard(ram, flash);
    EXPECT_FALSE(guard.begin(image_3, ResetReason::panic, false));
    EXPECT_TRUE(guard.safe());
}

TEST_F(CrashGuardTest, flash_is_written_once_a_crash_and_never_otherwise) {
    run(ResetReason::power_on, 1h);
    run(ResetReason::software, 1h);
    EXPECT_EQ(flash.writes(), 0U);
    run(ResetReason::panic, 1min);
    EXPECT_EQ(flash.writes(), 1U);
}

TEST(RunRecord, is_read_back_and_nothing_else_is) {
    RunRecord record{{7, SlotId::b}, 2, true, 100, 200, 30'000};
    std::array<std::uint8_t, run_record_size> bytes{};
    ByteWriter out(bytes);
    encode(record, out);
    ASSERT_EQ(out.size(), run_record_size);
    EXPECT_EQ(decode_run_record(bytes).value(), record);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] ^= 1;
        EXPECT_FALSE(decode_run_record(damaged)) << i;
        EXPECT_FALSE(decode_run_record(ConstBytes(bytes).first(i))) << i;
    }
}

}  // namespace
}  // namespace esb::record
