// Opening and closing: everything or nothing.
#include "tests/support/portal_rig.hpp"

#include <gtest/gtest.h>

namespace esb::test {
namespace {

std::size_t open_sockets(const PortalRig& rig) { return rig.sockets.open_sockets(); }

TEST(Portal, opens_and_closes_as_often_as_wanted) {
    PortalRig rig;
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(rig.portal.is_open());
        EXPECT_EQ(open_sockets(rig), 2U) << "web server and name server";
        EXPECT_TRUE(rig.portal.open(portal_address)) << "open already";
        EXPECT_EQ(rig.ask(get_request("/api/state")).status(), 200U);
        rig.portal.close();
        EXPECT_FALSE(rig.portal.is_open());
        EXPECT_TRUE(rig.portal.idle());
        EXPECT_EQ(open_sockets(rig), 0U);
        ASSERT_TRUE(rig.portal.open(portal_address));
    }
}

TEST(Portal, the_try_outlives_it) {
    PortalRig rig;
    rig.post("/api/try");
    rig.portal.close();
    ASSERT_TRUE(rig.portal.open(portal_address));
    EXPECT_NE(rig.get("/api/state").find(R"("attempt":{"n":1)"), std::string::npos);
}

TEST(Portal, without_a_name_server_nothing_is_open) {
    PortalRig rig;
    rig.portal.close();
    const auto taken = rig.sockets.bind_udp({portal_address, 53});
    ASSERT_TRUE(taken);
    EXPECT_FALSE(rig.portal.open(portal_address));
    EXPECT_FALSE(rig.portal.is_open());
    EXPECT_EQ(open_sockets(rig), 1U);
    rig.sockets.close(*taken);
    EXPECT_TRUE(rig.portal.open(portal_address));
}

TEST(Portal, without_a_place_to_listen_nothing_is_open) {
    PortalRig rig;
    portal::Portal second(rig.reactor, rig.host);
    EXPECT_FALSE(second.open(portal_address));
    EXPECT_FALSE(second.is_open());
    EXPECT_EQ(open_sockets(rig), 2U);
}

TEST(Portal, is_idle_when_no_reply_is_under_way) {
    PortalRig rig;
    EXPECT_TRUE(rig.portal.idle());
    auto& phone = rig.phone();
    phone.ask("GET /");
    rig.run_until([&] { return !rig.portal.idle(); });
    EXPECT_FALSE(rig.portal.idle());
    phone.to_send += " HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n";
    EXPECT_TRUE(rig.run_until([&] { return rig.portal.idle(); }));
}

}  // namespace
}  // namespace esb::test
