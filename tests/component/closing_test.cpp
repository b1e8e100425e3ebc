// A product's console closes once the device has been on line: the label's password opens it.
#include "support/online_device.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb {
namespace {

using test::OnlineDevice;

AppDesc product() {
    auto app = test::test_app();
    app.defaults = Defaults::product;
    return app;
}

// What the console answers after a restart of the device.
std::string asks_after_restart(OnlineDevice& rig, const std::string& line) {
    rig.start();
    rig.chip.uart.take_output();
    rig.settings(line + "\n");
    rig.run_for(1s);
    return rig.chip.uart.take_output();
}

std::string label_of(const OnlineDevice& rig) { return std::string(rig.device->settings().text("ap.pass")); }

bool is_locked(const std::string& answer) { return answer.find("console.locked") != std::string::npos; }

TEST(Closing, before_it_has_been_on_line_the_console_is_open) {
    OnlineDevice rig(product());
    EXPECT_FALSE(is_locked(asks_after_restart(rig, "status")));
}

TEST(Closing, afterwards_the_labels_password_opens_it) {
    OnlineDevice rig(product());
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_TRUE(is_locked(asks_after_restart(rig, "status")));
    EXPECT_NE(asks_after_restart(rig, "unlock wrongpassword").find("crypto.password_wrong"), std::string::npos);
    EXPECT_NE(asks_after_restart(rig, "unlock " + label_of(rig)).find("unlocked"), std::string::npos);
}

TEST(Closing, a_password_that_was_set_stays) {
    OnlineDevice rig(product());
    rig.settings("lock set \"my own words\"\n");
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_NE(asks_after_restart(rig, "unlock " + label_of(rig)).find("crypto.password_wrong"), std::string::npos);
    EXPECT_NE(asks_after_restart(rig, "unlock \"my own words\"").find("unlocked"), std::string::npos);
}

TEST(Closing, an_owner_who_opens_it_again_is_not_overruled) {
    OnlineDevice rig(product());
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    asks_after_restart(rig, "unlock " + label_of(rig) + "\nlock off");
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_FALSE(is_locked(asks_after_restart(rig, "status")));
}

TEST(Closing, an_author_may_leave_it_open) {
    OnlineDevice rig(product());
    rig.device->policy().console_stays_open = true;
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_FALSE(is_locked(asks_after_restart(rig, "status")));
}

TEST(Closing, a_firmware_that_is_no_product_leaves_it_open) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_FALSE(is_locked(asks_after_restart(rig, "status")));
}

struct ClosingCuts : testing::Test {};

// Wherever the power goes: a device that knows it has been on line is closed.
ESB_REENTRANT_WITH(ClosingCuts, commissioned_means_closed, {.most = 30}) {
    OnlineDevice rig(product());
    if (rig.device->commissioned()) {
        EXPECT_TRUE(is_locked(asks_after_restart(rig, "status")));
        return;
    }
    ASSERT_TRUE(rig.online());
    rig.run_for(1s);
    EXPECT_TRUE(is_locked(asks_after_restart(rig, "status")));
}

}  // namespace
}  // namespace esb
