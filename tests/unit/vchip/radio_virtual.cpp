// The radio's state machine, in virtual time.
#include "host/vchip/virtual_radio.hpp"

#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_parts.hpp"
#include "host/vchip/sim_sockets.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace esb;
using namespace esb::vchip;
using chip::DisconnectReason;
using chip::IpAddress;
using chip::RadioEvent;
using Kind = RadioEvent::Kind;

namespace {

constexpr chip::AddressConfig lease{IpAddress::v4(192, 0, 2, 10), IpAddress::v4(255, 255, 255, 0),
                                    IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 1)};

chip::StationConfig station(std::string_view ssid, std::string_view passphrase) {
    chip::StationConfig config;
    EXPECT_TRUE(config.ssid.assign(ssid));
    EXPECT_TRUE(config.passphrase.assign(as_bytes(passphrase)));
    return config;
}

chip::AccessPointConfig access_point(std::string_view passphrase, std::uint8_t stations = 1) {
    chip::AccessPointConfig config;
    EXPECT_TRUE(config.ssid.assign("ESP-TEST"));
    EXPECT_TRUE(config.passphrase.assign(as_bytes(passphrase)));
    config.address = IpAddress::v4(4, 3, 2, 1);
    config.max_stations = stations;
    return config;
}

struct Radio : testing::Test {
    SimWorld world;
    SimNetwork network{world};
    StationLink link;
    SimSockets sockets{network, SimPlace{0, lease.address}, &link};
    SimRadio radio{world, sockets, link, lease};

    void SetUp() override {
        radio.add_network("Home", "correct horse", -48);
        ASSERT_TRUE(radio.start("DE", "host"));
    }
    // The next event, waiting up to a minute.
    std::optional<RadioEvent> next() {
        for (int i = 0; i < 100; ++i) {
            if (const auto event = radio.next_event()) return event;
            EXPECT_TRUE(sockets.wait({}, Duration(600)));
        }
        return std::nullopt;
    }
    Kind next_kind() { return next().value_or(RadioEvent{.kind = Kind::client_left}).kind; }
    DisconnectReason next_reason() {
        const auto event = next();
        EXPECT_TRUE(event && event->kind == Kind::station_left);
        return event ? event->reason : DisconnectReason::unknown;
    }
    void join_home() {
        ASSERT_TRUE(radio.join(station("Home", "correct horse")));
        EXPECT_EQ(next_kind(), Kind::station_joined);
        EXPECT_EQ(next_kind(), Kind::station_address);
    }
};

}  // namespace

TEST_F(Radio, access_points_of_one_name_are_told_apart_by_their_address) {
    Air air;
    for (std::uint8_t spot = 1; spot <= 3; ++spot) {
        AirNetwork one;
        ASSERT_TRUE(one.ssid.assign("Mesh"));
        one.passphrase = "correct horse";
        one.bssid = {2, 0, 0, 0, 0, spot};
        one.rssi = static_cast<std::int8_t>(-40 - 10 * spot);
        if (spot == 1) one.refuses = DisconnectReason::association_refused;
        if (spot == 2) one.passphrase = "another one";
        air.networks.push_back(one);
    }
    radio.set_air(air);
    const auto outcome = [&](std::optional<chip::Mac> bssid) {
        auto config = station("Mesh", "correct horse");
        config.bssid = bssid;
        EXPECT_TRUE(radio.join(config));
        for (int i = 0; i < 100; ++i) {
            world.clock().advance_to(world.clock().now() + Duration(10));
            while (const auto event = radio.next_event()) {
                if (event->kind == Kind::station_address) return std::string("up");
                const bool ours = event->kind == Kind::station_left && event->reason != DisconnectReason::requested;
                if (ours) return std::string(chip::name(event->reason));
            }
        }
        return std::string("nothing");
    };
    EXPECT_EQ(outcome(std::nullopt), "association refused") << "the strongest";
    EXPECT_EQ(outcome(chip::Mac{2, 0, 0, 0, 0, 2}), "wrong password");
    EXPECT_EQ(outcome(chip::Mac{2, 0, 0, 0, 0, 9}), "network not found");
    EXPECT_EQ(outcome(chip::Mac{2, 0, 0, 0, 0, 3}), "up");
    EXPECT_EQ(radio.link()->rssi, -70);
    air.networks[2].rssi = -90;
    radio.set_air(air);
    EXPECT_EQ(radio.link()->rssi, -90) << "still joined, further away";
}

