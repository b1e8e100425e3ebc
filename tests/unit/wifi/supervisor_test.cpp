#include "esb/wifi/supervisor.hpp"

#include "support/scripted_radio.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::wifi {
namespace {

using chip::DisconnectReason;

struct Recorder : Listener {
    void on_link_up(const chip::Ssid&, const chip::AddressConfig& ip) override {
        log.push_back("up " + std::string(chip::to_text(ip.address).view()));
    }
    void on_link_down(const chip::Ssid&, DisconnectReason reason, Duration wait) override {
        log.push_back("down " + std::string(chip::name(reason)));
        waits.push_back(wait);
    }
    std::vector<std::string> log;
    std::vector<Duration> waits;
};

class SupervisorTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(supervisor.start("", "host")); }
    static chip::StationConfig network(std::string_view ssid) {
        chip::StationConfig config;
        EXPECT_TRUE(config.ssid.assign(ssid));
        return config;
    }
    void step_at(Duration time) {
        now = Instant(time);
        supervisor.step(now);
    }

    test::ScriptedRadio radio;
    test::FixedEntropy entropy{0xFF};
    Recorder recorder;
    Supervisor supervisor{radio, entropy, recorder};
    Instant now{};
};

TEST_F(SupervisorTest, joins_and_reports_the_address) {
    supervisor.use(network("Home"), now);
    EXPECT_EQ(supervisor.state(), State::joining);
    radio.joined();
    step_at(1s);
    EXPECT_EQ(supervisor.state(), State::no_address);
    radio.address(chip::IpAddress::v4(10, 0, 0, 7));
    step_at(2s);
    EXPECT_EQ(supervisor.state(), State::up);
    EXPECT_EQ(recorder.log, std::vector<std::string>{"up 10.0.0.7"});
    EXPECT_FALSE(supervisor.deadline());
}

TEST_F(SupervisorTest, without_a_network_it_stays_quiet) {
    supervisor.use(network(""), now);
    step_at(1h);
    EXPECT_EQ(supervisor.state(), State::unconfigured);
    EXPECT_TRUE(radio.joins.empty());
}

TEST_F(SupervisorTest, every_loss_leads_to_a_new_try_after_a_growing_wait) {
    supervisor.use(network("Home"), now);
    for (int i = 0; i < 12; ++i) {
        radio.left(DisconnectReason::wrong_password);
        supervisor.step(now);
        ASSERT_EQ(supervisor.state(), State::waiting);
        now = *supervisor.deadline();
        supervisor.step(now);
        ASSERT_EQ(supervisor.state(), State::joining);
    }
    EXPECT_EQ(radio.joins.size(), 13U);
    for (std::size_t i = 1; i < recorder.waits.size(); ++i) EXPECT_GE(recorder.waits[i], recorder.waits[i - 1]);
    EXPECT_GE(recorder.waits.front(), 1s);
    EXPECT_LE(recorder.waits.back(), 2min);
}

TEST_F(SupervisorTest, a_silent_radio_counts_as_network_not_found) {
    supervisor.use(network("Home"), now);
    step_at(20s);
    EXPECT_EQ(supervisor.last_reason(), DisconnectReason::network_not_found);
    EXPECT_EQ(radio.leaves, 1);
}

TEST_F(SupervisorTest, a_silent_dhcp_server_has_its_own_reason) {
    supervisor.use(network("Home"), now);
    radio.joined();
    step_at(1s);
    step_at(21s);
    EXPECT_EQ(supervisor.last_reason(), DisconnectReason::no_address);
}

TEST_F(SupervisorTest, another_network_replaces_the_present_one_at_once) {
    supervisor.use(network("Home"), now);
    radio.joined();
    radio.address(chip::IpAddress::v4(10, 0, 0, 7));
    step_at(1s);
    supervisor.use(network("Work"), now);
    radio.left(DisconnectReason::requested);
    step_at(2s);
    EXPECT_EQ(supervisor.state(), State::joining);
    EXPECT_EQ(radio.joins.back().ssid, "Work");
}

TEST_F(SupervisorTest, a_success_makes_the_next_wait_short_again) {
    supervisor.use(network("Home"), now);
    for (int i = 0; i < 6; ++i) {
        radio.left(DisconnectReason::signal_lost);
        supervisor.step(now);
        now = *supervisor.deadline();
        supervisor.step(now);
    }
    radio.joined();
    radio.address(chip::IpAddress::v4(10, 0, 0, 7));
    radio.left(DisconnectReason::signal_lost);
    supervisor.step(now);
    EXPECT_LE(recorder.waits.back(), 2s);
}

TEST_F(SupervisorTest, a_radio_that_refuses_is_tried_again) {
    radio.join_outcome = fail(errors::radio_failed);
    supervisor.use(network("Home"), now);
    EXPECT_EQ(supervisor.state(), State::waiting);
}

TEST(Supervisor, a_radio_that_does_not_start_leaves_it_off) {
    test::ScriptedRadio radio;
    test::FixedEntropy entropy{0};
    Recorder recorder;
    Supervisor supervisor{radio, entropy, recorder};
    radio.start_outcome = fail(errors::radio_failed);
    EXPECT_FALSE(supervisor.start("", "host"));
    supervisor.use(chip::StationConfig{}, Instant{});
    EXPECT_EQ(supervisor.state(), State::off);
}

}  // namespace
}  // namespace esb::wifi
