// What an author sets in esb_main, after the start, is what counts.
#include "host/vchip/flash_store.hpp"
#include "support/device_rig.hpp"
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace esb {
namespace {

using vchip::SimEnd;

class AuthorsPolicy : public testing::Test {
protected:
    vchip::MemoryStore store{vchip::default_flash_size};
    vchip::Flash flash{store};
    test::DeviceRig rig{flash};

    // Firmware whose periodic work takes `busy`.
    SimEnd end_with(Duration watchdog, Duration busy) {
        rig.boot(10min, [&](Device& device, vchip::SimChip&) {
            device.policy().watchdog = watchdog;
            ASSERT_TRUE(device.every(100s, [this, busy] { rig.world.run_for(busy); }));
        });
        return rig.end;
    }
};

TEST_F(AuthorsPolicy, a_longer_watchdog_is_patient) { EXPECT_EQ(end_with(200s, 100s), SimEnd::returned); }
TEST_F(AuthorsPolicy, a_shorter_watchdog_bites_earlier) { EXPECT_EQ(end_with(2s, 3s), SimEnd::watchdog); }
TEST_F(AuthorsPolicy, a_shorter_watchdog_is_fed_often_enough) { EXPECT_EQ(end_with(2s, 1s), SimEnd::returned); }

// "Never" is a time like any other.
TEST(AuthorsTimes, a_status_that_is_never_due_does_not_flood_the_broker) {
    test::OnlineDevice rig;
    rig.start();
    rig.device->policy().status_period = Duration::max();
    ASSERT_TRUE(rig.online());
    rig.run_for(10s);
    const auto before = rig.broker.packets.size();
    rig.run_for(10s);
    EXPECT_EQ(rig.broker.packets.size(), before);
}

TEST(AuthorsTimes, pings_that_come_faster_than_their_echo_may_notice_that_it_is_missing) {
    test::OnlineDevice rig;
    rig.start();
    rig.device->policy().ping_period = 10s;
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    ASSERT_TRUE(rig.device->online());
    const auto is_ping = [](const test::wire::Packet& packet) { return packet.type == 3 && packet.topic.ends_with("/ping"); };
    EXPECT_GE(std::ranges::count_if(rig.broker.packets, is_ping), 6);
    rig.broker.reply = [is_ping](const test::wire::Packet& packet) {
        return is_ping(packet) ? test::wire::Bytes{} : test::TlsBroker::usual(packet);
    };
    EXPECT_TRUE(rig.run_until([&rig] { return !rig.device->online(); }, 1min));
    EXPECT_TRUE(rig.printed("link.no_echo"));
}

TEST(AuthorsTimes, endless_patience_waits_for_the_acknowledgement) {
    test::OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    rig.run_for(1min);
    rig.broker.silent = true;
    ASSERT_TRUE(rig.device->publish("leak", true));
    ASSERT_TRUE(rig.device->sleep_for(15min, Duration::max()));
    rig.run_for(1min);
    EXPECT_FALSE(rig.firmware->sleeps());
}

TEST(AuthorsTimes, to_wait_for_the_broker_for_ever_waits) {
    test::OnlineDevice rig;
    rig.start();
    rig.run_for(1s);
    EXPECT_TRUE(rig.device->connect(Duration::max()));
}

}  // namespace
}  // namespace esb