TEST_F(Radio, joins_and_gets_the_lease_and_only_then_is_the_link_up) {
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_FALSE(radio.link());
    EXPECT_EQ(next_kind(), Kind::station_joined);
    EXPECT_FALSE(link.up);
    const auto event = next();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, Kind::station_address);
    EXPECT_EQ(event->ip.address, lease.address);
    EXPECT_TRUE(link.up);
    EXPECT_EQ(radio.link()->rssi, -48);
    EXPECT_EQ(radio.host_name(), "host");
}

TEST_F(Radio, nothing_works_before_start) {
    SimRadio cold(world, sockets, link, lease);
    EXPECT_EQ(cold.join(station("Home", "x")).error(), errors::radio_failed);
    EXPECT_EQ(cold.leave().error(), errors::radio_failed);
    EXPECT_EQ(cold.start_scan().error(), errors::radio_failed);
    EXPECT_EQ(cold.start_access_point(access_point("password")).error(), errors::radio_failed);
    EXPECT_EQ(cold.stop_access_point().error(), errors::radio_failed);
    EXPECT_EQ(cold.set_power_save(chip::PowerSave::none).error(), errors::radio_failed);
    EXPECT_EQ(cold.start("DEU", "").error(), errors::invalid_argument);
}

TEST_F(Radio, a_wrong_password_a_missing_network_and_silent_dhcp_have_their_reasons) {
    ASSERT_TRUE(radio.join(station("Home", "wrong horse")));
    EXPECT_EQ(next_reason(), DisconnectReason::wrong_password);
    ASSERT_TRUE(radio.join(station("Away", "correct horse")));
    EXPECT_EQ(next_reason(), DisconnectReason::network_not_found);
    Air air = radio.air();
    air.networks[0].dhcp = false;
    radio.set_air(air);
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_EQ(next_kind(), Kind::station_joined);
    EXPECT_TRUE(radio.link());
    EXPECT_EQ(next_reason(), DisconnectReason::no_address);
    EXPECT_FALSE(radio.link());
}

TEST_F(Radio, a_static_address_needs_no_dhcp) {
    Air air = radio.air();
    air.networks[0].dhcp = false;
    radio.set_air(air);
    auto config = station("Home", "correct horse");
    config.ip.address = IpAddress::v4(192, 0, 2, 77);
    ASSERT_TRUE(radio.join(config));
    EXPECT_EQ(next_kind(), Kind::station_joined);
    EXPECT_EQ(next()->ip.address, config.ip.address);
}

TEST_F(Radio, an_access_point_that_is_where_it_was_is_joined_sooner) {
    const auto time_to_join = [this](std::optional<chip::Mac> bssid, std::uint8_t channel) {
        auto config = station("Home", "correct horse");
        config.bssid = bssid;
        config.channel = channel;
        const auto began = world.now();
        EXPECT_TRUE(radio.join(config));
        Kind kind{};
        while ((kind = next_kind()) == Kind::station_left) {  // the join before it
        }
        EXPECT_EQ(kind, Kind::station_joined);
        return world.now() - began;
    };
    const auto home = radio.air().networks[0];
    const auto found_at_once = time_to_join(home.bssid, home.channel);
    EXPECT_LT(found_at_once, time_to_join(std::nullopt, 0));
    EXPECT_LT(found_at_once, time_to_join(home.bssid, static_cast<std::uint8_t>(home.channel + 1)));
}

