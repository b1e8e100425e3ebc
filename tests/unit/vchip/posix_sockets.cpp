#include "host/vchip/sockets_posix.hpp"

#include "host/vchip/clock_posix.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace esb;
using namespace esb::vchip;
using chip::Endpoint;
using chip::Interest;
using chip::IpAddress;
using chip::SocketId;

namespace {

constexpr IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
constexpr Duration socket_patience{20'000};

struct Posix : testing::Test {
    SystemClock clock;
    PosixSockets sockets{clock};

    bool wait(SocketId socket, bool write, Duration timeout = socket_patience) {
        Interest interest{.socket = socket, .read = !write, .write = write};
        const Instant until = clock.now() + timeout;
        do {
            EXPECT_TRUE(sockets.wait({&interest, 1}, until - clock.now()));
        } while (!interest.ready_read && !interest.ready_write && clock.now() < until);
        return interest.ready_read || interest.ready_write;
    }
    // A connection of these sockets with themselves.
    void open(SocketId& near, SocketId& far) {
        const auto listener = sockets.listen({loopback, 0}, 1);
        ASSERT_TRUE(listener);
        EXPECT_EQ(sockets.accept(*listener).error(), errors::would_block);
        near = *sockets.connect(*sockets.local(*listener));
        ASSERT_TRUE(wait(near, true));
        ASSERT_TRUE(sockets.connected(near));
        ASSERT_TRUE(wait(*listener, false));
        far = *sockets.accept(*listener);
        sockets.close(*listener);
    }
};

// Something that is due at a time, or has a readable descriptor.
struct Source : WaitSource {
    int fd() const override { return descriptor; }
    std::optional<Instant> due() const override { return at; }
    void poll() override {
        ++polled;
        at.reset();
        if (wakes != nullptr) wakes->wake();
    }
    chip::Wake* wakes = nullptr;
    int descriptor = -1;
    std::optional<Instant> at;
    int polled = 0;
};

// Looks once, as one of many chips on a thread does.
struct Once : Poller {
    void look(std::span<pollfd> descriptors, Duration most) override {
        ::poll(descriptors.data(), descriptors.size(), 0);
        longest = most;
    }
    void forget(int) override { ++forgotten; }
    void wake() override { ++woken; }

    Duration longest{0};
    int forgotten = 0;
    int woken = 0;
};

TEST(PosixPoller, a_wait_looks_once_and_says_how_long_nothing_is_due) {
    SystemClock clock;
    Once once;
    Source source;
    PosixSockets sockets(clock);
    sockets.set_poller(once);
    sockets.add_source(source);
    ASSERT_TRUE(sockets.wait({}, Duration(60'000)));
    EXPECT_EQ(once.longest, Duration(60'000));
    source.at = clock.now() + Duration(30'000);
    ASSERT_TRUE(sockets.wait({}, Duration(60'000)));
    EXPECT_LE(once.longest, Duration(30'000));
    EXPECT_EQ(source.polled, 0);
}

TEST(PosixPoller, is_told_of_wakes_once_and_of_every_descriptor_that_is_closed) {
    SystemClock clock;
    Once once;
    {
        PosixSockets sockets(clock);
        sockets.set_poller(once);
        sockets.wake();
        sockets.wake();
        EXPECT_EQ(once.woken, 1) << "until the wait";
        ASSERT_TRUE(sockets.wait({}, Duration(0)));
        sockets.wake();
        EXPECT_EQ(once.woken, 2);
        const auto first = sockets.listen({loopback, 0}, 1);
        const auto second = sockets.listen({loopback, 0}, 1);
        ASSERT_TRUE(first && second);
        sockets.close(*first);
        EXPECT_EQ(once.forgotten, 1);
    }
    EXPECT_EQ(once.forgotten, 2);
}

}  // namespace

TEST_F(Posix, carries_bytes_and_tells_the_end) {
    SocketId near{};
    SocketId far{};
    open(near, far);
    std::uint8_t buffer[16];
    EXPECT_EQ(sockets.receive(far, buffer).error(), errors::would_block);
    EXPECT_EQ(sockets.send(near, as_bytes("hello")), 5U);
    ASSERT_TRUE(wait(far, false));
    EXPECT_EQ(sockets.receive(far, buffer), 5U);
    sockets.close(near);
    ASSERT_TRUE(wait(far, false));
    EXPECT_EQ(sockets.receive(far, buffer).error(), errors::closed);
}

TEST_F(Posix, writing_to_a_closed_peer_is_an_error_not_a_signal) {
    SocketId near{};
    SocketId far{};
    open(near, far);
    sockets.close(far);
    ASSERT_TRUE(wait(near, false));
    Result<std::size_t> sent = sockets.send(near, as_bytes("x"));
    for (int i = 0; i < 1000 && sent; ++i) sent = sockets.send(near, as_bytes("x"));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), errors::socket_reset);
}

TEST_F(Posix, nobody_listening_refuses) {
    const auto listener = sockets.listen({loopback, 0}, 1);
    const auto at = *sockets.local(*listener);
    sockets.close(*listener);
    const auto socket = sockets.connect(at);
    if (!socket) {
        EXPECT_EQ(socket.error(), errors::socket_refused);
        return;
    }
    ASSERT_TRUE(wait(*socket, true));
    EXPECT_EQ(sockets.connected(*socket).error(), errors::socket_refused);
}

TEST_F(Posix, a_port_can_be_taken_once) {
    const auto listener = sockets.listen({loopback, 0}, 1);
    EXPECT_EQ(sockets.listen(*sockets.local(listener.value()), 1).error(), errors::socket_in_use);
}

TEST_F(Posix, a_full_send_buffer_blocks_nobody) {
    SocketId near{};
    SocketId far{};
    open(near, far);
    const std::vector<std::uint8_t> much(1 << 20);
    Result<std::size_t> sent = sockets.send(near, much);
    for (int i = 0; i < 100 && sent; ++i) sent = sockets.send(near, much);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), errors::would_block);
    EXPECT_FALSE(wait(near, true, Duration(20)));
}

TEST_F(Posix, sockets_run_out_and_an_old_id_does_not_reach_a_new_socket) {
    std::vector<SocketId> open;
    for (;;) {
        const auto made = sockets.bind_udp({loopback, 0});
        if (!made) {
            EXPECT_EQ(made.error(), errors::socket_none_left);
            break;
        }
        open.push_back(*made);
    }
    EXPECT_EQ(open.size(), PosixSockets::max_sockets);
    sockets.close(open[0]);
    const auto fresh = sockets.bind_udp({loopback, 0});
    ASSERT_TRUE(fresh);
    EXPECT_NE(*fresh, open[0]);
    EXPECT_EQ(sockets.local(open[0]).error(), errors::invalid_argument);
}

TEST_F(Posix, no_socket_is_an_invalid_argument_everywhere_and_ready_at_once) {
    const SocketId none = SocketId::none;
    std::uint8_t byte = 0;
    EXPECT_EQ(sockets.connected(none).error(), errors::invalid_argument);
    EXPECT_EQ(sockets.accept(none).error(), errors::invalid_argument);
    EXPECT_EQ(sockets.send(none, {&byte, 1}).error(), errors::invalid_argument);
    EXPECT_EQ(sockets.receive(none, {&byte, 1}).error(), errors::invalid_argument);
    EXPECT_EQ(sockets.send_to(none, {loopback, 1}, {&byte, 1}).error(), errors::invalid_argument);
    EXPECT_EQ(sockets.receive_from(none, {&byte, 1}).error(), errors::invalid_argument);
    sockets.close(none);
    EXPECT_TRUE(wait(none, false));
}

TEST_F(Posix, datagrams_carry_their_sender) {
    const auto a = sockets.bind_udp({loopback, 0});
    const auto b = sockets.bind_udp({loopback, 0});
    std::uint8_t buffer[16];
    EXPECT_EQ(sockets.receive_from(*b, buffer).error(), errors::would_block);
    ASSERT_TRUE(sockets.send_to(*a, *sockets.local(*b), as_bytes("query")));
    ASSERT_TRUE(wait(*b, false));
    const auto got = sockets.receive_from(*b, buffer);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size, 5U);
    EXPECT_EQ(got->from, *sockets.local(*a));
}

TEST_F(Posix, ipv_6_loopback_works_where_the_host_has_it) {
    IpAddress v6{IpAddress::Family::v6, {}};
    v6.bytes[15] = 1;
    const auto listener = sockets.listen({v6, 0}, 1);
    if (!listener) GTEST_SKIP() << "no IPv6 here";
    const auto socket = sockets.connect(*sockets.local(*listener));
    ASSERT_TRUE(socket);
    EXPECT_TRUE(wait(*socket, true));
    EXPECT_TRUE(sockets.connected(*socket));
}

TEST_F(Posix, wake_ends_a_wait_from_another_thread_and_before_it) {
    sockets.wake();
    sockets.wake();
    ASSERT_TRUE(sockets.wait({}, socket_patience));
    std::thread other([this] { sockets.wake(); });
    ASSERT_TRUE(sockets.wait({}, socket_patience));
    other.join();
    EXPECT_LT(clock.now().time_since_epoch(), socket_patience);
}

// No wake() may be lost, wherever it falls: each one ends the wait that is under way or the next one, and many before it
// count as one.
TEST_F(Posix, no_wake_is_lost_however_they_fall) {
    constexpr int rounds = 20'000;
    std::atomic<int> wanted{0};
    std::atomic<int> seen{0};
    std::thread other([&] {
        for (int i = 1; i <= rounds; ++i) {
            wanted = i;
            sockets.wake();
            if (i % 3 == 0) sockets.wake();
            while (i % 7 != 0 && seen < i) std::this_thread::yield();
        }
    });
    while (seen < rounds) {
        ASSERT_TRUE(sockets.wait({}, socket_patience));
        const int now = wanted;
        ASSERT_GE(now, seen);
        seen = now;
    }
    other.join();
    EXPECT_LT(clock.now().time_since_epoch(), socket_patience) << "a wait had to run out";
}

TEST_F(Posix, a_wake_before_the_wait_counts_once) {
    for (int i = 0; i < 5; ++i) sockets.wake();
    ASSERT_TRUE(sockets.wait({}, socket_patience));
    const auto before = clock.now();
    ASSERT_TRUE(sockets.wait({}, Duration(30)));
    EXPECT_GE(clock.now() - before, Duration(30)) << "nobody woke it again";
}

TEST_F(Posix, a_source_that_wakes_ends_the_wait) {
    Source timed;
    timed.at = clock.now() + Duration(20);
    timed.wakes = &sockets;
    sockets.add_source(timed);
    ASSERT_TRUE(sockets.wait({}, socket_patience));
    EXPECT_EQ(timed.polled, 1);
    EXPECT_LT(clock.now().time_since_epoch(), socket_patience);
}

TEST_F(Posix, wait_serves_sources_by_time_and_by_descriptor) {
    Source timed;
    timed.at = clock.now() + Duration(20);
    Source readable;
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    sockets.add_source(timed);
    sockets.add_source(readable);
    ASSERT_TRUE(sockets.wait({}, Duration(60)));
    EXPECT_EQ(timed.polled, 1);
    EXPECT_EQ(readable.polled, 0);
    EXPECT_GE(milliseconds(clock.now()), 60U) << "a source that wakes nobody does not end the wait";
    readable.descriptor = pipe_ends[0];
    ASSERT_EQ(write(pipe_ends[1], "x", 1), 1);
    ASSERT_TRUE(sockets.wait({}, Duration(0)));
    EXPECT_GE(readable.polled, 1);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

TEST_F(Posix, the_chips_own_addresses_and_low_ports_are_mapped) {
    std::vector<std::pair<Endpoint, std::uint16_t>> told;
    sockets.set_mappings({{80, 0}}, [&](const Endpoint& asked, std::uint16_t port) { told.push_back({asked, port}); });
    const Endpoint portal{IpAddress::v4(4, 3, 2, 1), 80};
    const auto listener = sockets.listen(portal, 1);
    ASSERT_TRUE(listener);
    EXPECT_EQ(*sockets.local(*listener), portal);
    const auto dns = sockets.bind_udp({IpAddress::v4(0, 0, 0, 0), 53});
    ASSERT_TRUE(dns);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].first, portal);
    EXPECT_EQ(told[1].first.port, 53);

    PosixSockets phone(clock);
    ASSERT_TRUE(phone.connect({loopback, told[0].second}));
    ASSERT_TRUE(wait(*listener, false));
    const auto accepted = sockets.accept(*listener);
    ASSERT_TRUE(accepted);
    EXPECT_EQ(*sockets.local(*accepted), portal) << "the firmware sees its own address";
}

TEST_F(Posix, a_mapping_names_the_port) {
    PosixSockets other(clock);
    const auto probe = other.listen({loopback, 0}, 1);
    const std::uint16_t port = other.local(*probe)->port;
    other.close(*probe);
    std::uint16_t told = 0;
    sockets.set_mappings({{53, 1}, {80, port}}, [&](const Endpoint&, std::uint16_t host) { told = host; });
    ASSERT_TRUE(sockets.listen({IpAddress::v4(4, 3, 2, 1), 80}, 1));
    EXPECT_EQ(told, port);
}

TEST_F(Posix, without_a_link_the_stations_sockets_stand_still_and_the_access_points_do_not) {
    StationLink link;
    SocketId near{};
    SocketId far{};
    open(near, far);
    std::uint16_t port = 0;
    sockets.set_mappings({}, [&](const Endpoint&, std::uint16_t host) { port = host; });
    const auto portal = sockets.listen({IpAddress::v4(4, 3, 2, 1), 80}, 1);
    const auto udp = sockets.bind_udp({loopback, 0});
    ASSERT_TRUE(sockets.send(far, as_bytes("x")));

    sockets.set_link(&link);
    link.up = false;
    std::uint8_t byte = 0;
    EXPECT_FALSE(wait(near, false, Duration(20)));
    EXPECT_EQ(sockets.receive(near, {&byte, 1}).error(), errors::would_block);
    EXPECT_EQ(sockets.send(near, {&byte, 1}).error(), errors::would_block);
    EXPECT_EQ(sockets.connect({loopback, 1}).error(), errors::socket_unreachable);
    EXPECT_EQ(sockets.send_to(*udp, {loopback, 1}, {&byte, 1}).error(), errors::socket_unreachable);
    EXPECT_EQ(sockets.receive_from(*udp, {&byte, 1}).error(), errors::would_block);
    PosixSockets phone(clock);
    ASSERT_TRUE(phone.connect({loopback, port}));
    EXPECT_TRUE(wait(*portal, false));

    link.up = true;
    ASSERT_TRUE(wait(near, false));
    EXPECT_EQ(sockets.receive(near, {&byte, 1}), 1U);
}
