// Memory that runs out at any moment of getting on line: an error and a retry, no crash, no leak (LeakSanitizer).
#include "support/failing_calloc.hpp"
#include "support/online_device.hpp"
#include "support/update_rig.hpp"

#include <cjson/cJSON.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace esb {
namespace {

using test::FailingCalloc;
using test::OnlineDevice;

// The other side of the test has all the memory it wants.
void spare_the_broker(OnlineDevice& rig) {
    rig.broker.server.around_step = [](bool inside) { FailingCalloc::pause(inside); };
}

// A handshake makes over ten thousand allocations, most of them in its arithmetic: the ordinary run takes every one
// of the first hundred and then every 97th, the long one (ESB_CUTS >= 10) takes them all.
std::size_t after(std::size_t nth) {
    const char* scale = std::getenv("ESB_CUTS");
    const bool all = scale != nullptr && std::atoi(scale) >= 10;
    return nth + (all || nth < 100 ? 1 : 97);
}

TEST(Memory, refused_at_every_nth_call_while_connecting_costs_a_retry_only) {
    unsigned refusals = 0;
    for (std::size_t nth = 1;; nth = after(nth)) {
        OnlineDevice rig;
        spare_the_broker(rig);
        bool online = false;
        {
            const FailingCalloc failing(nth);
            online = rig.online();
            if (!FailingCalloc::refused()) break;
        }
        ++refusals;
        ASSERT_TRUE(online) << nth << ": " << rig.chip.uart.output();
        ASSERT_FALSE(rig.restarted) << nth;
    }
    std::printf("allocations refused while connecting: %u\n", refusals);
    EXPECT_GT(refusals, 20U);
}

TEST(Memory, an_empty_heap_for_a_while_is_named_and_survived) {
    for (const std::size_t nth : {1U, 10U, 40U}) {
        OnlineDevice rig;
        spare_the_broker(rig);
        {
            const FailingCalloc failing(nth, true);
            EXPECT_FALSE(rig.online(2min));
            EXPECT_TRUE(rig.printed("no_memory") || rig.printed("tls.")) << rig.chip.uart.output();
        }
        EXPECT_TRUE(rig.online()) << rig.chip.uart.output();
    }
}

// cJSON asks malloc(), which the rest of the test needs too: its own hook refuses instead.
struct CountedJson {
    CountedJson() {
        cJSON_Hooks hooks{[](std::size_t size) { return FailingCalloc::should_fail() ? nullptr : std::malloc(size); },
                          [](void* memory) { std::free(memory); }};
        cJSON_InitHooks(&hooks);
    }
    ~CountedJson() { cJSON_InitHooks(nullptr); }
};

TEST(Memory, refused_at_every_nth_call_during_an_update_leaves_the_old_firmware_or_the_new) {
    const auto old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const auto new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    const CountedJson counted;
    unsigned refusals = 0;
    for (std::size_t nth = 1;; nth = after(nth)) {
        auto store = test::factory_flash(old_image);
        vchip::Flash flash(store);
        test::UpdateRig rig(flash);
        rig.allow(old_image);
        rig.allow(new_image);
        rig.server.file = new_image;
        rig.retained = rig.envelope(new_image);
        {
            const FailingCalloc failing(nth);
            const auto hindered = rig.boot();
            ASSERT_TRUE(hindered.authorized) << nth;
            if (!FailingCalloc::refused()) break;
        }
        ++refusals;
        const auto boots = rig.boot_until_settled(3);
        ASSERT_EQ(boots.back().seq, 42U) << nth;
        ASSERT_EQ(boots.back().last.state, ota::State::confirmed) << nth;
    }
    std::printf("allocations refused during an update: %u\n", refusals);
    EXPECT_GT(refusals, 10U);
}

}  // namespace
}  // namespace esb
