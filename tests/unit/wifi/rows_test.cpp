// One test for each row of the supervisor's tables, and the coverage of all of them.
#include "support/wifi_rig.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace esb::wifi {
namespace {

using test::known;
using Rig = test::WifiRig;
using Kind = chip::RadioEvent::Kind;
using chip::DisconnectReason;
using S = State;
using E = Event;
using P = PortalState;
using PE = PortalEvent;

template <typename State, typename Event>
struct Scenario {
    State from;
    Event event;
    void (*run)(Rig&);
};

constexpr Scenario<S, E> link_scenarios[] = {
    {S::off, E::radio_started,
     [](Rig& r) {
         r.start();
         EXPECT_EQ(r.radio.power_saves.size(), 1U);
     }},
    {S::off, E::radio_refused,
     [](Rig& r) {
         r.radio.start_outcome = fail(errors::radio_failed);
         r.start();
         EXPECT_EQ(r.supervisor.state(), S::off);
         r.next();
         EXPECT_EQ(r.radio.starts, 2);
         r.radio.start_outcome = {};
         r.next();
         EXPECT_EQ(r.supervisor.state(), S::idle);
     }},
    {S::choosing, E::none_known,
     [](Rig& r) {
         r.start();
         EXPECT_EQ(r.supervisor.state(), S::idle);
     }},
    {S::choosing, E::scan_wanted,
     [](Rig& r) {
         r.to_scanning();
         EXPECT_EQ(r.radio.scans, 1);
     }},
    {S::choosing, E::chosen,
     [](Rig& r) {
         r.to_joining();
         EXPECT_EQ(r.radio.joins.back().ssid, "Home");
     }},
    {S::choosing, E::round_over,
     [](Rig& r) {
         r.to_waiting();
         EXPECT_EQ(r.supervisor.deadline(), r.now + 1s);
     }},
    {S::choosing, E::phone_waits,
     [](Rig& r) {
         r.to_up();
         r.phone(true);
         r.left();
         r.step(1s);
         EXPECT_EQ(r.supervisor.state(), S::paused);
         EXPECT_EQ(r.radio.joins.size(), 1U);
     }},
    {S::idle, E::networks_changed, [](Rig& r) { r.to_joining(); }},
    {S::scanning, E::scan_done,
     [](Rig& r) {
         r.to_scanning();
         r.scanned({{"Work", -40}, {"Home", -70}});
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
     }},
    {S::scanning, E::time_up,
     [](Rig& r) {
         r.to_scanning();
         r.step(r.policy.scan_timeout);
         EXPECT_EQ(r.radio.joins.back().ssid, "Home");
     }},
    {S::scanning, E::radio_refused,
     [](Rig& r) {
         r.radio.scan_outcome = fail(errors::radio_failed);
         r.to_scanning();
         EXPECT_EQ(r.radio.joins.back().ssid, "Home");
     }},
    {S::scanning, E::networks_changed,
     [](Rig& r) {
         r.to_scanning();
         r.use("Cafe");
         EXPECT_EQ(r.radio.joins.back().ssid, "Cafe");
     }},
    {S::joining, E::joined,
     [](Rig& r) {
         r.to_joining();
         r.joined();
         EXPECT_EQ(r.supervisor.state(), S::no_address);
     }},
    {S::joining, E::refused,
     [](Rig& r) {
         r.to_joining();
         r.left(DisconnectReason::wrong_password);
         EXPECT_EQ(r.said.log.back(), "down Home: wrong password");
     }},
    {S::joining, E::left,
     [](Rig& r) {
         r.to_scanning();
         r.scanned({{"Home", -40}, {"Work", -70}});
         r.left(DisconnectReason::network_not_found);
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
         EXPECT_EQ(r.said.waits.back(), 0s);
     }},
    {S::joining, E::time_up,
     [](Rig& r) {
         r.to_joining();
         r.step(r.policy.join_timeout);
         EXPECT_EQ(r.supervisor.last_reason(), DisconnectReason::network_not_found);
         EXPECT_EQ(r.radio.leaves, 1);
     }},
    {S::joining, E::radio_refused,
     [](Rig& r) {
         r.radio.join_outcome = fail(errors::radio_failed);
         r.to_joining();
         r.step();
         EXPECT_EQ(r.supervisor.state(), S::waiting);
     }},
    {S::joining, E::networks_changed,
     [](Rig& r) {
         r.to_joining();
         r.use("");
         EXPECT_EQ(r.supervisor.state(), S::idle);
         EXPECT_EQ(r.radio.leaves, 1);
     }},
    {S::no_address, E::address,
     [](Rig& r) {
         r.to_fresh();
         EXPECT_EQ(r.said.log.back(), "up Home 10.0.0.7");
     }},
    {S::no_address, E::left,
     [](Rig& r) {
         r.to_joining();
         r.joined();
         r.left(DisconnectReason::no_address);
         EXPECT_EQ(r.said.log.back(), "down Home: no address");
     }},
    {S::no_address, E::time_up,
     [](Rig& r) {
         r.to_joining();
         r.joined();
         r.step(r.policy.address_timeout);
         EXPECT_EQ(r.said.log.back(), "down Home: no address");
         EXPECT_EQ(r.radio.leaves, 1);
     }},
    {S::no_address, E::networks_changed,
     [](Rig& r) {
         r.to_joining();
         r.joined();
         r.use("Work");
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
     }},
    {S::fresh, E::time_up,
     [](Rig& r) {
         r.to_up();
         ASSERT_NE(r.supervisor.last_good(), nullptr);
         EXPECT_EQ(*r.supervisor.last_good(), "Home");
     }},
    {S::fresh, E::left,
     [](Rig& r) {
         r.to_fresh();
         r.step(r.policy.settle_time - 1ms);
         r.left(DisconnectReason::closed_by_peer);
         EXPECT_EQ(r.supervisor.state(), S::waiting);
         EXPECT_EQ(r.supervisor.last_good(), nullptr);
     }},
    {S::fresh, E::address,
     [](Rig& r) {
         r.to_fresh();
         r.address(8);
         EXPECT_EQ(r.said.log.back(), "up Home 10.0.0.8");
     }},
    {S::fresh, E::networks_changed,
     [](Rig& r) {
         r.to_fresh();
         r.use("Work");
         EXPECT_EQ(r.said.log.back(), "down Home: requested");
     }},
    {S::fresh, E::address_stale,
     [](Rig& r) {
         r.to_fresh_as_before_a_sleep();
         r.step(r.policy.kept_address_trial);
         EXPECT_EQ(r.said.log.back(), "down Home: no address");
         EXPECT_EQ(r.supervisor.state(), S::joining) << "at once, and nothing is held against the network";
         EXPECT_FALSE(r.radio.joins.back().ip.address.is_set());
         EXPECT_FALSE(r.radio.joins.back().bssid);
     }},
    {S::up, E::address_stale,
     [](Rig& r) {
         r.to_fresh_as_before_a_sleep();
         r.supervisor.set_broker(Broker::reached, r.now);
         r.step(r.policy.kept_address_trial);
         EXPECT_EQ(r.supervisor.state(), S::up);
         r.next();
         EXPECT_EQ(r.now, Instant(r.kept_lease)) << "a device that stays awake does not outlive its lease";
         EXPECT_EQ(r.said.log.back(), "down Home: no address");
         EXPECT_EQ(r.supervisor.state(), S::joining);
         EXPECT_FALSE(r.radio.joins.back().ip.address.is_set());
     }},
    {S::up, E::left,
     [](Rig& r) {
         r.to_up();
         r.left();
         EXPECT_EQ(r.said.log.back(), "down Home: signal lost");
         EXPECT_EQ(r.said.waits.back(), 1s);
         r.step(1s);
         EXPECT_EQ(r.supervisor.state(), S::joining);
     }},
    {S::up, E::time_up,
     [](Rig& r) {
         r.to_looking();
         EXPECT_EQ(r.supervisor.state(), S::looking);
         EXPECT_TRUE(r.supervisor.is_up());
     }},
    {S::up, E::address,
     [](Rig& r) {
         r.to_up();
         r.address(9);
         EXPECT_EQ(r.said.log.back(), "up Home 10.0.0.9");
         EXPECT_EQ(r.supervisor.state(), S::up);
     }},
    {S::up, E::networks_changed,
     [](Rig& r) {
         r.to_up();
         r.use({known("Home", "another one")});
         EXPECT_EQ(r.said.log.back(), "down Home: requested");
         EXPECT_EQ(r.supervisor.state(), S::joining);
     }},
    {S::looking, E::other_heard,
     [](Rig& r) {
         r.to_looking();
         r.scanned({{"Home", -40}, {"Work", -80}});
         EXPECT_EQ(r.said.log.back(), "down Home: requested");
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
     }},
    {S::looking, E::none_heard,
     [](Rig& r) {
         r.to_looking();
         r.scanned({{"Home", -40}, {"Cafe", -50}});
         EXPECT_EQ(r.supervisor.state(), S::up);
         EXPECT_EQ(r.supervisor.deadline(), r.now + 2 * r.policy.broker_patience);
     }},
    {S::looking, E::time_up,
     [](Rig& r) {
         r.to_looking();
         r.step(r.policy.scan_timeout);
         EXPECT_EQ(r.supervisor.state(), S::up);
     }},
    {S::looking, E::radio_refused,
     [](Rig& r) {
         r.radio.scan_outcome = fail(errors::radio_failed);
         r.to_looking();
         EXPECT_EQ(r.supervisor.state(), S::up);
     }},
    {S::looking, E::broker_reached,
     [](Rig& r) {
         r.to_looking();
         r.supervisor.set_broker(Broker::reached, r.now);
         r.scanned({{"Work", -10}});
         EXPECT_EQ(r.supervisor.state(), S::up);
         EXPECT_FALSE(r.supervisor.deadline());
     }},
    {S::looking, E::left,
     [](Rig& r) {
         r.to_looking();
         r.left();
         EXPECT_EQ(r.supervisor.state(), S::waiting);
     }},
    {S::looking, E::address,
     [](Rig& r) {
         r.to_looking();
         r.address(5);
         EXPECT_EQ(r.radio.scans, 2) << "one to begin with, one to look around";
     }},
    {S::looking, E::networks_changed,
     [](Rig& r) {
         r.to_looking();
         r.use("Cafe");
         EXPECT_EQ(r.radio.joins.back().ssid, "Cafe");
     }},
    {S::up, E::signal_weak,
     [](Rig& r) {
         r.to_roaming();
         EXPECT_EQ(r.supervisor.state(), S::roaming);
         EXPECT_TRUE(r.supervisor.is_up());
         EXPECT_EQ(r.radio.scans, 1);
     }},
    {S::roaming, E::stronger_heard,
     [](Rig& r) {
         r.to_roaming();
         r.spots({{"Home", 2, -50}, {"Home", 1, -80}});
         EXPECT_EQ(r.said.log.back(), "down Home: requested");
         EXPECT_EQ(r.spot(), 2);
         r.left(DisconnectReason::association_refused);
         EXPECT_EQ(r.spot(), 1) << "back to the one it came from";
     }},
    {S::roaming, E::none_heard,
     [](Rig& r) {
         r.to_roaming();
         r.spots({{"Cafe", 3, -30}, {"Home", 2, -69}, {"Home", 1, -80}});
         EXPECT_EQ(r.supervisor.state(), S::up) << "11 dB more are not much more";
         r.step(r.policy.roam_pause - 1ms);
         EXPECT_EQ(r.radio.scans, 1);
         r.step(1ms);
         EXPECT_EQ(r.radio.scans, 2);
     }},
    {S::roaming, E::time_up,
     [](Rig& r) {
         r.to_roaming();
         r.step(r.policy.scan_timeout);
         EXPECT_EQ(r.supervisor.state(), S::up);
     }},
    {S::roaming, E::radio_refused,
     [](Rig& r) {
         r.radio.scan_outcome = fail(errors::radio_failed);
         r.to_roaming();
         EXPECT_EQ(r.supervisor.state(), S::up);
     }},
    {S::roaming, E::left,
     [](Rig& r) {
         r.to_roaming();
         r.left();
         EXPECT_EQ(r.supervisor.state(), S::waiting);
     }},
    {S::roaming, E::address,
     [](Rig& r) {
         r.to_roaming();
         r.address(5);
         EXPECT_EQ(r.said.log.back(), "up Home 10.0.0.5");
         EXPECT_EQ(r.radio.scans, 1);
     }},
    {S::roaming, E::networks_changed,
     [](Rig& r) {
         r.to_roaming();
         r.use("Cafe");
         EXPECT_EQ(r.radio.joins.back().ssid, "Cafe");
     }},
    {S::waiting, E::time_up,
     [](Rig& r) {
         r.to_waiting();
         r.step(1s);
         EXPECT_EQ(r.radio.joins.size(), 2U);
     }},
    {S::waiting, E::phone_came,
     [](Rig& r) {
         r.to_paused();
         r.step(1min);
         EXPECT_EQ(r.radio.joins.size(), 1U);
     }},
    {S::waiting, E::networks_changed,
     [](Rig& r) {
         r.to_waiting();
         r.use("Work");
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
     }},
    {S::paused, E::time_up,
     [](Rig& r) {
         r.to_paused();
         r.step(r.policy.phone_pause);
         EXPECT_EQ(r.radio.joins.size(), 2U);
         r.left();
         EXPECT_EQ(r.supervisor.state(), S::paused);
     }},
    {S::paused, E::phone_left,
     [](Rig& r) {
         r.to_paused();
         r.phone(false);
         r.step(1s);
         EXPECT_EQ(r.radio.joins.size(), 2U);
     }},
    {S::paused, E::networks_changed,
     [](Rig& r) {
         r.to_paused();
         r.use("Work");
         EXPECT_EQ(r.radio.joins.back().ssid, "Work");
         r.joined();
         EXPECT_EQ(r.supervisor.state(), S::no_address) << "the phone does not end the try it asked for";
     }},
    {S::choosing, E::wire_up,
     [](Rig& r) {
         r.to_up();
         r.wire(11);
         EXPECT_EQ(r.supervisor.state(), S::wired);
         EXPECT_EQ(r.radio.leaves, 1) << "the station rests";
         EXPECT_EQ(r.said.log.back(), "up  10.0.0.11");
     }},
    {S::wired, E::wire_up,
     [](Rig& r) {
         r.to_up();
         r.wire(11);
         r.wire(12);
         EXPECT_EQ(r.said.log.back(), "up  10.0.0.12");
         EXPECT_EQ(r.supervisor.address().address, chip::IpAddress::v4(10, 0, 0, 12));
     }},
    {S::wired, E::wire_down,
     [](Rig& r) {
         r.to_up();
         r.wire(11);
         r.supervisor.wire_down(DisconnectReason::cable_out, r.now);
         EXPECT_EQ(r.said.log.back(), "down : cable out");
         EXPECT_EQ(r.radio.joins.size(), 2U);
         EXPECT_EQ(r.radio.joins.back().ssid, "Home");
     }},
};

constexpr Scenario<P, PE> portal_scenarios[] = {
    {P::closed, PE::link_missing,
     [](Rig& r) {
         r.to_joining();
         r.step(r.policy.connect_timeout);
         EXPECT_EQ(r.radio.access_points.size(), 1U);
         EXPECT_EQ(r.radio.access_points.back().address, chip::IpAddress::v4(4, 3, 2, 1));
     }},
    {P::closed, PE::asked,
     [](Rig& r) {
         r.to_up();
         EXPECT_TRUE(r.supervisor.open_portal(r.now));
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.said.log.back(), "open: asked for");
     }},
    {P::closed, PE::started,
     [](Rig& r) {
         r.to_up();
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.radio.stops, 1);
     }},
    {P::opening, PE::started,
     [](Rig& r) {
         r.to_open();
         EXPECT_EQ(r.said.log.back(), "open: no link");
     }},
    {P::opening, PE::refused,
     [](Rig& r) {
         r.radio.access_point_outcome = fail(errors::radio_failed);
         r.to_opening();
         EXPECT_EQ(r.radio.stops, 1);
         r.say(Kind::access_point_stopped);
         r.step(r.policy.portal_retry - 1ms);
         EXPECT_EQ(r.radio.access_points.size(), 1U);
         r.step(1ms);
         EXPECT_EQ(r.radio.access_points.size(), 2U);
         EXPECT_TRUE(r.said.log.empty()) << "it was never on the air";
     }},
    {P::opening, PE::time_up,
     [](Rig& r) {
         r.to_opening();
         r.step(r.policy.access_point_timeout);
         EXPECT_EQ(r.radio.stops, 1);
     }},
    {P::opening, PE::unasked,
     [](Rig& r) {
         r.to_opening();
         r.supervisor.close_portal(r.now);
         EXPECT_EQ(r.radio.stops, 1);
     }},
    {P::open, PE::link_up,
     [](Rig& r) {
         r.to_grace();
         EXPECT_EQ(r.supervisor.portal(), P::grace);
     }},
    {P::open, PE::result_shown,
     [](Rig& r) {
         r.to_up();
         EXPECT_TRUE(r.supervisor.open_portal(r.now));
         r.say(Kind::access_point_started);
         r.supervisor.portal_result_shown(r.now);
         EXPECT_EQ(r.radio.stops, 1);
     }},
    {P::open, PE::time_up,
     [](Rig& r) {
         r.to_open();
         r.step(r.policy.portal_time);
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: its time is over");
         EXPECT_FALSE(r.said.said("given up"));
         r.step(r.policy.portal_pause - 1ms);
         EXPECT_EQ(r.radio.access_points.size(), 1U);
         r.step(1ms);
         EXPECT_EQ(r.radio.access_points.size(), 2U);
     }},
    {P::open, PE::given_up,
     [](Rig& r) {
         r.policy.mode = Policy::Mode::required;
         r.to_open();
         r.step(r.policy.portal_time);
         EXPECT_EQ(r.radio.stops, 1);
         EXPECT_EQ(r.said.log.back(), "given up");
     }},
    {P::open, PE::asked,
     [](Rig& r) {
         r.to_open();
         r.step(r.policy.portal_time - 1s);
         EXPECT_TRUE(r.supervisor.open_portal(r.now));
         r.step(r.policy.portal_time - 1s);
         EXPECT_EQ(r.supervisor.portal(), P::open);
     }},
    {P::open, PE::started,
     [](Rig& r) {
         r.to_open();
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.supervisor.portal(), P::open);
         EXPECT_EQ(r.said.log.at(1), "closed: the radio ended it");
         EXPECT_EQ(r.said.log.at(2), r.said.log.at(0));
     }},
    {P::open, PE::stopped,
     [](Rig& r) {
         r.to_open();
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.radio.access_points.size(), 2U);
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.said.log.size(), 3U) << "closed and opened anew: what was bound to it is dead";
         EXPECT_EQ(r.supervisor.deadline(), Instant(r.policy.portal_time));
     }},
    {P::open, PE::unasked,
     [](Rig& r) {
         r.to_open();
         r.supervisor.close_portal(r.now);
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: asked for");
     }},
    {P::grace, PE::result_shown,
     [](Rig& r) {
         r.to_grace();
         r.supervisor.portal_result_shown(r.now);
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: the result was shown");
     }},
    {P::grace, PE::time_up,
     [](Rig& r) {
         r.to_grace();
         r.step(30s);  // settled
         r.step(30s);
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: the link is up");
     }},
    {P::grace, PE::link_down,
     [](Rig& r) {
         r.to_grace();
         r.left();
         EXPECT_EQ(r.supervisor.portal(), P::open);
     }},
    {P::grace, PE::held,
     [](Rig& r) {
         r.to_grace();
         r.supervisor.hold_portal(true, r.now);
         r.step(2min);
         EXPECT_EQ(r.supervisor.portal(), P::open);
         r.supervisor.hold_portal(false, r.now);
         EXPECT_EQ(r.supervisor.portal(), P::grace);
     }},
    {P::grace, PE::started,
     [](Rig& r) {
         r.to_grace();
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.supervisor.portal(), P::grace) << "at once again, the link is up";
         EXPECT_EQ(r.said.log.at(2), "closed: the radio ended it");
     }},
    {P::grace, PE::asked,
     [](Rig& r) {
         r.to_grace();
         EXPECT_TRUE(r.supervisor.open_portal(r.now));
         r.step(2min);
         EXPECT_EQ(r.supervisor.portal(), P::open);
     }},
    {P::grace, PE::stopped,
     [](Rig& r) {
         r.to_grace();
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: the radio ended it");
     }},
    {P::grace, PE::unasked,
     [](Rig& r) {
         r.to_grace();
         r.supervisor.close_portal(r.now);
         EXPECT_EQ(r.radio.stops, 1);
     }},
    {P::closing, PE::stopped,
     [](Rig& r) {
         r.to_closing();
         EXPECT_EQ(r.said.log.size(), 1U) << "not closed before the radio says so";
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.supervisor.portal(), P::closed);
     }},
    {P::closing, PE::time_up,
     [](Rig& r) {
         r.to_closing();
         for (int i = 2; i < 10; ++i) {
             r.step(r.policy.access_point_timeout);
             EXPECT_EQ(r.radio.stops, i);
         }
         r.say(Kind::access_point_stopped);
         EXPECT_EQ(r.said.log.back(), "closed: asked for");
     }},
    {P::closing, PE::asked,
     [](Rig& r) {
         r.to_closing();
         EXPECT_TRUE(r.supervisor.open_portal(r.now));
         r.say(Kind::access_point_stopped);
         r.say(Kind::access_point_started);
         EXPECT_EQ(r.supervisor.portal(), P::open);
     }},
};

