#include "esb/device/accounts.hpp"

#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

namespace esb {
namespace {

class AccountsTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(store.load()); }
    struct Change {
        std::string_view name, text;
    };
    void set(std::initializer_list<Change> changes) {
        settings::Patch patch(schema, settings::Origin::console);
        for (const auto& change : changes) ASSERT_TRUE(patch.set(change.name, change.text)) << change.name;
        ASSERT_TRUE(store.commit(patch));
    }
    test::MemoryKeyValue flash;
    settings::Schema schema;
    settings::Store store{flash, schema};
    Identity own = *make_identity("ESP-1");
    static constexpr std::string_view key_a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    static constexpr std::string_view key_b = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
};

TEST_F(AccountsTest, an_account_needs_a_host_and_a_key) {
    EXPECT_EQ(usable_accounts(store), link::Brokers::Usable{});
    set({{"mqtt.0.host", "one"}});
    EXPECT_EQ(usable_accounts(store), link::Brokers::Usable{});
    set({{"mqtt.0.psk.1", key_b}});
    EXPECT_EQ(usable_accounts(store), (link::Brokers::Usable{{{false, true}}}));
}

TEST_F(AccountsTest, what_a_further_broker_leaves_empty_is_as_for_the_first) {
    set({{"mqtt.0.host", "one"}, {"mqtt.0.psk.0", key_a}, {"mqtt.0.ident", "first-1"}, {"mqtt.1.host", "two"}});
    set({{"mqtt.2.host", "three"}, {"mqtt.2.psk.1", key_b}, {"mqtt.2.ident", "third"}, {"mqtt.2.base", "site/third"}});
    EXPECT_EQ(usable_accounts(store), (link::Brokers::Usable{{{true, false}, {true, false}, {false, true}}}));
    const auto second = account_of(store, {1, 0}, own);
    EXPECT_EQ(second.host, "two");
    EXPECT_EQ(second.identity, "first-1");
    EXPECT_EQ(second.base, "first/1");
    EXPECT_EQ(second.psk.reveal()[0], 0xAA);
    EXPECT_TRUE(second.complete());
    EXPECT_EQ(key_name(store, {1, 0}).name(), "mqtt.0.psk.0");
    const auto third = account_of(store, {2, 1}, own);
    EXPECT_EQ(third.identity, "third");
    EXPECT_EQ(third.base, "site/third");
    EXPECT_EQ(third.psk.reveal()[0], 0xBB);
    EXPECT_EQ(key_name(store, {2, 1}).name(), "mqtt.2.psk.1");
}

TEST_F(AccountsTest, without_an_identity_it_is_the_devices_own) {
    EXPECT_EQ(account_of(store, {0, 0}, own).identity, own);
    EXPECT_EQ(account_of(store, {0, 0}, own).base, "ESP/1");
}

TEST_F(AccountsTest, a_broker_that_is_known_by_its_certificate_needs_no_key) {
    const std::string pin(64, 'a');
    set({{"mqtt.0.host", "one"}, {"mqtt.0.trust", "pin"}, {"mqtt.0.pin.1", pin}});
    set({{"mqtt.0.user", "pump3"}, {"mqtt.0.pass", "secret"}, {"mqtt.1.host", "two"}});
    EXPECT_EQ(usable_accounts(store), (link::Brokers::Usable{{{true, false}}})) << "one way in, not two keys in turn";
    const auto account = account_of(store, {0, 0}, own);
    EXPECT_TRUE(account.complete());
    EXPECT_EQ(account.by.trust, net::TlsTrust::pin);
    EXPECT_FALSE(account.by.pins[0].has_value());
    EXPECT_EQ((*account.by.pins[1])[31], 0xAA);
    EXPECT_EQ(account.by.user, "pump3");
    EXPECT_EQ(as_text(account.by.password.reveal()), "secret");
    EXPECT_FALSE(account_of(store, {1, 0}, own).complete()) << "trust is each broker's own";
    set({{"mqtt.0.psk.0", key_a}});
    EXPECT_EQ(usable_accounts(store), (link::Brokers::Usable{{{true, false}, {true, false}}}));
}

TEST_F(AccountsTest, networks_come_with_their_priority) {
    set({{"wifi.0.ssid", "low"}, {"wifi.1.ssid", "equal"}, {"wifi.3.ssid", "high"}, {"wifi.3.priority", "9"}});
    set({{"wifi.1.hidden", "on"}, {"wifi.1.pass", "password"}});
    const auto networks = known_networks(store);
    ASSERT_EQ(networks.size(), 3U);
    EXPECT_EQ(networks[0].station.ssid, "low");
    EXPECT_EQ(networks[0].priority, 0);
    EXPECT_EQ(networks[1].station.ssid, "equal");
    EXPECT_TRUE(networks[1].station.hidden);
    EXPECT_EQ(as_text(networks[1].station.passphrase.reveal()), "password");
    EXPECT_EQ(networks[1].station.ip, chip::AddressConfig());
    EXPECT_EQ(networks[2].station.ssid, "high");
    EXPECT_EQ(networks[2].priority, 9);
}

TEST_F(AccountsTest, a_static_address_is_every_networks) {
    set({{"wifi.0.ssid", "net"},
         {"wifi.mask", "255.255.255.0"},
         {"wifi.gateway", "10.0.0.1"},
         {"wifi.ip", "10.0.0.7"}});
    const auto ip = known_networks(store)[0].station.ip;
    EXPECT_EQ(ip.address, chip::IpAddress::v4(10, 0, 0, 7));
    EXPECT_EQ(ip.gateway, chip::IpAddress::v4(10, 0, 0, 1));
    EXPECT_EQ(ip.dns, ip.gateway);
    set({{"wifi.dns", "9.9.9.9"}});
    EXPECT_EQ(known_networks(store)[0].station.ip.dns, chip::IpAddress::v4(9, 9, 9, 9));
}

TEST_F(AccountsTest, the_host_name_is_the_setting_or_the_identity) {
    EXPECT_EQ(host_name(store, *make_identity("ESP-C44F_33")), "esp-c44f-33");
    set({{"wifi.host", "greenhouse"}});
    EXPECT_EQ(host_name(store, own), "greenhouse");
}

}  // namespace
}  // namespace esb