TEST_F(Radio, dhcp_says_how_long_and_a_foreign_address_reaches_nobody) {
    Air air = radio.air();
    air.networks[0].address = IpAddress::v4(10, 7, 0, 3);
    radio.set_air(air);
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_EQ(next_kind(), Kind::station_joined);
    const auto leased = next();
    EXPECT_EQ(leased->ip.address, IpAddress::v4(10, 7, 0, 3));
    EXPECT_EQ(leased->lease, std::chrono::hours(1));
    EXPECT_TRUE(link.up);
    for (const bool foreign : {true, false}) {
        auto config = station("Home", "correct horse");
        config.ip.address = IpAddress::v4(10, foreign ? 8 : 7, 0, 3);
        ASSERT_TRUE(radio.join(config));
        EXPECT_EQ(next_kind(), Kind::station_left);
        EXPECT_EQ(next_kind(), Kind::station_joined);
        const auto fixed = next();
        EXPECT_EQ(fixed->ip.address, config.ip.address);
        EXPECT_EQ(fixed->lease.count(), 0);
        EXPECT_EQ(link.up, !foreign);
    }
}

TEST_F(Radio, a_known_password_is_not_used_on_an_open_look_alike) {
    radio.add_network("Cafe", "", -30);
    ASSERT_TRUE(radio.join(station("Cafe", "secret12")));
    EXPECT_EQ(next_reason(), DisconnectReason::auth_refused);
    ASSERT_TRUE(radio.join(station("Cafe", "")));
    EXPECT_EQ(next_kind(), Kind::station_joined);
}

TEST_F(Radio, loses_the_signal_when_the_network_goes_and_when_the_air_is_off) {
    join_home();
    radio.remove_network("Home");
    EXPECT_EQ(next_reason(), DisconnectReason::signal_lost);
    EXPECT_FALSE(link.up);
    radio.add_network("Home", "correct horse");
    join_home();
    radio.set_on(false);
    EXPECT_EQ(next_reason(), DisconnectReason::signal_lost);
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_EQ(next_reason(), DisconnectReason::network_not_found);
}

TEST_F(Radio, an_edited_password_matters_at_the_next_join) {
    join_home();
    Air air = radio.air();
    air.networks[0].passphrase = "new password";
    radio.set_air(air);
    EXPECT_FALSE(radio.next_event());
    EXPECT_TRUE(link.up);
    ASSERT_TRUE(radio.leave());
    EXPECT_EQ(next_reason(), DisconnectReason::requested);
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_EQ(next_reason(), DisconnectReason::wrong_password);
}

TEST_F(Radio, another_join_ends_the_first_and_a_peer_may_end_it) {
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    ASSERT_TRUE(radio.join(station("Home", "correct horse")));
    EXPECT_EQ(next_reason(), DisconnectReason::requested);
    EXPECT_EQ(next_kind(), Kind::station_joined);
    radio.kick(DisconnectReason::closed_by_peer);
    EXPECT_EQ(next_reason(), DisconnectReason::closed_by_peer);
    radio.kick(DisconnectReason::closed_by_peer);
    EXPECT_FALSE(radio.next_event());
    EXPECT_EQ(radio.join(station("", "")).error(), errors::invalid_argument);
}

TEST_F(Radio, the_strongest_of_one_name_is_joined_unless_one_is_named) {
    radio.add_network("Home", "correct horse", -30);
    join_home();
    EXPECT_EQ(radio.link()->rssi, -30);
    auto config = station("Home", "correct horse");
    config.bssid = radio.air().networks[0].bssid;
    ASSERT_TRUE(radio.join(config));
    EXPECT_EQ(next_reason(), DisconnectReason::requested);
    EXPECT_EQ(next_kind(), Kind::station_joined);
    EXPECT_EQ(radio.link()->rssi, -48);
}

TEST_F(Radio, a_hidden_network_is_not_scanned_and_found_only_when_asked_for) {
    Air air = radio.air();
    air.networks[0].hidden = true;
    radio.set_air(air);
    ASSERT_TRUE(radio.start_scan());
    EXPECT_EQ(next_kind(), Kind::scan_done);
    chip::ScanEntry entry;
    EXPECT_EQ(radio.scan_results({&entry, 1}), 0U);
    auto config = station("Home", "correct horse");
    ASSERT_TRUE(radio.join(config));
    EXPECT_EQ(next_reason(), DisconnectReason::network_not_found);
    config.hidden = true;
    ASSERT_TRUE(radio.join(config));
    EXPECT_EQ(next_kind(), Kind::station_joined);
}