std::span<const LinkRow> rows(S) { return link_rows(); }
std::span<const PortalRow> rows(P) { return portal_rows(); }
const std::vector<const LinkRow*>& taken(const Rig& rig, S) { return rig.said.links; }
const std::vector<const PortalRow*>& taken(const Rig& rig, P) { return rig.said.portals; }

template <typename A, typename B, std::size_t N>
const Scenario<A, B>* find(const Scenario<A, B> (&list)[N], const Row<A, B>& row) {
    const auto found = std::find_if(std::begin(list), std::end(list), [&row](const auto& scenario) {
        return scenario.from == row.from && scenario.event == row.event;
    });
    return found == std::end(list) ? nullptr : found;
}

// Runs the scenario of every row; returns how many rows were taken by theirs.
template <typename A, typename B, std::size_t N>
std::size_t check_rows(const Scenario<A, B> (&scenarios)[N]) {
    std::set<const void*> hit;
    for (const auto& row : rows(A{})) {
        const auto text = std::string(name(row.from)) + " + " + std::string(name(row.event));
        SCOPED_TRACE(text);
        const auto* scenario = find(scenarios, row);
        EXPECT_NE(scenario, nullptr) << "this row has no test";
        if (scenario == nullptr) continue;
        Rig rig;
        scenario->run(rig);
        const auto& all = taken(rig, A{});
        const bool was_taken = std::find(all.begin(), all.end(), &row) != all.end();
        EXPECT_TRUE(was_taken) << "its test does not take it";
        if (was_taken) hit.insert(&row);
    }
    return hit.size();
}

