#include "host/vchip/sim_network.hpp"

#include "esb/chip/key_value.hpp"
#include "host/vchip/sim_sockets.hpp"

#include <gtest/gtest.h>

#include <string>

using namespace esb;
using namespace esb::vchip;
using chip::Endpoint;
using chip::Interest;
using chip::IpAddress;
using chip::SocketId;

namespace {

constexpr IpAddress client_address = IpAddress::v4(192, 0, 2, 10);
constexpr IpAddress server_address = IpAddress::v4(192, 0, 2, 1);
constexpr Endpoint service{server_address, 1883};

struct Fixture : testing::Test {
    SimWorld world;
    SimNetwork network{world};
    SimSockets client{network, client_address};
    SimSockets server{network, server_address};

    // Waits until `socket` can be read or written.
    bool wait(SimSockets& host, SocketId socket, bool write, Duration timeout = Duration(60'000)) {
        Interest interest{.socket = socket, .read = !write, .write = write};
        EXPECT_TRUE(host.wait({&interest, 1}, timeout));
        return interest.ready_read || interest.ready_write;
    }
    Status open(SocketId& near, SocketId& far) {
        const auto listener = server.listen(service, 4);
        EXPECT_TRUE(listener);
        near = *client.connect(service);
        wait(client, near, true);
        ESB_TRY(client.connected(near));
        const auto accepted = server.accept(*listener);
        if (!accepted) return fail(accepted.error());
        far = *accepted;
        server.close(*listener);
        return {};
    }
    std::string read_all(SimSockets& host, SocketId socket, Duration patience = Duration(1000)) {
        std::string text;
        std::uint8_t buffer[512];
        for (;;) {
            const auto got = host.receive(socket, buffer);
            if (got) {
                text += as_text({buffer, *got});
            } else if (got.error() != errors::would_block || !wait(host, socket, false, patience)) {
                return text;
            }
        }
    }
};

}  // namespace

TEST_F(Fixture, DataArrivesAfterTheLatencyOfBothHosts) {
    network.faults(client_address).latency = Duration(30);
    network.faults(server_address).latency = Duration(12);
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    EXPECT_EQ(milliseconds(world.now()), 84U);
    ASSERT_EQ(client.send(near, as_bytes("hello")), 5U);
    EXPECT_TRUE(wait(server, far, false));
    EXPECT_EQ(milliseconds(world.now()), 126U);
    EXPECT_EQ(read_all(server, far), "hello");
    EXPECT_EQ(server.local(far)->port, 1883);
    EXPECT_EQ(client.local(near)->address, client_address);
}

TEST_F(Fixture, NothingReadyEndsExactlyAtTheTimeout) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    const Instant before = world.now();
    EXPECT_FALSE(wait(client, near, false, Duration(1234)));
    EXPECT_EQ(world.now() - before, Duration(1234));
}

TEST_F(Fixture, WakeBeforeAWaitEndsItAtOnceAndOnlyOnce) {
    client.wake();
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 0U);
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 500U);
}

TEST_F(Fixture, AStepThatWakesEndsAWait) {
    world.add_step([&] {
        if (milliseconds(world.now()) == 0) client.wake();
    });
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 0U);
}

TEST_F(Fixture, ANestedWaitNeverMovesTheTime) {
    world.add_step([&] { EXPECT_TRUE(server.wait({}, Duration(1000))); });
    ASSERT_TRUE(client.wait({}, Duration(10)));
    EXPECT_EQ(milliseconds(world.now()), 10U);
}

TEST_F(Fixture, PollingWithoutEverWaitingDoesNotStopTheWorld) {
    int turns = 0;
    while (milliseconds(world.now()) < 2 && turns < 100'000) {
        ASSERT_TRUE(client.wait({}, Duration(0)));
        ++turns;
    }
    EXPECT_LT(turns, 100'000);
}

TEST_F(Fixture, NobodyListeningRefuses) {
    const auto socket = client.connect(service);
    EXPECT_EQ(client.connected(*socket).error(), errors::would_block);
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_refused);
}

TEST_F(Fixture, AnAddressThatNobodyHasIsUnreachable) {
    const auto socket = client.connect({IpAddress::v4(192, 0, 2, 99), 80});
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_unreachable);
}

TEST_F(Fixture, TheRefuseFaultRefusesAlthoughSomebodyListens) {
    network.faults(server_address).refuse = true;
    SocketId near{};
    SocketId far{};
    EXPECT_EQ(open(near, far).error(), errors::socket_refused);
}

TEST_F(Fixture, ABlackHoleTimesOut) {
    ASSERT_TRUE(server.listen(service, 1));
    network.faults(server_address).black_hole = true;
    const auto socket = client.connect(service);
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_timed_out);
    EXPECT_EQ(Duration(milliseconds(world.now())), SimTcp::connect_timeout);
}

