// The wire beside the radio: one test for each row of its table, and when it serves.
#include "esb/wifi/wired_link.hpp"
#include "support/scripted_radio.hpp"
#include "support/scripted_wire.hpp"
#include "support/wifi_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace esb::wifi {
namespace {

using WireKind = chip::WireEvent::Kind;
using Wire = WireState;
using On = WireEvent;

struct WireRig final : WireListener, WireWitness {
    void on_wire_up(const chip::AddressConfig& ip) override { log.push_back("up " + std::string(chip::to_text(ip.address).view())); }
    void on_wire_down(chip::DisconnectReason reason) override { log.push_back("down: " + std::string(chip::name(reason))); }
    void on_wire_silent() override { log.push_back("silent"); }
    void on_row(const WireRow& row) override { rows.push_back(&row); }

    void start() { static_cast<void>(link.start("host", now)); }
    void step(Duration later = Duration(0)) {
        now += later;
        link.set_radio(radio_up, held);
        link.step(now);
    }
    void say(WireKind kind) {
        wire.say(kind);
        step();
    }
    void address(std::uint8_t last = 7) {
        wire.address(last);
        step();
    }
    void to_no_address() { start(), say(WireKind::cable_in); }
    void to_spare() {
        radio_up = true;
        to_no_address(), address();
    }
    void to_serving() { to_no_address(), address(); }

