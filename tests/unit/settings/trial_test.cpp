#include "esb/settings/trial.hpp"

#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>

namespace esb::settings {
namespace {

using State = Report::State;
constexpr Duration limit = std::chrono::seconds(60);

class TrialTest : public ::testing::Test {
protected:
    void SetUp() override {
        restart();
        ASSERT_TRUE(propose({{"mqtt.0.host", "old"}, {"wifi.0.ssid", "old"}}, false));
        ASSERT_EQ(state(), State::kept);
    }
    void restart() {
        store = std::make_unique<Store>(flash, schema);
        trial = std::make_unique<Trial>(*store);
        const auto loaded = store->load();
        ASSERT_TRUE(loaded);
        trial->loaded(*loaded);
    }
    struct Change {
        std::string_view name, text;
    };
    Status propose(std::initializer_list<Change> changes, bool proven = true,
                   std::string_view id = "0123456789abcdef") {
        Patch patch(schema, Origin::console);
        for (const auto& change : changes) ESB_TRY(patch.set(change.name, change.text));
        return trial->propose(patch, id, proven);
    }
    State state() const { return trial->report().state; }
    std::string host() const { return std::string(store->text(names::mqtt_host)); }
    std::string why() const { return trial->report().error ? std::string(trial->report().error->name()) : ""; }
    static Instant at(int seconds) { return Instant(std::chrono::seconds(seconds)); }

    test::MemoryKeyValue flash;
    Schema schema;
    std::unique_ptr<Store> store;
    std::unique_ptr<Trial> trial;
};

TEST_F(TrialTest, a_device_that_was_never_on_line_keeps_what_it_is_given) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}, false));
    EXPECT_EQ(state(), State::kept);
    restart();
    EXPECT_EQ(host(), "new");
}

TEST_F(TrialTest, what_needs_no_stage_is_kept_at_once) {
    ASSERT_TRUE(propose({{"log.level", "debug"}}));
    EXPECT_EQ(state(), State::kept);
    EXPECT_FALSE(trial->on_trial());
    EXPECT_FALSE(trial->deadline());
}

TEST_F(TrialTest, a_broker_is_kept_after_a_round_trip) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    EXPECT_EQ(state(), State::staged);
    EXPECT_EQ(trial->waits_for(), Stage::broker);
    trial->round_trip();  // of the connection before: the new values are not in use yet
    EXPECT_EQ(state(), State::staged);
    trial->begin(at(1), limit, true);
    EXPECT_EQ(trial->deadline(), at(61));
    trial->round_trip();
    EXPECT_EQ(state(), State::kept);
    EXPECT_EQ(trial->report().id, "0123456789abcdef");
    EXPECT_FALSE(trial->deadline());
    restart();
    EXPECT_EQ(host(), "new");
    EXPECT_EQ(state(), State::idle);
}

TEST_F(TrialTest, a_broker_that_does_not_answer_in_time_goes_back) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true);
    trial->step(at(59));
    EXPECT_EQ(state(), State::staged);
    trial->step(at(60));
    EXPECT_EQ(state(), State::reverted);
    EXPECT_EQ(why(), "config.no_round_trip");
    EXPECT_EQ(host(), "old");
}

TEST_F(TrialTest, slow_tries_put_the_end_off_until_there_were_enough) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true, 3);
    trial->try_failed(Stage::broker);
    trial->try_failed(Stage::network);  // of another stage
    trial->try_failed(Stage::broker);
    trial->step(at(60));
    EXPECT_EQ(state(), State::staged);
    ASSERT_TRUE(trial->deadline());
    EXPECT_GT(*trial->deadline(), at(60));
    trial->step(at(100));
    EXPECT_EQ(state(), State::staged);
    trial->try_failed(Stage::broker);
    trial->step(at(102));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, enough_tries_do_not_shorten_the_time) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true, 3);
    for (int i = 0; i < 10; ++i) trial->try_failed(Stage::broker);
    trial->step(at(59));
    EXPECT_EQ(state(), State::staged);
    trial->step(at(60));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, the_end_is_put_off_a_minute_for_each_try_at_most) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true, 3);
    for (int second = 0; second < 240; ++second) trial->step(at(second));
    EXPECT_EQ(state(), State::staged);
    trial->step(at(241));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, a_broker_that_was_reached_has_its_time_and_no_more) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true, 3);
    trial->broker_reached();
    trial->step(at(60));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, the_networks_time_is_not_put_off) {
    ASSERT_TRUE(propose({{"wifi.0.ssid", "new"}}));
    trial->begin(at(0), limit, false, 3);
    trial->step(at(60));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, each_stage_has_its_own_tries) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}, {"wifi.0.ssid", "new"}}));
    trial->begin(at(0), limit, false, 3);
    for (int i = 0; i < 3; ++i) trial->try_failed(Stage::network);
    trial->address_obtained(at(59));
    trial->step(at(119));
    EXPECT_EQ(state(), State::staged) << "the broker has had none";
    for (int i = 0; i < 3; ++i) trial->try_failed(Stage::broker);
    trial->step(at(121));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, each_stage_has_its_own_time) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}, {"wifi.0.ssid", "new"}}));
    trial->begin(at(0), limit, false);
    trial->round_trip();
    trial->address_obtained(at(50));
    EXPECT_EQ(trial->waits_for(), Stage::none) << "the round trip counted already";
}

