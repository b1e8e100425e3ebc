// The blocking connect(), and publishing before a sleep as docs/power.md shows it.
#include "support/online_device.hpp"

#include <gtest/gtest.h>

namespace esb {
namespace {

TEST(Connect, returns_when_the_round_trip_has_succeeded) {
    test::OnlineDevice rig;
    EXPECT_TRUE(rig.device->connect(1min));
    EXPECT_TRUE(rig.device->online());
    EXPECT_TRUE(rig.device->connect(Duration(0))) << "it is on line already";
}

TEST(Connect, gives_up_in_time_and_the_device_goes_on_trying) {
    test::OnlineDevice rig;
    rig.chip.radio.set_on(false);
    const auto begin = rig.world.now();
    EXPECT_EQ(rig.device->connect(30s).error(), errors::timed_out);
    EXPECT_GE(rig.world.now() - begin, 30s);
    EXPECT_LT(rig.world.now() - begin, 31s);
    EXPECT_FALSE(rig.printed("portal:")) << "nobody serves one";
    rig.chip.radio.set_on(true);
    EXPECT_TRUE(rig.device->connect(5min));
}

TEST(Connect, ends_when_a_restart_is_due) {
    test::OnlineDevice rig;
    rig.chip.radio.set_on(false);
    rig.device->restart();
    EXPECT_EQ(rig.device->connect(1min).error(), errors::closed);
}

TEST(Connect, waits_for_nothing_within_a_callback) {
    test::OnlineDevice rig;
    rig.chip.radio.set_on(false);
    struct Calls {
        Device& device;
        int depth = 0, runs = 0;
    } calls{*rig.device};
    auto* const all = &calls;
    ASSERT_TRUE(rig.device->every(1s, [all] {
        ++all->runs;
        EXPECT_EQ(++all->depth, 1);
        EXPECT_EQ(all->device.connect(10s).error(), errors::busy);
        --all->depth;
    }));
    EXPECT_EQ(rig.device->connect(10s).error(), errors::timed_out) << "by esb_main";
    EXPECT_GE(calls.runs, 9);
}

TEST(Connect, a_publish_is_acknowledged_before_the_sleep) {
    test::OnlineDevice rig;
    ASSERT_TRUE(rig.device->connect(1min));
    bool acknowledged = false;
    ASSERT_TRUE(rig.device->publish("temperature", "21.5",
                                    {.done = [&acknowledged](Status outcome) { acknowledged = outcome.has_value(); }}));
    for (int i = 0; !acknowledged && i < 50; ++i) ASSERT_TRUE(rig.firmware->turn(100ms));
    EXPECT_TRUE(acknowledged);
}

TEST(Connect, the_authors_power_save_reaches_the_radio) {
    test::OnlineDevice rig;
    rig.device->policy().wifi.power_save = chip::PowerSave::modem_sleep;
    rig.run_for(1s);
    EXPECT_EQ(rig.chip.radio.power_save(), chip::PowerSave::modem_sleep);
}

}  // namespace
}  // namespace esb