TEST(WifiStates, every_row_of_the_link_has_a_test_that_takes_it) {
    const auto hit = check_rows(link_scenarios);
    std::cout << "link: " << hit << " of " << link_rows().size() << " transitions covered by their own test\n";
    EXPECT_EQ(hit, link_rows().size());
    EXPECT_EQ(std::size(link_scenarios), link_rows().size()) << "a test of a row that is gone";
}

TEST(WifiStates, every_row_of_the_portal_has_a_test_that_takes_it) {
    const auto hit = check_rows(portal_scenarios);
    std::cout << "portal: " << hit << " of " << portal_rows().size() << " transitions covered by their own test\n";
    EXPECT_EQ(hit, portal_rows().size());
    EXPECT_EQ(std::size(portal_scenarios), portal_rows().size()) << "a test of a row that is gone";
}

TEST(WifiStates, an_event_without_a_row_changes_nothing) {
    test::WifiRecorder recorder;
    Machine<State, Event> machine(link_rows(), State::up);
    EXPECT_FALSE(machine.take(Event::joined, &recorder));
    EXPECT_EQ(machine.state(), State::up);
    EXPECT_TRUE(recorder.links.empty());
    EXPECT_TRUE(machine.take(Event::left, nullptr));
    EXPECT_EQ(machine.state(), State::waiting);
}

}  // namespace
}  // namespace esb::wifi