TEST_F(TrialTest, the_brokers_time_begins_with_the_address) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}, {"wifi.0.ssid", "new"}}));
    trial->begin(at(0), limit, false);
    EXPECT_EQ(trial->deadline(), at(60));
    trial->address_obtained(at(50));
    EXPECT_EQ(trial->waits_for(), Stage::broker);
    EXPECT_EQ(trial->deadline(), at(110));
    trial->step(at(110));
    EXPECT_EQ(state(), State::reverted);
    EXPECT_EQ(as_text(store->bytes(names::wifi_ssid)), "old") << "whole or not at all";
}

TEST_F(TrialTest, without_a_network_nothing_is_said_about_a_broker) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, false);
    EXPECT_FALSE(trial->deadline());
    trial->address_obtained(at(500));
    EXPECT_EQ(trial->deadline(), at(560));
    trial->address_lost();
    EXPECT_FALSE(trial->deadline());
    trial->address_obtained(at(900));
    trial->step(at(960));
    EXPECT_EQ(state(), State::reverted);
}

TEST_F(TrialTest, a_network_without_address_goes_back) {
    ASSERT_TRUE(propose({{"wifi.0.ssid", "new"}}));
    trial->begin(at(0), limit, false);
    trial->address_lost();
    trial->step(at(60));
    EXPECT_EQ(why(), "config.no_address");
}

TEST_F(TrialTest, a_restart_goes_back_and_names_the_change) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true);
    restart();
    EXPECT_EQ(host(), "old");
    EXPECT_EQ(state(), State::reverted);
    EXPECT_EQ(why(), "config.interrupted");
    EXPECT_EQ(trial->report().id, "0123456789abcdef");
    restart();
    EXPECT_EQ(state(), State::idle);
}

TEST_F(TrialTest, a_change_without_message_has_no_name) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}, true, ""));
    restart();
    EXPECT_EQ(state(), State::reverted);
    EXPECT_EQ(trial->report().id, "");
}

TEST_F(TrialTest, one_at_a_time) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    EXPECT_EQ(propose({{"log.level", "debug"}}).error(), errors::config_on_trial);
    trial->refuse("fedcba9876543210", Error(errors::config_on_trial), "log.level");
    EXPECT_EQ(state(), State::refused);
    EXPECT_EQ(trial->report().setting, "log.level");
    trial->begin(at(0), limit, true);
    trial->round_trip();
    EXPECT_EQ(state(), State::kept);
    EXPECT_EQ(trial->report().id, "0123456789abcdef") << "the name of the one on trial";
}

TEST_F(TrialTest, the_operators_word_ends_it) {
    EXPECT_EQ(trial->keep().error(), errors::config_no_trial);
    EXPECT_EQ(trial->revert().error(), errors::config_no_trial);
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}, {"wifi.0.ssid", "new"}}));
    ASSERT_TRUE(trial->revert());
    EXPECT_EQ(why(), "config.taken_back");
    EXPECT_EQ(host(), "old");
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}, {"wifi.0.ssid", "new"}}));
    ASSERT_TRUE(trial->keep());
    EXPECT_EQ(state(), State::kept);
    restart();
    EXPECT_EQ(host(), "new");
}

TEST_F(TrialTest, what_cannot_be_stored_is_taken_back) {
    ASSERT_TRUE(propose({{"mqtt.0.host", "new"}}));
    trial->begin(at(0), limit, true);
    flash.fail_at(1);
    trial->round_trip();
    EXPECT_EQ(state(), State::staged);
    flash.fail_at(1);
    trial->step(at(60));
    EXPECT_EQ(state(), State::staged) << "the flash failed once more";
    ASSERT_TRUE(trial->deadline());
    trial->step(*trial->deadline());
    EXPECT_EQ(state(), State::reverted);
    EXPECT_EQ(host(), "old");
}

TEST_F(TrialTest, refused_proposals_change_nothing) {
    const auto writes = flash.writes();
    EXPECT_EQ(propose({{"wifi.ip", "192.168.1.7"}}).error(), errors::setting_address);
    EXPECT_FALSE(trial->on_trial());
    EXPECT_EQ(flash.writes(), writes);
}

TEST_F(TrialTest, no_write_when_nothing_changes) {
    const auto writes = flash.writes();
    ASSERT_TRUE(propose({{"mqtt.0.host", "old"}}));
    EXPECT_EQ(state(), State::kept);
    EXPECT_EQ(flash.writes(), writes);
}

TEST(ReportState, has_names) {
    EXPECT_EQ(name(State::idle), "idle");
    EXPECT_EQ(name(State::refused), "refused");
}

}  // namespace
}  // namespace esb::settings
