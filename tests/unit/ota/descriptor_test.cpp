#include "esb/ota/descriptor.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace esb::ota {
namespace {

ImageDescriptor good() { return {descriptor_magic, 42, "greenhouse", "esp32c3", "1.4.0", {}}; }

TEST(Descriptor, reads_its_texts) {
    const ImageDescriptor descriptor = good();
    const auto image = parse_descriptor(descriptor);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->app, "greenhouse");
    EXPECT_EQ(image->hw, "esp32c3");
    EXPECT_EQ(image->ver, "1.4.0");
    EXPECT_EQ(image->seq, 42U);
}

TEST(Descriptor, refuses_every_malformed_field) {
    const auto refused = [](auto change) {
        ImageDescriptor descriptor = good();
        change(descriptor);
        return !parse_descriptor(descriptor);
    };
    EXPECT_TRUE(refused([](auto& d) { d.magic ^= 1; }));
    EXPECT_TRUE(refused([](auto& d) { d.seq = 0; }));
    EXPECT_TRUE(refused([](auto& d) { d.app[0] = '\0'; }));
    EXPECT_TRUE(refused([](auto& d) { d.app[0] = 'G'; }));
    EXPECT_TRUE(refused([](auto& d) { std::memset(d.app, 'a', sizeof(d.app)); })) << "not terminated";
    EXPECT_TRUE(refused([](auto& d) { d.app[31] = 'x'; })) << "not padded";
    EXPECT_TRUE(refused([](auto& d) { d.hw[3] = ' '; }));
    EXPECT_TRUE(refused([](auto& d) { d.ver[0] = '\n'; }));
    EXPECT_TRUE(refused([](auto& d) { d.ver[1] = '\x7F'; }));
    EXPECT_TRUE(refused([](auto& d) { std::memset(&d, 0xFF, sizeof(d)); })) << "erased flash";
    EXPECT_FALSE(refused([](auto& d) { std::memset(d.app, 'a', sizeof(d.app) - 1); }));
    EXPECT_FALSE(refused([](auto& d) { d.spare[7] = 1; })) << "for later versions";
}

}  // namespace
}  // namespace esb::ota