TEST_F(Fixture, ABlackHoleThatEndsInTimeLetsTheConnectionThrough) {
    ASSERT_TRUE(server.listen(service, 1));
    network.faults(server_address).black_hole = true;
    const auto socket = client.connect(service);
    EXPECT_FALSE(wait(client, *socket, true, Duration(5000)));
    network.faults(server_address).black_hole = false;
    EXPECT_TRUE(wait(client, *socket, true, Duration(1100)));
    EXPECT_TRUE(client.connected(*socket));
}

TEST_F(Fixture, AFullBacklogKeepsTheNextOneWaiting) {
    const auto listener = server.listen(service, 1);
    const auto first = client.connect(service);
    const auto second = client.connect(service);
    EXPECT_TRUE(wait(client, *first, true));
    EXPECT_FALSE(wait(client, *second, true, Duration(3000)));
    ASSERT_TRUE(server.accept(*listener));
    EXPECT_TRUE(wait(client, *second, true, Duration(1100)));
    EXPECT_TRUE(client.connected(*second));
}

TEST_F(Fixture, BuffersAreBoundedAndReadingMakesRoom) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    const std::string much(10'000, 'x');
    EXPECT_EQ(client.send(near, as_bytes(much)), SimTcp::window);
    EXPECT_EQ(client.send(near, as_bytes(much)).error(), errors::would_block);
    EXPECT_FALSE(wait(client, near, true, Duration(100)));
    EXPECT_EQ(read_all(server, far).size(), SimTcp::window);
    EXPECT_TRUE(wait(client, near, true));
}

TEST_F(Fixture, SegmentsOfOneByteArriveOneByOne) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    network.faults(client_address).max_segment = 1;
    network.faults(client_address).segment_gap = Duration(1000);
    ASSERT_EQ(client.send(near, as_bytes("abc")), 3U);
    const Instant before = world.now();
    std::uint8_t buffer[8];
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(wait(server, far, false));
        ASSERT_EQ(server.receive(far, buffer), 1U);
        EXPECT_EQ(world.now() - before, Duration(2 + 1000 * i));
    }
}

TEST_F(Fixture, CloseDeliversWhatWasSentFirst) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    ASSERT_TRUE(client.send(near, as_bytes("bye")));
    client.close(near);
    EXPECT_EQ(read_all(server, far), "bye");
    std::uint8_t byte = 0;
    EXPECT_EQ(server.receive(far, {&byte, 1}).error(), errors::closed);
    EXPECT_EQ(client.send(near, as_bytes("x")).error(), errors::invalid_argument);
}

TEST_F(Fixture, SendingToAClosedEndIsAnsweredByAReset) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    client.close(near);
    ASSERT_TRUE(server.send(far, as_bytes("anyone?")));
    ASSERT_TRUE(server.wait({}, Duration(10)));
    EXPECT_EQ(server.send(far, as_bytes("anyone?")).error(), errors::socket_reset);
}

TEST_F(Fixture, ResetAfterCutsTheStreamAtThatByte) {
    network.faults(server_address).reset_after = 4;
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    EXPECT_EQ(server.send(far, as_bytes("123456")), 4U);
    EXPECT_EQ(read_all(client, near), "1234");
    std::uint8_t byte = 0;
    EXPECT_EQ(client.receive(near, {&byte, 1}).error(), errors::socket_reset);
    EXPECT_EQ(client.send(near, {&byte, 1}).error(), errors::socket_reset);
}

TEST_F(Fixture, APauseHoldsOneDirectionAndLosesNothing) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    network.faults(server_address).pause_out = true;
    ASSERT_TRUE(server.send(far, as_bytes("later")));
    ASSERT_TRUE(client.send(near, as_bytes("now")));
    EXPECT_EQ(read_all(server, far), "now");
    EXPECT_EQ(read_all(client, near), "");
    network.faults(server_address).pause_out = false;
    EXPECT_EQ(read_all(client, near), "later");
}

TEST_F(Fixture, ACutHoldsBothDirections) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    network.faults(client_address).cut = true;
    ASSERT_TRUE(server.send(far, as_bytes("a")));
    ASSERT_TRUE(client.send(near, as_bytes("b")));
    EXPECT_EQ(read_all(server, far) + read_all(client, near), "");
    network.faults(client_address).cut = false;
    EXPECT_EQ(read_all(server, far) + read_all(client, near), "ba");
}

TEST_F(Fixture, ResetConnectionsEndsThemOnBothSides) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    network.reset_connections(server_address);
    std::uint8_t byte = 0;
    EXPECT_TRUE(wait(client, near, false));
    EXPECT_EQ(client.receive(near, {&byte, 1}).error(), errors::socket_reset);
    EXPECT_EQ(server.receive(far, {&byte, 1}).error(), errors::socket_reset);
}