    test::ScriptedWire wire;
    test::FixedEntropy entropy{0};
    Policy policy;
    WiredLink link{&wire, entropy, *this, policy, this};
    Instant now{};
    bool radio_up = false;
    bool held = false;
    std::vector<std::string> log;
    std::vector<const WireRow*> rows;
};

struct WireScenario {
    Wire from;
    On event;
    void (*run)(WireRig&);
};

constexpr WireScenario wire_scenarios[] = {
    {Wire::off, On::started,
     [](WireRig& r) {
         r.start();
         EXPECT_EQ(r.link.state(), Wire::no_cable);
         EXPECT_FALSE(r.link.deadline());
     }},
    {Wire::off, On::refused,
     [](WireRig& r) {
         r.wire.start_outcome = fail(errors::wire_failed);
         EXPECT_EQ(r.link.start("host", r.now).error(), errors::wire_failed);
         r.wire.start_outcome = {};
         r.step(1s);
         EXPECT_EQ(r.wire.starts, 2);
         EXPECT_EQ(r.link.state(), Wire::no_cable);
     }},
    {Wire::no_cable, On::cable_in, [](WireRig& r) { r.to_no_address(); }},
    {Wire::no_address, On::address, [](WireRig& r) { r.to_spare(); }},
    {Wire::no_address, On::time_up,
     [](WireRig& r) {
         r.to_no_address();
         r.step(r.policy.address_timeout);
         r.step(1h);
         EXPECT_EQ(r.log, std::vector<std::string>{"silent"}) << "said once";
         r.address();
         EXPECT_TRUE(r.link.serves()) << "late is better than never";
     }},
    {Wire::no_address, On::cable_out,
     [](WireRig& r) {
         r.to_no_address();
         r.say(WireKind::cable_out);
         EXPECT_TRUE(r.log.empty());
         EXPECT_FALSE(r.link.deadline());
     }},
    {Wire::spare, On::needed,
     [](WireRig& r) {
         r.to_spare();
         r.radio_up = false;
         r.step();
         EXPECT_EQ(r.log, std::vector<std::string>{"up 10.0.0.7"});
     }},
    {Wire::spare, On::time_up,
     [](WireRig& r) {
         r.to_spare();
         r.step(r.policy.wire_settle_time - 1ms);
         EXPECT_FALSE(r.link.serves());
         r.step(1ms);
         EXPECT_EQ(r.log, std::vector<std::string>{"up 10.0.0.7"});
     }},
    {Wire::spare, On::address,
     [](WireRig& r) {
         r.to_spare();
         r.address(8);
         EXPECT_TRUE(r.log.empty());
         r.step(r.policy.wire_settle_time);
         EXPECT_EQ(r.log, std::vector<std::string>{"up 10.0.0.8"});
     }},
    {Wire::spare, On::address_lost,
     [](WireRig& r) {
         r.to_spare();
         r.say(WireKind::address_lost);
         EXPECT_TRUE(r.log.empty());
         EXPECT_FALSE(r.link.address().address.is_set());
     }},
    {Wire::spare, On::cable_out,
     [](WireRig& r) {
         r.to_spare();
         r.say(WireKind::cable_out);
         r.step(1h);
         EXPECT_TRUE(r.log.empty()) << "the radio's link has not noticed";
     }},
    {Wire::serving, On::address,
     [](WireRig& r) {
         r.to_serving();
         r.address(9);
         EXPECT_EQ(r.log.back(), "up 10.0.0.9");
     }},
    {Wire::serving, On::address_lost,
     [](WireRig& r) {
         r.to_serving();
         r.say(WireKind::address_lost);
         EXPECT_EQ(r.log.back(), "down: no address");
         EXPECT_EQ(r.link.state(), Wire::no_address);
     }},
    {Wire::serving, On::cable_out,
     [](WireRig& r) {
         r.to_serving();
         r.say(WireKind::cable_out);
         EXPECT_EQ(r.log.back(), "down: cable out");
         EXPECT_EQ(r.link.state(), Wire::no_cable);
     }},
};

TEST(WireStates, every_row_has_a_test_that_takes_it) {
    for (const auto& row : wire_rows()) {
        SCOPED_TRACE(std::string(name(row.from)) + " + " + std::string(name(row.event)));
        const auto* const scenario =
            std::find_if(std::begin(wire_scenarios), std::end(wire_scenarios),
                         [&row](const auto& one) { return one.from == row.from && one.event == row.event; });
        ASSERT_NE(scenario, std::end(wire_scenarios)) << "this row has no test";
        WireRig rig;
        scenario->run(rig);
        EXPECT_NE(std::find(rig.rows.begin(), rig.rows.end(), &row), rig.rows.end()) << "its test does not take it";
    }
    EXPECT_EQ(std::size(wire_scenarios), wire_rows().size()) << "a test of a row that is gone";
}

TEST(WiredLink, a_board_without_a_socket_has_nothing_to_do) {
    WireRig rig;
    WiredLink none(nullptr, rig.entropy, rig, rig.policy, &rig);
    EXPECT_TRUE(none.start("host", rig.now));
    none.step(rig.now + 1h);
    EXPECT_FALSE(none.present());
    EXPECT_FALSE(none.deadline());
    EXPECT_TRUE(rig.rows.empty());
}

TEST(WiredLink, a_loose_contact_interrupts_nothing) {
    WireRig rig;
    rig.to_spare();
    for (int i = 0; i < 20; ++i) {
        rig.step(rig.policy.wire_settle_time / 2);
        rig.say(WireKind::cable_out);
        rig.say(WireKind::cable_in);
        rig.address();
    }
    EXPECT_TRUE(rig.log.empty());
    rig.step(rig.policy.wire_settle_time);
    EXPECT_EQ(rig.log.size(), 1U);
}

TEST(WiredLink, an_update_by_radio_is_not_disturbed) {
    WireRig rig;
    rig.to_spare();
    rig.held = true;
    rig.step(1h);
    EXPECT_TRUE(rig.log.empty());
    EXPECT_FALSE(rig.link.deadline()) << "no deadline that is over";
    rig.held = false;
    rig.step();
    EXPECT_TRUE(rig.link.serves());
}

TEST(WiredLink, an_update_does_not_keep_it_from_serving_alone) {
    WireRig rig;
    rig.held = true;
    rig.to_serving();
    EXPECT_TRUE(rig.link.serves());
}

// --- The supervisor under it ---

using test::WifiRig;

TEST(Wired, the_station_rests_whatever_the_radio_says) {
    WifiRig rig;
    rig.to_up();
    rig.wire(11);
    rig.left(chip::DisconnectReason::requested);
    rig.joined();
    rig.address(7);
    rig.use({test::known("Home"), test::known("Work")});
    rig.supervisor.try_now(rig.now);
    rig.step(1h);
    EXPECT_EQ(rig.supervisor.state(), State::wired);
    EXPECT_EQ(rig.supervisor.address().address, chip::IpAddress::v4(10, 0, 0, 11));
    EXPECT_EQ(rig.radio.joins.size(), 1U);
}

TEST(Wired, a_try_under_way_is_given_up) {
    for (const auto to : {&WifiRig::to_joining, &WifiRig::to_fresh, &WifiRig::to_scanning, &WifiRig::to_waiting,
                          &WifiRig::to_paused, &WifiRig::to_looking, &WifiRig::to_roaming}) {
        WifiRig rig;
        (rig.*to)();
        rig.wire(11);
        EXPECT_EQ(rig.supervisor.state(), State::wired);
        EXPECT_EQ(rig.said.log.back(), "up  10.0.0.11");
    }
}

TEST(Wired, what_the_broker_was_missed_before_is_forgotten_once_it_was_reached_by_cable) {
    WifiRig rig;
    rig.supervisor.set_broker(Broker::sought, rig.now);
    rig.to_scanning(), rig.scanned({{"Home", -40}, {"Work", -60}}), rig.joined(), rig.address();
    rig.step(rig.policy.settle_time);
    rig.wire(11);
    rig.supervisor.set_broker(Broker::reached, rig.now);
    rig.step(24h);
    rig.supervisor.wire_down(chip::DisconnectReason::cable_out, rig.now);
    rig.supervisor.set_broker(Broker::sought, rig.now);
    rig.joined(), rig.address();
    rig.step(rig.policy.settle_time);
    rig.step();
    EXPECT_EQ(rig.supervisor.state(), State::up) << "its patience has only begun";
    rig.step(rig.policy.broker_patience);
    EXPECT_EQ(rig.supervisor.state(), State::looking);
}

TEST(Wired, it_needs_no_network_that_is_known) {
    WifiRig rig;
    rig.start();
    rig.wire(11);
    EXPECT_TRUE(rig.supervisor.is_up());
    rig.supervisor.wire_down(chip::DisconnectReason::cable_out, rig.now);
    EXPECT_EQ(rig.supervisor.state(), State::idle);
}

TEST(Wired, a_radio_that_starts_late_is_told) {
    WifiRig rig;
    rig.radio.start_outcome = fail(errors::radio_failed);
    rig.start();
    rig.wire(11);
    EXPECT_TRUE(rig.said.log.empty());
    rig.radio.start_outcome = {};
    rig.next();
    EXPECT_EQ(rig.said.log.back(), "up  10.0.0.11");
}

TEST(Wired, a_network_that_was_chosen_meanwhile_comes_first) {
    WifiRig rig;
    rig.to_up();
    rig.wire(11);
    rig.use({test::known("Home"), test::known("Work")});
    rig.supervisor.try_first(test::known("Work").station.ssid, rig.now);
    rig.supervisor.wire_down(chip::DisconnectReason::cable_out, rig.now);
    EXPECT_EQ(rig.radio.joins.back().ssid, "Work");
}

TEST(Wired, a_device_that_needs_a_network_is_content_with_a_cable) {
    WifiRig rig;
    rig.policy.mode = Policy::Mode::required;
    rig.supervisor.set_broker(Broker::sought, rig.now);
    rig.start();
    rig.step();
    rig.say(chip::RadioEvent::Kind::access_point_started);
    rig.wire(11);
    EXPECT_EQ(rig.supervisor.portal(), PortalState::grace) << "it was open for a link";
    rig.step(rig.policy.portal_grace);
    rig.say(chip::RadioEvent::Kind::access_point_stopped);
    rig.step(24h);
    EXPECT_FALSE(rig.said.said("given up"));
    EXPECT_EQ(rig.supervisor.portal(), PortalState::closed);
}

TEST(Wired, a_device_without_a_broker_can_still_be_set_up) {
    WifiRig rig;
    rig.to_open();
    rig.wire(11);
    EXPECT_EQ(rig.supervisor.portal(), PortalState::open) << "the broker is yet to be entered";
    rig.step(rig.policy.portal_grace * 2);
    EXPECT_EQ(rig.supervisor.portal(), PortalState::open);
    rig.supervisor.set_broker(Broker::sought, rig.now);
    EXPECT_EQ(rig.supervisor.portal(), PortalState::grace);
}

}  // namespace
}  // namespace esb::wifi
