// How long a device waits: for a broker that has fallen silent, and until it tries again after a change.
#include "support/online_device.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

namespace esb {
namespace {

using test::count;
using test::OnlineDevice;
using test::TlsBroker;
namespace wire = test::wire;

// --- Silence ---

// Up to where the broker plays along.
enum class Until { connack, suback, echo };

class SilentBroker : public testing::TestWithParam<std::tuple<Until, bool, bool>> {};

TEST_P(SilentBroker, is_left_within_one_and_a_half_keep_alives) {
    const auto [until, takes, talks] = GetParam();
    OnlineDevice rig;
    static Until last;
    static bool stopped;
    last = until;
    stopped = false;
    rig.broker.reply = [](const wire::Packet& packet) {
        const bool connect = packet.type == 1;
        const bool answer =
            connect || (last != Until::connack && packet.type == 8) || (last == Until::echo && !stopped);
        return answer ? TlsBroker::usual(packet) : wire::Bytes{};
    };
    const auto ready = [&] { return until == Until::echo ? rig.device->online() : rig.printed("mqtt: connected to"); };
    ASSERT_TRUE(rig.run_until(ready, 1min)) << rig.chip.uart.output();
    stopped = true;
    const auto since = rig.world.now();
    if (!takes) rig.network.faults(test::broker_address).pause_in = true;
    std::size_t told = 0;
    const auto left = [&] {
        if (talks && rig.world.now() - since > Duration(1000) * static_cast<std::int64_t>(told)) {
            ++told;
            rig.broker.say(wire::publish("some/topic", "the broker talks"));
        }
        // What the device has to say must not put it off, nor must a full outbox.
        static_cast<void>(rig.device->publish("x", std::string(400, 'x')));
        return rig.printed("next try in");
    };
    ASSERT_TRUE(rig.run_until(left, 2min)) << rig.chip.uart.output();
    EXPECT_LE(rig.world.now() - since, 90s) << rig.chip.uart.output();
    EXPECT_TRUE(rig.printed("mqtt.silent") || rig.printed("link.no_echo")) << rig.chip.uart.output();
    rig.network.faults(test::broker_address) = {};
    rig.broker.reply = TlsBroker::usual;
    EXPECT_TRUE(rig.online(4min)) << rig.chip.uart.output();
}

std::string name_of(const testing::TestParamInfo<SilentBroker::ParamType>& chosen) {
    const auto [until, takes, talks] = chosen.param;
    constexpr const char* states[] = {"after_connack", "after_suback", "after_the_echo"};
    return std::string(states[static_cast<int>(until)]) + (takes ? "_takes_bytes" : "_takes_none") +
           (talks ? "_talks" : "_mute");
}

INSTANTIATE_TEST_SUITE_P(Patience, SilentBroker,
                         testing::Combine(testing::Values(Until::connack, Until::suback, Until::echo), testing::Bool(),
                                          testing::Bool()),
                         name_of);

// --- Back-off ---

struct Patience : testing::Test {
    OnlineDevice rig;
    // A device that has been on line and is without its broker for so long that its back-off is at its longest.
    void lose_broker() {
        ASSERT_TRUE(rig.online());
        rig.run_for(1min);
        rig.network.faults(test::broker_address).refuse = true;
        rig.network.reset_connections(test::broker_address);
        rig.run_for(12min);
        rig.chip.uart.take_output();
    }
    std::size_t tries() const { return count(rig.chip.uart.output(), "next try in"); }
    Status change(std::initializer_list<std::array<std::string_view, 2>> changes) {
        settings::Patch patch(rig.device->schema(), settings::Origin::console);
        for (const auto& [name, text] : changes) ESB_TRY(patch.set(name, text));
        return rig.device->change_settings(patch);
    }
    bool reverted() const { return rig.printed("config: reverted"); }
};

TEST_F(Patience, a_changed_account_begins_its_back_off_anew) {
    const std::pair<const char*, const char*> changes[] = {
        {"mqtt.0.port", "8884"},
        {"mqtt.0.host", "other.test"},
        {"mqtt.0.psk.0", "abababababababababababababababab"},
    };
    for (const auto& [name, value] : changes) {
        OnlineDevice fresh;
        ASSERT_TRUE(fresh.online());
        fresh.run_for(1min);
        fresh.chip.resolver.set("other.test", test::broker_address);
        fresh.network.faults(test::broker_address).refuse = true;
        fresh.network.reset_connections(test::broker_address);
        fresh.run_for(12min);
        fresh.chip.uart.take_output();
        settings::Patch patch(fresh.device->schema(), settings::Origin::console);
        ASSERT_TRUE(patch.set(name, value));
        ASSERT_TRUE(fresh.device->change_settings(patch));
        fresh.run_for(59s);
        EXPECT_GE(count(fresh.chip.uart.output(), "next try in"), 4U) << name << fresh.chip.uart.output();
        EXPECT_FALSE(fresh.printed("config: reverted")) << name;
    }
}

TEST_F(Patience, a_broker_that_comes_back_late_in_the_trial_is_found) {
    lose_broker();
    rig.chip.resolver.set("other.test", test::broker_address);
    ASSERT_TRUE(change({{{"mqtt.0.host", "other.test"}}}));
    rig.run_for(45s);
    rig.network.faults(test::broker_address) = {};
    EXPECT_TRUE(rig.online(20s)) << rig.chip.uart.output();
    EXPECT_TRUE(rig.printed("config: kept")) << rig.chip.uart.output();
}

// A try that gets no answer takes 18 s and more; the trial waits for the third.
TEST_F(Patience, slow_tries_are_as_many) {
    lose_broker();
    rig.network.faults(test::broker_address) = {};
    rig.network.faults(test::broker_address).black_hole = true;
    ASSERT_TRUE(change({{{"mqtt.0.port", "8884"}}}));
    ASSERT_TRUE(rig.run_until([this] { return reverted(); }, 10min)) << rig.chip.uart.output();
    EXPECT_GE(tries(), 3U) << rig.chip.uart.output();
}

TEST_F(Patience, every_broker_that_changed_gets_its_tries) {
    lose_broker();
    for (const auto* host : {"b1.test", "b2.test"}) rig.chip.resolver.set(host, chip::IpAddress::v4(192, 0, 2, 99));
    ASSERT_TRUE(change({{{"mqtt.1.host", "b1.test"}}, {{"mqtt.2.host", "b2.test"}}, {{"mqtt.0.port", "8884"}}}));
    ASSERT_TRUE(rig.run_until([this] { return reverted(); }, 30min)) << rig.chip.uart.output();
    EXPECT_GE(tries(), 9U) << rig.chip.uart.output();
    rig.run_for(1s);
    // And the last of them is found when it is the one that works.
    rig.chip.uart.take_output();
    rig.network.faults(test::broker_address) = {};
    rig.chip.resolver.set("b0.test", chip::IpAddress::v4(192, 0, 2, 99));
    rig.chip.resolver.set("b2.test", test::broker_address);
    rig.network.reset_connections(test::broker_address);
    ASSERT_TRUE(change({{{"mqtt.0.host", "b0.test"}}, {{"mqtt.1.host", "b1.test"}}, {{"mqtt.2.host", "b2.test"}}}));
    ASSERT_TRUE(rig.run_until([this] { return rig.printed("config: kept"); }, 3min)) << rig.chip.uart.output();
    EXPECT_TRUE(rig.device->online());
}

TEST_F(Patience, another_broker_in_the_list_disturbs_no_connection) {
    ASSERT_TRUE(rig.online());
    ASSERT_TRUE(change({{{"mqtt.1.host", "b1.test"}}}));
    rig.run_for(1min);
    EXPECT_EQ(rig.broker.server.connections, 1);
    EXPECT_TRUE(rig.device->online());
}

TEST_F(Patience, a_network_that_comes_back_begins_anew) {
    lose_broker();
    rig.chip.radio.set_on(false);
    rig.run_for(5min);
    rig.chip.uart.take_output();
    rig.chip.radio.set_on(true);
    ASSERT_TRUE(rig.run_until([this] { return rig.printed("wifi: joined"); }, 5min));
    rig.chip.uart.take_output();
    rig.run_for(30s);
    EXPECT_GE(tries(), 3U) << rig.chip.uart.output();
}

}  // namespace
}  // namespace esb