TEST_F(Fixture, AHostWithoutPowerIsSilentAndAnswersWithAResetWhenItIsBack) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    client.power_off();
    EXPECT_EQ(client.wait({}, Duration(1)).error(), errors::power_lost);
    EXPECT_EQ(client.connect(service).error(), errors::power_lost);
    ASSERT_TRUE(server.send(far, as_bytes("hello?")));
    EXPECT_FALSE(wait(server, far, false, Duration(5000)));
    client.power_on();
    std::uint8_t byte = 0;
    EXPECT_EQ(server.receive(far, {&byte, 1}).error(), errors::socket_reset);
}

TEST_F(Fixture, AHostThatGoesAwayLeavesNoDanglingLink) {
    ASSERT_TRUE(server.listen(service, 1));
    {
        StationLink link;
        SimSockets guest(network, SimPlace{0, IpAddress::v4(192, 0, 2, 50)}, &link);
        ASSERT_TRUE(guest.connect(service));
    }
    world.run_for(Duration(100));
    EXPECT_EQ(server.open_sockets(), 1U);
}

TEST_F(Fixture, WithoutALinkNothingLeavesTheChip) {
    StationLink link;
    SimSockets station(network, SimPlace{0, IpAddress::v4(192, 0, 2, 50)}, &link);
    const auto listener = server.listen(service, 1);
    const auto socket = station.connect(service);
    ASSERT_TRUE(wait(station, *socket, true));
    const auto far = server.accept(*listener);
    link.up = false;
    EXPECT_EQ(station.connect(service).error(), errors::socket_unreachable);
    ASSERT_TRUE(server.send(*far, as_bytes("x")));
    EXPECT_FALSE(wait(station, *socket, false, Duration(1000)));
    link.up = true;
    EXPECT_TRUE(wait(station, *socket, false, Duration(1000)));
}

TEST_F(Fixture, DatagramsCarryTheirSenderAndAreLostInABlackHole) {
    const auto far = server.bind_udp({server_address, 53});
    const auto near = client.bind_udp({client_address, 0});
    ASSERT_TRUE(client.send_to(*near, {server_address, 53}, as_bytes("query")));
    std::uint8_t buffer[16];
    EXPECT_EQ(server.receive_from(*far, buffer).error(), errors::would_block);
    ASSERT_TRUE(wait(server, *far, false));
    const auto got = server.receive_from(*far, buffer);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size, 5U);
    EXPECT_EQ(got->from, *client.local(*near));
    network.faults(server_address).black_hole = true;
    ASSERT_TRUE(client.send_to(*near, {server_address, 53}, as_bytes("query")));
    EXPECT_FALSE(wait(server, *far, false, Duration(1000)));
}

TEST_F(Fixture, SocketsRunOutAndComeBack) {
    std::vector<SocketId> sockets;
    for (;;) {
        const auto made = client.bind_udp({client_address, 0});
        if (!made) {
            EXPECT_EQ(made.error(), errors::socket_none_left);
            break;
        }
        sockets.push_back(*made);
    }
    EXPECT_EQ(sockets.size(), SimSockets::max_sockets);
    EXPECT_EQ(client.connect(service).error(), errors::socket_none_left);
    client.close(sockets.front());
    EXPECT_TRUE(client.connect(service));
}

TEST_F(Fixture, APortCanBeTakenOnce) {
    ASSERT_TRUE(server.listen(service, 1));
    EXPECT_EQ(server.listen(service, 1).error(), errors::socket_in_use);
    EXPECT_EQ(server.listen({IpAddress::v4(0, 0, 0, 0), 1883}, 1).has_value(), true);
}

TEST_F(Fixture, AnIdThatIsNoneIsReadyAndReportsItself) {
    Interest interest{.socket = SocketId::none, .read = true};
    ASSERT_TRUE(client.wait({&interest, 1}, Duration(1000)));
    EXPECT_TRUE(interest.ready_read);
    EXPECT_EQ(client.local(SocketId::none).error(), errors::invalid_argument);
    client.close(SocketId::none);
}

TEST(SimClock, KeepsAWallClockOnlyWhenItWasSet) {
    SimClock clock;
    EXPECT_FALSE(clock.wall());
    clock.set_wall(UnixTime(1000));
    clock.advance(Duration(2500));
    EXPECT_EQ(clock.wall(), UnixTime(1002));
    clock.advance(Duration(-5));
    EXPECT_EQ(milliseconds(clock.now()), 2500U);
    clock.forget_wall();
    EXPECT_FALSE(clock.wall());
}
