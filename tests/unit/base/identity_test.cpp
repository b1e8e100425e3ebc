#include "esb/base/identity.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace esb;

TEST(Identity, accepts_the_allowed_characters) {
    EXPECT_EQ(make_identity("ESP-C44F330A9C35").value(), "ESP-C44F330A9C35");
    EXPECT_TRUE(make_identity("a"));
    EXPECT_TRUE(make_identity("_"));
    EXPECT_TRUE(make_identity("azAZ09_-x"));
    EXPECT_TRUE(make_identity(std::string(40, 'x')));
}

TEST(Identity, refuses_every_other_byte) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        const bool allowed =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        EXPECT_EQ(make_identity(std::string{'a', c, 'b'}).has_value(), allowed) << byte;
    }
}

TEST(Identity, refuses_wrong_lengths) {
    EXPECT_EQ(make_identity("").error(), errors::bad_identity);
    EXPECT_EQ(make_identity(std::string(41, 'x')).error(), errors::bad_identity);
}

TEST(Identity, refuses_what_would_make_an_empty_topic_level) {
    for (const auto* bad : {"-a", "a-", "a--b", "-", "--"})
        EXPECT_EQ(make_identity(bad).error(), errors::bad_identity) << bad;
}

TEST(Identity, comes_from_the_mac_in_upper_case) {
    EXPECT_EQ(identity_from_mac({0xC4, 0x4F, 0x33, 0x0A, 0x9C, 0x35}), "ESP-C44F330A9C35");
    EXPECT_TRUE(make_identity(identity_from_mac({0, 0, 0, 0, 0, 0})));
}

TEST(Identity, its_base_topic_has_levels_for_dashes) {
    EXPECT_EQ(base_topic(make_identity("ESP-C44F330A9C35").value()), "ESP/C44F330A9C35");
    EXPECT_EQ(base_topic(make_identity("a_b-c-d").value()), "a_b/c/d");
}

}  // namespace
