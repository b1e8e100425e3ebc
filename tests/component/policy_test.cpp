// What an author sets in esb_main, after the start, is what counts.
#include "host/vchip/flash_store.hpp"
#include "support/device_rig.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace esb
