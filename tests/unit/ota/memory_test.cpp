// Memory that runs out when a message or a download needs it.
#include "tests/support/update_rig.hpp"

#include "esb/ota/errors.hpp"

#include <gtest/gtest.h>

#include <new>

namespace {
bool no_memory_left = false;
}  // namespace

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return no_memory_left ? nullptr : ::operator new(size);
}

namespace esb::ota {
namespace {

class Memory : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};

    Memory() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
    }
    ~Memory() override { no_memory_left = false; }
};

TEST_F(Memory, AMessageThatFindsNoneIsRefusedAndTheNextOneIsNot) {
    const auto message = rig.envelope(new_image, 40);
    rig.on_line = [&](Updater& updater) {
        no_memory_left = true;
        const auto refused = updater.offer(as_bytes(message));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), errors::ota_heap);
        const auto upload = updater.begin_upload(1000);
        ASSERT_FALSE(upload);
        EXPECT_EQ(upload.error(), errors::ota_heap);
        no_memory_left = false;
    };
    EXPECT_TRUE(rig.boot().refused(errors::ota_heap));
    rig.on_line = nullptr;
    rig.retained = message;
    EXPECT_EQ(rig.boot().end, test::BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

}  // namespace
}  // namespace esb::ota
