// What a packed form takes of the memory, and what follows without it.
#include "esb/ota/unpacking.hpp"
#include "failing_new.hpp"
#include "tests/support/packed_rig.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb::ota {
namespace {

class PackedMemory : public testing::Test {
protected:
    const test::Image old_image = test::image_like_code({.seq = 41, .ver = "1.3.0", .body = 5000}, 1);
    const test::Image new_image = test::next_image(old_image, {.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image, test::large_flash);
    vchip::Flash flash{store};
    test::PackedRig rig{flash};

    PackedMemory() { rig.offer(old_image, new_image); }
};

TEST_F(PackedMemory, of_an_unpacker_is_bounded) {
    std::cout << "an unpacker: " << Unpacking::memory << " bytes\n";
    EXPECT_LE(Unpacking::memory, 8192U);
}

TEST_F(PackedMemory, that_is_not_there_leaves_the_image_itself) {
    const test::NoMemory none(Unpacking::memory);
    EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
    EXPECT_EQ(rig.delta.connections + rig.packed.connections, 0);
    EXPECT_EQ(rig.server.body_bytes, new_image.size());
    EXPECT_EQ(rig.boot().seq, 42U);
}

}  // namespace
}  // namespace esb::ota
