// What the update engine holds while nothing is under way, that the rest comes and goes, and what follows without it.
#include "esb/ota/errors.hpp"
#include "esb/ota/install.hpp"
#include "failing_new.hpp"
#include "tests/support/bundle.hpp"

#include <gtest/gtest.h>

#include <iostream>

namespace esb::ota {
namespace {

using test::Boot;
using test::BootEnd;
using test::NoMemory;

class UpdateMemory : public testing::Test {
protected:
    const test::Image old_image = test::make_image({.seq = 41, .ver = "1.3.0", .body = 5000});
    const test::Image new_image = test::make_image({.seq = 42, .ver = "1.4.0", .body = 5000});
    vchip::MemoryStore store = test::factory_flash(old_image);
    vchip::Flash flash{store};
    test::UpdateRig rig{flash};
    const std::string message = rig.envelope(new_image, 40);
    std::optional<NoMemory> none;

    UpdateMemory() {
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
    }
    void expect_updated() {
        rig.retained = message;
        const auto boots = rig.boot_until_settled(2);
        EXPECT_EQ(boots.back().seq, 42U);
        EXPECT_EQ(boots.back().last.state, State::confirmed);
    }
};

// The budget of the part that is always there is a static_assert in updater.cpp, for the chip's 32 bits, too.
TEST_F(UpdateMemory, is_small_while_nothing_is_under_way) {
    std::cout << "always held: " << sizeof(Updater) << "; a message: " << sizeof(Opening)
              << "; an installation: " << sizeof(Install) << "; a verification: " << sizeof(SlotHasher) << "\n";
    EXPECT_LT(sizeof(Updater), 4096U);
}

TEST_F(UpdateMemory, of_an_installation_is_given_back_when_it_ends) {
    rig.server.bytes_a_second = 600;
    rig.retained = message;
    int turns = 0;
    rig.watch = [&](Updater& updater) {
        if (updater.progress().state == State::downloading && turns == 0) {
            EXPECT_TRUE(updater.cancel());
            rig.settles_on_failure = false;
            turns = 1;
            return false;
        }
        if (turns == 0 || ++turns < 4) return false;
        {
            const NoMemory for_it(sizeof(Install));
            const auto refused = updater.offer(as_bytes(message));
            EXPECT_FALSE(refused) << "it has been kept";
            EXPECT_EQ(refused ? Error(errors::busy) : refused.error(), Error(errors::ota_heap));
        }
        EXPECT_TRUE(updater.offer(as_bytes(message)));
        EXPECT_EQ(updater.progress().state, State::downloading);
        return true;
    };
    EXPECT_EQ(rig.boot().end, BootEnd::settled);
    EXPECT_GE(turns, 4);
}

TEST_F(UpdateMemory, that_is_short_at_the_start_leaves_a_device_that_takes_offers) {
    rig.before_begin = [&](chip::KeyValue&) { none.emplace(sizeof(Opening)); };
    rig.on_line = [&](Updater& updater) {
        none.reset();
        EXPECT_TRUE(updater.at_rest());
        EXPECT_TRUE(updater.offer(as_bytes(message)));
        rig.before_begin = {};
    };
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    rig.on_line = {};
    expect_updated();
}

TEST_F(UpdateMemory, that_is_short_refuses_an_offer) {
    rig.on_line = [&](Updater& updater) {
        const NoMemory for_it(sizeof(Install));
        const auto refused = updater.offer(as_bytes(message));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), errors::ota_heap);
    };
    const Boot boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::ota_heap));
    EXPECT_EQ(boot.last.ver, "1.4.0");
    rig.on_line = nullptr;
    EXPECT_EQ(rig.boot().last.state, State::idle) << "nothing was stored";
    expect_updated();
}

TEST_F(UpdateMemory, that_is_short_refuses_an_upload) {
    const auto bundle = test::bundle_of(message, new_image);
    rig.on_line = [&](Updater& updater) {
        const NoMemory for_it(sizeof(Install));
        const auto refused = test::upload(updater, bundle);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error(), errors::ota_heap);
    };
    EXPECT_TRUE(rig.boot().refused(errors::ota_heap));
    rig.on_line = nullptr;
    expect_updated();
}

TEST_F(UpdateMemory, that_is_short_leaves_a_stored_job_for_the_next_start) {
    rig.retained = message;
    rig.server.bytes_a_second = 600;
    rig.limit = std::chrono::seconds(8);
    EXPECT_EQ(rig.boot().end, BootEnd::settled);
    rig.limit = std::chrono::minutes(10);
    rig.server.bytes_a_second = 0;
    rig.retained.clear();
    rig.before_begin = [this](chip::KeyValue&) { none.emplace(sizeof(Install)); };
    rig.begun = [this](Updater&) { none.reset(); };
    EXPECT_EQ(rig.boot().last.state, State::idle);
    rig.before_begin = nullptr;
    EXPECT_EQ(rig.boot().end, BootEnd::restart);
    EXPECT_EQ(rig.boot().seq, 42U);
}

TEST_F(UpdateMemory, is_measured_beside_what_the_installation_itself_takes) {
    rig.heap.free = rig.policy.heap_needed + sizeof(Install) - 1;
    rig.retained = message;
    EXPECT_TRUE(rig.boot().refused(errors::ota_heap));
    ++rig.heap.free;
    expect_updated();
}

}  // namespace
}  // namespace esb::ota
