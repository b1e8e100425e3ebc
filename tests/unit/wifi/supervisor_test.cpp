#include "support/wifi_rig.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::wifi {
namespace {

using chip::DisconnectReason;
using test::known;
using Kind = chip::RadioEvent::Kind;

class SupervisorTest : public testing::Test, public test::WifiRig {
protected:
    const chip::Ssid& last_join() const { return radio.joins.back().ssid; }
    // Fails the present try and all further ones until back-off; returns how many there were.
    int fail_round(DisconnectReason reason = DisconnectReason::network_not_found) {
        int tries = 0;
        for (; supervisor.state() == State::joining; ++tries) left(reason);
        return tries;
    }
};

// --- Joining ---

TEST_F(SupervisorTest, joins_and_reports_the_address) {
    to_joining();
    EXPECT_EQ(supervisor.state(), State::joining);
    joined();
    EXPECT_EQ(supervisor.state(), State::no_address);
    EXPECT_FALSE(supervisor.is_up());
    address();
    EXPECT_TRUE(supervisor.is_up());
    EXPECT_EQ(said.log, std::vector<std::string>{"up Home 10.0.0.7"});
    step(policy.settle_time);
    EXPECT_EQ(supervisor.state(), State::up);
    EXPECT_FALSE(supervisor.deadline());
}

TEST_F(SupervisorTest, without_a_network_the_station_stays_quiet) {
    policy.portal_available = false;
    start();
    use("");
    step(1h);
    EXPECT_EQ(supervisor.state(), State::idle);
    EXPECT_TRUE(radio.joins.empty());
    EXPECT_TRUE(radio.access_points.empty()) << "nobody would serve it";
}

TEST_F(SupervisorTest, every_reason_leads_to_a_new_try) {
    to_joining();
    for (int reason = 0; reason <= static_cast<int>(DisconnectReason::no_address); ++reason) {
        if (static_cast<DisconnectReason>(reason) == DisconnectReason::requested) continue;
        left(static_cast<DisconnectReason>(reason));
        EXPECT_EQ(supervisor.state(), State::waiting) << reason;
        next();
        if (supervisor.state() == State::scanning) scanned({{"Home", -40}});
        ASSERT_EQ(supervisor.state(), State::joining) << reason;
    }
    EXPECT_FALSE(said.said("given up"));
}

TEST(Supervisor, waits_grow_from_a_second_to_two_minutes_and_no_further) {
    test::WifiRig rig(0xFF);
    rig.to_joining();
    for (int i = 0; i < 12; ++i) {
        rig.left();
        rig.now = *rig.supervisor.deadline();
        while (rig.supervisor.state() == State::waiting) rig.next();
    }
    const auto& waits = rig.said.waits;
    for (std::size_t i = 1; i < waits.size(); ++i) EXPECT_GE(waits[i], waits[i - 1]);
    EXPECT_GE(waits.front(), 1s);
    EXPECT_LE(waits.back(), 2min);
    EXPECT_GE(waits.back(), 119s);
}

TEST(Supervisor, a_link_that_does_not_live_does_not_shorten_the_wait) {
    test::WifiRig rig(0xFF);
    rig.to_joining();
    for (int i = 0; i < 8; ++i) {
        rig.joined();
        rig.address();
        rig.step(5s);
        rig.left(DisconnectReason::closed_by_peer);
        while (rig.supervisor.state() == State::waiting) rig.next();
        if (rig.supervisor.state() == State::scanning) rig.scanned({{"Home", -40}});
    }
    EXPECT_GE(rig.said.waits.back(), 119s);
    rig.joined();
    rig.address();
    rig.step(rig.policy.settle_time);
    rig.left(DisconnectReason::closed_by_peer);
    EXPECT_LE(rig.said.waits.back(), 2s) << "this one had lived";
}

TEST_F(SupervisorTest, events_of_an_earlier_join_are_not_taken_for_the_present_one) {
    to_fresh();
    radio.address(chip::IpAddress::v4(1, 2, 3, 4));
    radio.say(Kind::station_joined);
    use("Work");
    radio.left(DisconnectReason::requested);
    step();
    EXPECT_EQ(supervisor.state(), State::joining);
    EXPECT_EQ(last_join(), "Work");
    EXPECT_FALSE(said.said("up Work 1.2.3.4"));
    joined();
    address();
    radio.say(Kind::station_left);  // the radio is joined: this is old
    step();
    EXPECT_TRUE(supervisor.is_up());
}

TEST_F(SupervisorTest, the_same_networks_again_change_nothing) {
    to_up();
    use("Home");
    EXPECT_EQ(supervisor.state(), State::up);
    use({known("Work"), known("Home")});
    EXPECT_EQ(supervisor.state(), State::up) << "the present one is still known";
    EXPECT_EQ(radio.joins.size(), 1U);
    left();
    EXPECT_EQ(said.log.back(), "down Home: signal lost");
    step(1s);
    EXPECT_EQ(last_join(), "Home") << "wherever it stands in the list now";
}

// --- Several networks ---

TEST_F(SupervisorTest, after_a_loss_the_last_good_network_is_tried_first_and_without_a_scan) {
    to_scanning();
    scanned({{"Work", -40}, {"Home", -70}});
    joined();
    address();
    step(policy.settle_time);
    left();
    step(1s);
    EXPECT_EQ(last_join(), "Work");
    EXPECT_EQ(radio.scans, 1);
    left(DisconnectReason::network_not_found);
    EXPECT_EQ(last_join(), "Home");
}

TEST_F(SupervisorTest, whoever_waits_for_a_link_ends_the_back_off) {
    to_waiting();
    supervisor.try_now(now);
    EXPECT_EQ(radio.joins.size(), 2U);
    supervisor.try_now(now);  // a try is under way
    EXPECT_EQ(radio.joins.size(), 2U);
    joined(), address();
    supervisor.try_now(now);
    EXPECT_TRUE(supervisor.is_up());
    EXPECT_EQ(radio.joins.size(), 2U);
}

TEST_F(SupervisorTest, whoever_waits_for_a_link_is_not_kept_waiting_by_a_phone) {
    to_paused();
    supervisor.try_now(now);
    EXPECT_EQ(supervisor.state(), State::joining);
}

TEST_F(SupervisorTest, a_remembered_network_is_the_last_good_one) {
    start();
    use({known("Home"), known("Work")});
    scanned({});
    chip::Ssid work;
    ASSERT_TRUE(work.assign("Work"));
    fail_round();
    supervisor.remember(work);
    step(1s);
    EXPECT_EQ(supervisor.state(), State::scanning) << "it has failed since";
    use({known("Home"), known("Work"), known("Cafe")});
    EXPECT_EQ(last_join(), "Work");
}

TEST_F(SupervisorTest, a_network_remembered_over_a_restart_is_tried_at_once) {
    chip::Ssid work;
    ASSERT_TRUE(work.assign("Work"));
    supervisor.remember(work);
    start();
    use({known("Home"), known("Work")});
    EXPECT_EQ(last_join(), "Work");
    EXPECT_EQ(radio.scans, 0);
}

TEST_F(SupervisorTest, a_round_tries_each_network_once) {
    start();
    use({known("A"), known("B"), known("C"), known("D"), known("E")});
    scanned({{"C", -40}});
    EXPECT_EQ(last_join(), "C");
    EXPECT_EQ(fail_round(), 4) << "the fifth has no place";
    EXPECT_EQ(supervisor.state(), State::waiting);
}

TEST_F(SupervisorTest, a_refused_password_is_put_aside_for_longer_each_time) {
    policy.portal_available = false;
    start();
    use({known("Home", "wrong horse"), known("Work")});
    std::vector<Instant> tries;
    for (int i = 0; i < 8000; ++i) {
        if (supervisor.state() == State::scanning) scanned({{"Home", -40}});
        if (supervisor.state() == State::joining && last_join() == "Home") {
            tries.push_back(now);
            left(DisconnectReason::wrong_password);
        } else if (supervisor.state() == State::joining) {
            left(DisconnectReason::network_not_found);
        } else {
            step(supervisor.deadline().value_or(now) - now);
        }
    }
    ASSERT_GT(tries.size(), 6U);
    EXPECT_GE(tries[1] - tries[0], 30s);
    EXPECT_GE(tries[2] - tries[1], 60s);
    EXPECT_GE(tries[5] - tries[4], 5min);
    EXPECT_LT(tries[6] - tries[5], 6min);
}

TEST_F(SupervisorTest, whoever_waits_for_a_link_has_a_refused_network_tried_again) {
    to_joining();
    left(DisconnectReason::wrong_password);
    left(DisconnectReason::wrong_password);
    ASSERT_EQ(supervisor.state(), State::waiting);
    const auto joins = radio.joins.size();
    supervisor.try_now(now);
    EXPECT_EQ(supervisor.state(), State::joining);
    EXPECT_EQ(radio.joins.size(), joins + 1);
    supervisor.try_now(now);
    EXPECT_EQ(radio.joins.size(), joins + 1) << "a try is under way";
}

TEST_F(SupervisorTest, the_network_that_is_wanted_is_tried_first_and_another_one_left_for_it) {
    start();
    use({known("Home"), known("Work")});
    scanned({{"Home", -40}, {"Work", -60}});
    joined(), address();
    step(policy.settle_time);
    ASSERT_EQ(supervisor.ssid(), "Home");
    chip::Ssid work;
    ASSERT_TRUE(work.assign("Work"));
    supervisor.try_first(work, now);
    EXPECT_EQ(last_join(), "Work");
    EXPECT_FALSE(supervisor.is_up());
    EXPECT_TRUE(said.said("down Home: requested"));
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(last_join(), "Home") << "without it, back to the other one";
}

TEST_F(SupervisorTest, a_wanted_network_that_is_joined_stays) {
    to_up();
    const auto joins = radio.joins.size();
    chip::Ssid home;
    ASSERT_TRUE(home.assign("Home"));
    supervisor.try_first(home, now);
    EXPECT_TRUE(supervisor.is_up());
    EXPECT_EQ(radio.joins.size(), joins);
}

TEST_F(SupervisorTest, it_tells_when_the_portal_closes) {
    start();
    use("");
    EXPECT_FALSE(supervisor.portal_closes_at());
    ASSERT_TRUE(supervisor.open_portal(now));
    EXPECT_EQ(supervisor.portal_closes_at(), now + policy.portal_time);
    supervisor.close_portal(now);
    EXPECT_FALSE(supervisor.portal_closes_at());
}

TEST_F(SupervisorTest, the_only_network_is_tried_at_back_off_pace_although_it_refuses) {
    to_joining();
    for (int i = 0; i < 5; ++i) {
        left(DisconnectReason::wrong_password);
        step(1s);
        ASSERT_EQ(supervisor.state(), State::scanning) << "are there other access points?";
        scanned({{"Home", -40}});
        EXPECT_EQ(supervisor.state(), State::joining);
    }
}

// --- Several access points of one name ---

TEST_F(SupervisorTest, access_points_of_one_name_take_turns_the_strongest_first) {
    to_joining();
    EXPECT_EQ(spot(), 0) << "the first try needs no scan";
    left(DisconnectReason::association_refused);
    step(1s);
    ASSERT_EQ(supervisor.state(), State::scanning);
    spots({{"Home", 3, -45}, {"Cafe", 9, -50}, {"Home", 1, -60}, {"Home", 2, -75}});
    for (const int expected : {3, 1, 2}) {
        ASSERT_EQ(supervisor.state(), State::joining);
        EXPECT_EQ(spot(), expected);
        left(expected == 1 ? DisconnectReason::network_not_found : DisconnectReason::wrong_password);
    }
    EXPECT_EQ(supervisor.state(), State::waiting) << "each once a round";
    EXPECT_EQ(radio.joins.size(), 4U);
}

TEST_F(SupervisorTest, the_one_that_lets_it_in_is_kept) {
    to_joining();
    left(DisconnectReason::wrong_password);
    step(1s);
    spots({{"Home", 1, -45}, {"Home", 2, -60}});
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(spot(), 2);
    joined(), address();
    EXPECT_TRUE(supervisor.is_up());
    step(policy.settle_time);
    left();
    step(1s);
    EXPECT_EQ(supervisor.state(), State::joining) << "nothing is held against the network";
    EXPECT_EQ(spot(), 0);
}

TEST_F(SupervisorTest, a_network_is_put_aside_when_all_its_access_points_refused) {
    start();
    use({known("Home"), known("Work")});
    spots({{"Home", 1, -40}, {"Home", 2, -50}, {"Work", 7, -70}});
    EXPECT_EQ(spot(), 1);
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(last_join(), "Home");
    EXPECT_EQ(spot(), 2) << "before the next network";
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(last_join(), "Work");
    left(DisconnectReason::network_not_found);
    step(1s);
    EXPECT_EQ(last_join(), "Work") << "Home is put aside";
}

TEST_F(SupervisorTest, a_drop_and_a_missing_address_are_refusals_too) {
    to_joining();
    left(DisconnectReason::auth_refused);
    step(1s);
    spots({{"Home", 1, -40}, {"Home", 2, -50}, {"Home", 3, -60}});
    joined();
    step(policy.address_timeout);
    EXPECT_EQ(spot(), 2);
    joined(), address();
    left(DisconnectReason::closed_by_peer);
    EXPECT_EQ(spot(), 3);
}

TEST_F(SupervisorTest, more_access_points_than_it_remembers_are_the_strongest) {
    to_joining();
    left(DisconnectReason::association_refused);
    step(1s);
    spots({{"Home", 1, -90}, {"Home", 2, -80}, {"Home", 3, -70}, {"Home", 4, -60}, {"Home", 5, -50}, {"Home", 5, -40}});
    for (const int expected : {5, 4, 3, 2}) {
        EXPECT_EQ(spot(), expected);
        left(DisconnectReason::association_refused);
    }
    EXPECT_EQ(supervisor.state(), State::waiting);
}

// --- Roaming ---

TEST_F(SupervisorTest, a_good_signal_is_never_left) {
    radio.joined_to(1, policy.roam_below);
    to_up();
    for (int i = 0; i < 100; ++i) step(1min);
    EXPECT_EQ(radio.scans, 0);
    EXPECT_FALSE(supervisor.deadline()) << "no wake-up of its own";
}

TEST_F(SupervisorTest, nothing_moves_during_an_update_at_the_portal_or_when_it_is_turned_off) {
    radio.joined_to(1, -85);
    to_up();
    supervisor.hold_link(true);
    step(10min);
    EXPECT_EQ(radio.scans, 0);
    supervisor.hold_link(false);
    EXPECT_TRUE(supervisor.open_portal(now));
    step(1min);
    EXPECT_EQ(radio.scans, 0);
    supervisor.close_portal(now);
    say(Kind::access_point_stopped);
    EXPECT_EQ(radio.scans, 1);
    supervisor.hold_link(true);
    spots({{"Home", 2, -40}});
    EXPECT_EQ(supervisor.state(), State::up) << "an update began during the scan";
    supervisor.hold_link(false);
    policy.roaming = false;
    step(1h);
    EXPECT_EQ(radio.scans, 1);
}

TEST_F(SupervisorTest, two_weak_access_points_do_not_play_ping_pong) {
    to_roaming();
    std::size_t moves = 0;
    const auto begin = now;
    while (now - begin < 1h) {
        const bool first = radio.present.bssid[5] == 1;
        if (supervisor.state() == State::roaming)
            spots({{"Home", 1, first ? -80 : -76}, {"Home", 2, first ? -76 : -80}});
        if (supervisor.state() == State::joining) {
            ++moves;
            radio.joined_to(static_cast<std::uint8_t>(spot()), -76);
            joined(), address();
        }
        step(1min);
    }
    EXPECT_EQ(moves, 0U);
    EXPECT_LE(radio.scans, 13);
}

TEST_F(SupervisorTest, the_link_is_not_left_for_its_own_access_point) {
    to_roaming();
    spots({{"Home", 1, -60}, {"Home", 2, -62}});  // somebody stood in the way a moment ago
    EXPECT_EQ(supervisor.state(), State::up);
    EXPECT_EQ(radio.joins.size(), 1U);
}

TEST_F(SupervisorTest, an_access_point_chosen_by_the_author_is_not_left) {
    auto network = known("Home");
    network.station.bssid = chip::Mac{2, 0, 0, 0, 0, 1};
    radio.joined_to(1, -85);
    start();
    use({network});
    joined(), address();
    step(policy.settle_time);
    step(1h);
    EXPECT_EQ(radio.scans, 0);
}

// --- The broker ---

TEST_F(SupervisorTest, the_only_network_stays_without_its_broker) {
    supervisor.set_broker(Broker::sought, now);
    to_up();
    step(24h);
    EXPECT_EQ(supervisor.state(), State::up);
    EXPECT_EQ(radio.scans, 0);
}

TEST_F(SupervisorTest, networks_take_turns_without_a_broker_with_growing_patience) {
    to_looking();
    scanned({{"Home", -40}, {"Work", -60}});
    EXPECT_EQ(last_join(), "Work");
    joined();
    address();
    step(policy.settle_time);
    EXPECT_EQ(supervisor.deadline(), now - policy.settle_time + 2 * policy.broker_patience);
    next();
    scanned({{"Home", -40}, {"Work", -60}});
    EXPECT_EQ(last_join(), "Home");
    supervisor.set_broker(Broker::reached, now);
    joined();
    address();
    supervisor.set_broker(Broker::reached, now);
    step(policy.settle_time);
    EXPECT_FALSE(supervisor.deadline());
}

TEST_F(SupervisorTest, a_network_left_for_its_broker_is_joined_again_if_the_other_fails) {
    to_looking();
    scanned({{"Home", -40}, {"Work", -60}});
    EXPECT_EQ(last_join(), "Work");
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(supervisor.state(), State::waiting);
    step(1s);
    EXPECT_EQ(last_join(), "Home");
}

// --- The portal ---

TEST_F(SupervisorTest, a_time_of_for_ever_is_not_over_at_once) {
    policy.connect_timeout = Duration::max();
    step(1s);
    to_joining();
    for (int i = 0; i < 100; ++i) next();
    EXPECT_TRUE(said.portals.empty());
    policy.portal_time = Duration::max();
    ASSERT_TRUE(supervisor.open_portal(now));
    say(Kind::access_point_started);
    for (int i = 0; i < 100; ++i) next();
    EXPECT_EQ(supervisor.portal(), PortalState::open);
    policy.refused_pause = policy.refused_pause_max = Duration::max();
    supervisor.close_portal(now);
    say(Kind::access_point_stopped);
    EXPECT_EQ(supervisor.portal(), PortalState::closed);
}

TEST_F(SupervisorTest, the_portal_opens_after_the_connect_timeout_and_not_before) {
    to_joining();
    step(policy.connect_timeout - 1ms);
    EXPECT_EQ(supervisor.portal(), PortalState::closed);
    EXPECT_LE(*supervisor.deadline(), now + 1ms);
    step(1ms);
    EXPECT_EQ(supervisor.portal(), PortalState::opening);
    EXPECT_NE(supervisor.state(), State::idle) << "the station goes on meanwhile";
}

TEST_F(SupervisorTest, after_commissioning_no_jammer_opens_the_portal) {
    to_up();
    supervisor.set_commissioned(true);
    left();
    for (int i = 0; i < 1000; ++i) {
        next();
        if (supervisor.state() == State::joining) left();
    }
    EXPECT_TRUE(radio.access_points.empty());
    EXPECT_TRUE(supervisor.open_portal(now));
    EXPECT_EQ(radio.access_points.size(), 1U);
}

TEST_F(SupervisorTest, the_author_may_choose_that_it_opens_nevertheless) {
    policy.portal_when_commissioned = true;
    supervisor.set_commissioned(true);
    to_joining();
    step(policy.connect_timeout);
    EXPECT_EQ(supervisor.portal(), PortalState::opening);
}

TEST_F(SupervisorTest, a_flapping_link_does_not_keep_the_portal_closed) {
    to_joining();
    while (now < Instant(policy.connect_timeout)) {
        EXPECT_EQ(supervisor.portal(), PortalState::closed);
        joined();
        address();
        step(5s);
        left();
        step(1s);
    }
    EXPECT_EQ(supervisor.portal(), PortalState::opening);
}

TEST_F(SupervisorTest, a_portal_asked_for_while_joined_stays_until_its_time_is_over) {
    policy.mode = Policy::Mode::required;
    to_up();
    EXPECT_TRUE(supervisor.open_portal(now));
    say(Kind::access_point_started);
    left();
    step(1s);
    joined();
    address();
    EXPECT_EQ(supervisor.portal(), PortalState::open) << "the link coming back is not what it is open for";
    step(policy.portal_time - 1s);
    say(Kind::access_point_stopped);
    EXPECT_EQ(said.log.back(), "closed: its time is over");
    EXPECT_FALSE(said.said("given up"));
}

TEST_F(SupervisorTest, networks_changed_in_a_portal_asked_for_close_it_with_the_link) {
    to_up();
    EXPECT_TRUE(supervisor.open_portal(now));
    say(Kind::access_point_started);
    use("Work");
    joined();
    address();
    EXPECT_EQ(supervisor.portal(), PortalState::grace);
    step(60s);
    EXPECT_EQ(supervisor.portal(), PortalState::closing);
}

TEST_F(SupervisorTest, a_link_that_comes_while_the_access_point_starts_counts) {
    to_joining();
    step(policy.connect_timeout);
    next();
    if (supervisor.state() != State::joining) next();
    ASSERT_EQ(supervisor.state(), State::joining);
    ASSERT_EQ(supervisor.portal(), PortalState::opening);
    joined();
    address();
    say(Kind::access_point_started);
    EXPECT_EQ(supervisor.portal(), PortalState::grace);
}

TEST_F(SupervisorTest, the_portal_cannot_be_opened_where_nobody_serves_it) {
    EXPECT_EQ(supervisor.open_portal(now).error(), errors::wifi_no_portal) << "the radio is off";
    start();
    policy.portal_available = false;
    EXPECT_EQ(supervisor.open_portal(now).error(), errors::wifi_no_portal);
}

TEST_F(SupervisorTest, the_access_point_is_as_it_was_set) {
    chip::AccessPointConfig config;
    ASSERT_TRUE(config.ssid.assign("ESP-1"));
    config.address = chip::IpAddress::v4(192, 168, 4, 1);
    supervisor.set_access_point(config);
    to_open();
    EXPECT_EQ(radio.access_points.back().ssid, "ESP-1");
    EXPECT_EQ(radio.access_points.back().address, config.address);
}

// --- The rest ---

TEST_F(SupervisorTest, power_save_follows_the_policy) {
    start();
    EXPECT_EQ(radio.power_saves, std::vector{chip::PowerSave::none});
    policy.power_save = chip::PowerSave::modem_sleep;
    step();
    step();
    EXPECT_EQ(radio.power_saves.size(), 2U);
    EXPECT_EQ(radio.power_saves.back(), chip::PowerSave::modem_sleep);
}

TEST_F(SupervisorTest, a_failing_random_generator_stops_nothing) {
    entropy.outcome = fail(errors::no_entropy);
    to_waiting();
    step(2min);
    EXPECT_EQ(supervisor.state(), State::joining);
}

TEST(Supervisor, before_the_start_it_does_nothing) {
    test::WifiRig rig;
    rig.use("Home");
    rig.step(1h);
    EXPECT_EQ(rig.supervisor.state(), State::off);
    EXPECT_FALSE(rig.supervisor.deadline());
    EXPECT_TRUE(rig.radio.joins.empty());
}

}  // namespace
}  // namespace esb::wifi
