// Memory that runs out at any moment of getting on line: an error and a retry, no crash, no leak (LeakSanitizer).
#include "support/failing_calloc.hpp"
#include "support/online_device.hpp"

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

}  // namespace
}  // namespace esb
