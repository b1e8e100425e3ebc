// The heap refuses memory to Mbed TLS during the handshake: always an error, never a crash or a leak (LeakSanitizer).
#include "esb/net/tls_stream.hpp"
#include "support/failing_calloc.hpp"
#include "support/net_rig.hpp"
#include "support/tls_psk_server.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace esb;
using test::FailingCalloc;
using test::server_address;

constexpr std::array<std::uint8_t, 16> key{9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8};

struct MemoryRig {
    test::NetRig net;
    test::TlsPskServer server;
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    test::RecordingHandler handler{stream};

    MemoryRig() : server(net.network, server_address, 8883, {.accounts = {{"ESP-1", {key.begin(), key.end()}}}}) {
        server.around_step = [](bool inside) { FailingCalloc::pause(inside); };
        EXPECT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
    }
    ~MemoryRig() { FailingCalloc::pause(true); }

    // True when the refusal did not come.
    bool try_with(std::size_t nth, bool lasting) {
        FailingCalloc::pause(false);
        const FailingCalloc refuse(nth, lasting);
        EXPECT_TRUE(handler.open("server.test", 8883));
        EXPECT_TRUE(net.run_until([&] { return handler.opened + handler.closed > 0; }));
        const bool refused = FailingCalloc::refused();
        FailingCalloc::pause(true);
        if (!refused) return true;
        EXPECT_EQ(handler.opened, 0) << nth;
        EXPECT_EQ(handler.closed, 1) << nth;
        // Mbed TLS passes some refusals off as faults of the other side's message.
        if (handler.why && *handler.why != errors::tls_protocol) {
            EXPECT_TRUE(*handler.why == errors::no_memory) << nth << " " << handler.why->name();
        }
        return false;
    }
};

TEST(TlsMemory, one_refused_allocation_ends_the_handshake) {
    std::size_t n = 1;
    for (;; n += 1 + n / 24) {
        MemoryRig rig;
        if (rig.try_with(n, false)) break;
        ASSERT_FALSE(HasFailure()) << n;
    }
    EXPECT_GT(n, 20U);
}

TEST(TlsMemory, a_heap_that_stays_empty_ends_the_handshake) {
    for (std::size_t n = 1;; n += 1 + n / 8) {
        MemoryRig rig;
        if (rig.try_with(n, true)) break;
        ASSERT_FALSE(HasFailure()) << n;
    }
}

TEST(TlsMemory, the_next_try_succeeds) {
    MemoryRig rig;
    EXPECT_FALSE(rig.try_with(3, true));
    rig.handler.closed = 0;
    ASSERT_TRUE(rig.handler.open("server.test", 8883));
    EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.opened > 0; }));
}

}  // namespace
