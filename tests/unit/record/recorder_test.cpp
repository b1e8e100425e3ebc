#include "esb/record/recorder.hpp"

#include "esb/mqtt/errors.hpp"
#include "host/vchip/sim_parts.hpp"
#include "host/vchip/sim_world.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace esb::record {
namespace {

struct RecorderTest : testing::Test {
    vchip::SimRetainedRam ram;
    test::MemoryKeyValue flash;
    vchip::SimClock clock;
    vchip::SeededRandom noise{1};
    std::optional<Recorder> recorder;

    RecorderTest() { ram.scramble(noise); }

    void boot(bool power_on = false) {
        if (power_on) ram.scramble(noise);
        recorder.emplace(ram, flash, clock);
        EXPECT_TRUE(recorder->begin());
    }
    void wait(Duration time) {
        const auto until = clock.now() + time;
        while (clock.now() < until) {
            const auto due = recorder->deadline();
            clock.advance_to(due && *due < until ? std::max(*due, clock.now()) : until);
            recorder->step(clock.now());
        }
    }
    // A different event for each number.
    void note(std::int32_t number) { recorder->note({LogKind::heap, 0, std::nullopt, number}); }
    std::vector<LogEntry> entries() const {
        std::vector<LogEntry> all;
        for (auto entry = recorder->next_after(0); entry; entry = recorder->next_after(entry->number))
            all.push_back(*entry);
        return all;
    }
    std::vector<std::int32_t> details() const {
        std::vector<std::int32_t> all;
        for (const auto& entry : entries()) all.push_back(entry.detail);
        return all;
    }
};

TEST_F(RecorderTest, begins_empty_and_keeps_the_latest_entries) {
    boot();
    EXPECT_TRUE(entries().empty());
    for (int i = 1; i <= 100; ++i) note(i);
    const auto all = details();
    ASSERT_EQ(all.size(), log_capacity);
    EXPECT_EQ(all.front(), 100 - static_cast<std::int32_t>(log_capacity) + 1);
    EXPECT_EQ(all.back(), 100);
}

TEST_F(RecorderTest, a_crash_loses_nothing) {
    boot();
    for (int i = 1; i <= 5; ++i) note(i);
    boot();
    note(6);
    EXPECT_EQ(details(), (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(entries().back().boot, entries().front().boot + 1);
    EXPECT_EQ(flash.writes(), 0U);
}

TEST_F(RecorderTest, a_loss_of_power_leaves_what_is_older_than_ten_seconds) {
    boot();
    note(1);
    note(2);
    wait(11s);
    note(3);
    boot(true);
    EXPECT_EQ(details(), (std::vector<std::int32_t>{1, 2}));
    note(4);
    EXPECT_GT(entries().back().number, 3U) << "number 3 may have been published";
    EXPECT_EQ(entries().back().boot, 2);
}

TEST_F(RecorderTest, flash_is_written_every_quarter_of_an_hour_at_most) {
    boot();
    for (int i = 0; i < 24 * 60; ++i) {
        note(i);
        wait(1min);
    }
    EXPECT_LE(flash.writes(), 24U * 4 + 1);
    EXPECT_GE(flash.writes(), 24U * 4 - 1);
}

TEST_F(RecorderTest, flash_is_not_written_when_nothing_happens) {
    boot();
    note(1);
    wait(24h);
    EXPECT_EQ(flash.writes(), 1U);
    EXPECT_FALSE(recorder->deadline());
    EXPECT_TRUE(recorder->flush());
    EXPECT_EQ(flash.writes(), 1U);
}

TEST_F(RecorderTest, many_events_are_written_before_their_numbers_could_come_again) {
    boot();
    for (int i = 0; i < 10'000; ++i) note(i);
    const auto last = entries().back().number;
    boot(true);
    note(1);
    EXPECT_GT(entries().back().number, last);
}

TEST_F(RecorderTest, equal_events_are_counted) {
    boot();
    const Recorder::Event refused{LogKind::broker, 0, Error(errors::socket_refused, 111)};
    const Recorder::Event lost{LogKind::wifi, 6};
    recorder->note(refused);
    for (int i = 0; i < 5; ++i) {
        clock.advance(10s);
        recorder->note(lost);
        recorder->note(refused);
    }
    const auto all = entries();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].count, 6);
    EXPECT_EQ(all[0].span, 50U);
    EXPECT_EQ(all[0].detail, 111);
    EXPECT_EQ(all[1].count, 5);
    for (int i = 0; i < 300; ++i) recorder->note(refused);
    EXPECT_EQ(entries()[0].count, 255);
}

TEST_F(RecorderTest, being_on_line_tells_earlier_and_later_events_apart) {
    boot();
    const Recorder::Event refused{LogKind::broker, 0, Error(errors::socket_refused)};
    recorder->note(refused);
    recorder->note({LogKind::online});
    recorder->note(refused);
    EXPECT_EQ(entries().size(), 3U);
}

TEST_F(RecorderTest, what_is_on_its_way_to_the_broker_does_not_change) {
    boot();
    const Recorder::Event refused{LogKind::broker, 0, Error(errors::socket_refused)};
    recorder->note(refused);
    recorder->seal_up_to(entries().back().number);
    recorder->note(refused);
    ASSERT_EQ(entries().size(), 2U);
    EXPECT_EQ(entries()[0].count, 1);
}

TEST_F(RecorderTest, knows_without_a_search_whether_there_is_something_to_publish) {
    boot();
    EXPECT_TRUE(recorder->all_published()) << "nothing yet";
    note(1);
    note(2);
    EXPECT_FALSE(recorder->all_published());
    recorder->set_published(entries().front().number);
    EXPECT_FALSE(recorder->all_published());
    recorder->set_published(entries().back().number);
    EXPECT_TRUE(recorder->all_published());
    note(3);
    EXPECT_FALSE(recorder->all_published());
    EXPECT_TRUE(recorder->flush());
    boot();
    EXPECT_FALSE(recorder->all_published()) << "a restart forgets nothing";
    recorder->set_published(entries().back().number);
    EXPECT_TRUE(recorder->all_published());
    EXPECT_TRUE(recorder->flush());
    boot(true);
    EXPECT_TRUE(recorder->all_published()) << "numbers were left out, but there is no entry";
    note(4);
    EXPECT_FALSE(recorder->all_published());
}

TEST_F(RecorderTest, what_was_published_stays_published) {
    boot();
    note(1);
    note(2);
    recorder->set_published(entries().back().number);
    note(3);
    boot();
    EXPECT_EQ(recorder->next_after(recorder->published())->detail, 3) << "after a crash";
    note(4);
    ASSERT_TRUE(recorder->flush());
    boot(true);
    EXPECT_EQ(recorder->next_after(recorder->published())->detail, 3) << "after a loss of power";
}

TEST_F(RecorderTest, entries_get_their_time_when_the_clock_is_set) {
    boot();
    clock.advance(30s);
    note(1);
    clock.advance(30s);
    clock.set_wall(UnixTime(1'800'000'000));
    recorder->date_entries();
    note(2);
    EXPECT_EQ(entries()[0].wall, 1'800'000'000U - 30);
    EXPECT_EQ(entries()[1].wall, 1'800'000'000U);
}

TEST_F(RecorderTest, a_store_that_fails_is_tried_again_after_the_pause) {
    boot();
    note(1);
    flash.fail_at(1);
    wait(1min);
    EXPECT_EQ(flash.writes(), 0U);
    wait(15min);
    EXPECT_EQ(flash.writes(), 1U);
}

TEST_F(RecorderTest, damaged_entries_are_left_out) {
    boot();
    for (int i = 1; i <= 3; ++i) note(i);
    ASSERT_TRUE(recorder->flush());
    flash.values["log"][log_header_size + log_entry_size + 5] ^= 0x10;
    boot(true);
    EXPECT_EQ(details(), (std::vector<std::int32_t>{1, 3}));
}

TEST_F(RecorderTest, a_damaged_header_is_an_error_and_a_new_beginning) {
    boot();
    note(1);
    ASSERT_TRUE(recorder->flush());
    flash.values["log"][3] ^= 1;
    ram.scramble(noise);
    recorder.emplace(ram, flash, clock);
    const auto begun = recorder->begin();
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error(), errors::log_malformed);
    EXPECT_TRUE(entries().empty());
    note(2);
    EXPECT_EQ(details(), (std::vector<std::int32_t>{2}));
}

TEST_F(RecorderTest, a_crash_in_the_middle_of_writing_costs_one_entry) {
    boot();
    for (int i = 1; i <= 3; ++i) note(i);
    auto places = retained::log_entries(ram);
    places[2 * log_entry_size + 20] ^= 0xFF;
    boot();
    EXPECT_EQ(details(), (std::vector<std::int32_t>{1, 2}));
}

TEST(LogEntryForm, is_read_back_and_nothing_else_is) {
    const LogEntry entry{5, 1'800'000'000, 17, 40, 3, LogKind::broker, 0, 9, 0x12345678, -5};
    std::array<std::uint8_t, log_entry_size> bytes{};
    ByteWriter out(bytes);
    encode(entry, out);
    EXPECT_EQ(decode_log_entry(bytes).value(), entry);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] ^= 1;
        EXPECT_FALSE(decode_log_entry(damaged)) << i;
    }
    EXPECT_FALSE(decode_log_entry(ConstBytes(bytes).first(31)));
}

}  // namespace
}  // namespace esb::record
