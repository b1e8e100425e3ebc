// A link that is taken up again after a deep sleep, and what the next one may know of it.
#include "support/wifi_rig.hpp"

#include <gtest/gtest.h>

namespace esb::wifi {
namespace {

using chip::DisconnectReason;
using chip::IpAddress;
using test::known;

struct ResumedLink : testing::Test, test::WifiRig {
    const chip::StationConfig& asked() const { return radio.joins.back(); }
    bool asked_as_usual() const { return !asked().bssid && asked().channel == 0 && !asked().ip.address.is_set(); }
    // A DHCP server's word.
    void lease(std::chrono::seconds time) {
        chip::RadioEvent event{.kind = Kind::station_address};
        event.ip.address = IpAddress::v4(10, 0, 0, 9);
        event.lease = time;
        radio.events.push_back(event);
        step();
    }
    void reach_broker() { supervisor.set_broker(Broker::reached, now); }
};

TEST_F(ResumedLink, is_joined_where_it_was_without_a_scan_and_without_dhcp) {
    supervisor.resume(kept_link());
    start();
    use({known("Work", "", 9), known("Home", "secret!!")});
    ASSERT_EQ(radio.joins.size(), 1U) << "several are known, and none is looked for";
    EXPECT_EQ(radio.scans, 0);
    EXPECT_EQ(asked().ssid, "Home");
    EXPECT_TRUE(equal(asked().passphrase.reveal(), as_bytes("secret!!")));
    EXPECT_EQ(asked().bssid, kept_link().bssid);
    EXPECT_EQ(asked().channel, 6);
    EXPECT_EQ(asked().ip.address, IpAddress::v4(10, 0, 0, 8));
    EXPECT_TRUE(supervisor.resumed());
}

TEST_F(ResumedLink, without_an_address_dhcp_is_asked_there) {
    auto link = kept_link();
    link.ip = {};
    supervisor.resume(link);
    to_joining();
    EXPECT_EQ(asked().channel, 6);
    EXPECT_FALSE(asked().ip.address.is_set());
    joined();
    lease(1h);
    step(policy.kept_address_trial);
    EXPECT_TRUE(supervisor.is_up()) << "a fresh address needs no proof";
}

TEST_F(ResumedLink, an_access_point_that_is_gone_is_looked_for_as_usual_at_once) {
    supervisor.resume(kept_link());
    to_joining();
    left(DisconnectReason::network_not_found);
    ASSERT_EQ(supervisor.state(), State::joining);
    EXPECT_EQ(radio.joins.size(), 2U);
    EXPECT_TRUE(asked_as_usual());
    EXPECT_FALSE(supervisor.resumed());
    EXPECT_EQ(said.waits.back(), 0s);
}

TEST_F(ResumedLink, a_radio_that_says_nothing_is_asked_as_usual_after_a_shorter_time) {
    supervisor.resume(kept_link());
    to_joining();
    step(policy.kept_join_timeout - 1ms);
    EXPECT_EQ(radio.joins.size(), 1U);
    step(1ms);
    EXPECT_EQ(radio.joins.size(), 2U);
    EXPECT_TRUE(asked_as_usual());
    EXPECT_EQ(supervisor.deadline(), now + policy.join_timeout);
}

TEST_F(ResumedLink, a_password_refused_there_is_not_held_against_the_network) {
    supervisor.resume(kept_link());
    to_joining();
    left(DisconnectReason::wrong_password);
    ASSERT_EQ(supervisor.state(), State::joining);
    EXPECT_TRUE(asked_as_usual());
    left(DisconnectReason::wrong_password);
    EXPECT_EQ(supervisor.state(), State::waiting) << "this one counts";
}

TEST_F(ResumedLink, an_address_that_leads_nowhere_is_given_up_once_and_dhcp_asked) {
    to_fresh_as_before_a_sleep();
    step(policy.kept_address_trial);
    EXPECT_TRUE(asked_as_usual());
    joined();
    lease(1h);
    step(policy.kept_address_trial);
    EXPECT_TRUE(supervisor.is_up()) << "the broker is missed as ever, the address is DHCP's";
    EXPECT_EQ(radio.joins.size(), 2U);
}

TEST_F(ResumedLink, without_a_broker_to_reach_an_address_is_believed) {
    supervisor.resume(kept_link());
    to_joining(), joined(), address(8);
    step(policy.kept_address_trial);
    EXPECT_EQ(supervisor.state(), State::up);
    EXPECT_EQ(radio.joins.size(), 1U);
}

TEST_F(ResumedLink, of_another_network_or_another_access_point_than_the_settings_want_nothing_is_used) {
    supervisor.resume(kept_link());
    start();
    use("Work");
    EXPECT_TRUE(asked_as_usual());
    use("Home");
    EXPECT_TRUE(asked_as_usual()) << "only the first try";

    WifiRig other;
    auto home = known("Home");
    home.station.bssid = chip::Mac{2, 0, 0, 0, 0, 9};
    other.supervisor.resume(kept_link());
    other.start();
    other.use({home});
    EXPECT_EQ(other.spot(), 9);
    EXPECT_EQ(other.radio.joins.back().channel, 0);
}

TEST_F(ResumedLink, a_fixed_address_of_the_settings_stays) {
    auto home = known("Home");
    home.station.ip.address = IpAddress::v4(10, 0, 0, 99);
    supervisor.resume(kept_link());
    start();
    use({home});
    EXPECT_EQ(asked().ip.address, IpAddress::v4(10, 0, 0, 99));
    EXPECT_EQ(asked().channel, 6);
    joined(), address(99);
    reach_broker();
    const auto next = supervisor.link_after(1min, now);
    ASSERT_TRUE(next);
    EXPECT_FALSE(next->ip.address.is_set()) << "the settings have it";
}

TEST_F(ResumedLink, only_a_link_that_has_led_to_the_broker_is_kept) {
    EXPECT_FALSE(supervisor.link_after(1min, now));
    radio.joined_to(3, -50);
    radio.present.channel = 11;
    to_joining(), joined(), lease(1h);
    supervisor.set_broker(Broker::sought, now);
    EXPECT_FALSE(supervisor.link_after(1min, now));
    reach_broker();
    const auto next = supervisor.link_after(1min, now);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->ssid, "Home");
    EXPECT_EQ(next->bssid[5], 3);
    EXPECT_EQ(next->channel, 11);
    EXPECT_EQ(next->ip.address, IpAddress::v4(10, 0, 0, 9));
    EXPECT_EQ(next->lease, 29min);
    left();
    EXPECT_FALSE(supervisor.link_after(1min, now));
}

TEST_F(ResumedLink, an_address_is_used_for_half_of_its_lease_over_all_sleeps) {
    to_joining(), joined(), lease(1h);
    reach_broker();
    step(2min);
    const auto first = supervisor.link_after(20min, now).value();
    EXPECT_EQ(first.lease, 8min);
    EXPECT_FALSE(supervisor.link_after(28min, now)->ip.address.is_set()) << "over by then: DHCP is asked at the wake";

    WifiRig woken;
    woken.supervisor.resume(first);
    woken.to_joining(), woken.joined(), woken.address(9);
    woken.supervisor.set_broker(Broker::reached, woken.now);
    EXPECT_EQ(woken.supervisor.link_after(5min, woken.now)->lease, 3min) << "no sleep begins it anew";
    EXPECT_FALSE(woken.supervisor.link_after(9min, woken.now)->ip.address.is_set());
}

TEST_F(ResumedLink, of_an_address_whose_lease_nobody_knows_nothing_is_kept) {
    to_fresh();
    reach_broker();
    EXPECT_FALSE(supervisor.link_after(1min, now)->ip.address.is_set());
}

TEST_F(ResumedLink, a_move_to_a_stronger_access_point_is_none_of_its_business) {
    radio.joined_to(1, -80);
    to_fresh_as_before_a_sleep();
    reach_broker();
    step(policy.kept_address_trial);
    step(policy.roam_check);
    ASSERT_EQ(supervisor.state(), State::roaming);
    spots({{"Home", 2, -50}, {"Home", 1, -80}});
    EXPECT_EQ(spot(), 2);
}

}  // namespace
}  // namespace esb::wifi