TEST_F(Radio, a_scan_is_sorted_by_strength_and_only_one_runs_at_a_time) {
    radio.add_network("Weak", "", -90);
    radio.add_network("Strong", "", -20);
    ASSERT_TRUE(radio.start_scan());
    EXPECT_EQ(radio.start_scan().error(), errors::busy);
    EXPECT_EQ(next_kind(), Kind::scan_done);
    std::array<chip::ScanEntry, 2> two;
    ASSERT_EQ(radio.scan_results(two), 2U);
    EXPECT_EQ(two[0].ssid, "Strong");
    EXPECT_EQ(two[0].auth, chip::Auth::open);
    EXPECT_EQ(two[1].ssid, "Home");
    EXPECT_TRUE(radio.start_scan());
}

TEST_F(Radio, an_access_point_needs_a_password) {
    EXPECT_EQ(radio.start_access_point(access_point("")).error(), errors::radio_open_ap);
    EXPECT_EQ(radio.start_access_point(access_point("1234567")).error(), errors::radio_open_ap);
    EXPECT_EQ(radio.access_point(), nullptr);
    ASSERT_TRUE(radio.start_access_point(access_point("12345678")));
    EXPECT_EQ(next_kind(), Kind::access_point_started);
    EXPECT_EQ(radio.access_point()->ssid, "ESP-TEST");
}

TEST_F(Radio, phones_join_up_to_the_limit_and_leave_with_the_access_point) {
    constexpr chip::Mac first{2, 0, 0, 0, 0, 1};
    constexpr chip::Mac second{2, 0, 0, 0, 0, 2};
    radio.set_phones({first, second});
    ASSERT_TRUE(radio.start_access_point(access_point("12345678")));
    EXPECT_EQ(next_kind(), Kind::access_point_started);
    EXPECT_EQ(next()->client, first);
    std::array<chip::Mac, 4> clients;
    EXPECT_EQ(radio.access_point_clients(clients), 1U);
    radio.set_phones({second});
    EXPECT_EQ(next_kind(), Kind::client_left);
    EXPECT_EQ(next()->client, second);
    ASSERT_TRUE(radio.stop_access_point());
    EXPECT_EQ(next_kind(), Kind::client_left);
    EXPECT_EQ(next_kind(), Kind::access_point_stopped);
    ASSERT_TRUE(radio.stop_access_point());
    EXPECT_EQ(next_kind(), Kind::access_point_stopped) << "confirmed also when it is off already";
    EXPECT_FALSE(radio.next_event());
}

TEST_F(Radio, an_access_point_may_accept_and_drop) {
    Air air = radio.air();
    air.networks[0].drops_after = 2s;
    radio.set_air(air);
    for (int i = 0; i < 3; ++i) {
        join_home();
        const auto since = world.now();
        EXPECT_EQ(next_reason(), DisconnectReason::closed_by_peer);
        EXPECT_EQ(world.now() - since, 2s);
        EXPECT_FALSE(link.up);
    }
    air.networks[0].drops_after.reset();
    radio.set_air(air);
    join_home();
    EXPECT_FALSE(next());
}

TEST_F(Radio, knows_its_power_save_mode) {
    EXPECT_EQ(radio.power_save(), chip::PowerSave::none);
    ASSERT_TRUE(radio.set_power_save(chip::PowerSave::modem_sleep));
    EXPECT_EQ(radio.power_save(), chip::PowerSave::modem_sleep);
}

TEST_F(Radio, a_queue_nobody_empties_keeps_the_newest) {
    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(radio.start_access_point(access_point("12345678")));
        ASSERT_TRUE(radio.stop_access_point());
    }
    std::optional<RadioEvent> last;
    int count = 0;
    while (const auto event = radio.next_event()) {
        last = event;
        ++count;
    }
    EXPECT_EQ(count, 64);
    EXPECT_EQ(last->kind, Kind::access_point_stopped);
}

TEST_F(Radio, power_off_forgets_everything_silently) {
    join_home();
    ASSERT_TRUE(radio.start_access_point(access_point("12345678")));
    radio.power_off();
    EXPECT_FALSE(radio.next_event());
    EXPECT_FALSE(link.up);
    EXPECT_EQ(radio.access_point(), nullptr);
    EXPECT_EQ(radio.leave().error(), errors::radio_failed);
}
