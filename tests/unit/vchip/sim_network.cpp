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

TEST_F(Fixture, data_arrives_after_the_latency_of_both_hosts) {
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

TEST_F(Fixture, nothing_ready_ends_exactly_at_the_timeout) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    const Instant before = world.now();
    EXPECT_FALSE(wait(client, near, false, Duration(1234)));
    EXPECT_EQ(world.now() - before, Duration(1234));
}

TEST_F(Fixture, wake_before_a_wait_ends_it_at_once_and_only_once) {
    client.wake();
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 0U);
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 500U);
}

TEST_F(Fixture, a_step_that_wakes_ends_a_wait) {
    world.add_step([&] {
        if (milliseconds(world.now()) == 0) client.wake();
    });
    ASSERT_TRUE(client.wait({}, Duration(500)));
    EXPECT_EQ(milliseconds(world.now()), 0U);
}

TEST_F(Fixture, a_nested_wait_never_moves_the_time) {
    world.add_step([&] { EXPECT_TRUE(server.wait({}, Duration(1000))); });
    ASSERT_TRUE(client.wait({}, Duration(10)));
    EXPECT_EQ(milliseconds(world.now()), 10U);
}

TEST_F(Fixture, polling_without_ever_waiting_does_not_stop_the_world) {
    int turns = 0;
    while (milliseconds(world.now()) < 2 && turns < 100'000) {
        ASSERT_TRUE(client.wait({}, Duration(0)));
        ++turns;
    }
    EXPECT_LT(turns, 100'000);
}

TEST_F(Fixture, nobody_listening_refuses) {
    const auto socket = client.connect(service);
    EXPECT_EQ(client.connected(*socket).error(), errors::would_block);
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_refused);
}

TEST_F(Fixture, an_address_that_nobody_has_is_unreachable) {
    const auto socket = client.connect({IpAddress::v4(192, 0, 2, 99), 80});
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_unreachable);
}

TEST_F(Fixture, the_refuse_fault_refuses_although_somebody_listens) {
    network.faults(server_address).refuse = true;
    SocketId near{};
    SocketId far{};
    EXPECT_EQ(open(near, far).error(), errors::socket_refused);
}

TEST_F(Fixture, a_black_hole_times_out) {
    ASSERT_TRUE(server.listen(service, 1));
    network.faults(server_address).black_hole = true;
    const auto socket = client.connect(service);
    wait(client, *socket, true);
    EXPECT_EQ(client.connected(*socket).error(), errors::socket_timed_out);
    EXPECT_EQ(Duration(milliseconds(world.now())), SimTcp::connect_timeout);
}

TEST_F(Fixture, a_black_hole_that_ends_in_time_lets_the_connection_through) {
    ASSERT_TRUE(server.listen(service, 1));
    network.faults(server_address).black_hole = true;
    const auto socket = client.connect(service);
    EXPECT_FALSE(wait(client, *socket, true, Duration(5000)));
    network.faults(server_address).black_hole = false;
    EXPECT_TRUE(wait(client, *socket, true, Duration(1100)));
    EXPECT_TRUE(client.connected(*socket));
}

TEST_F(Fixture, a_full_backlog_keeps_the_next_one_waiting) {
    const auto listener = server.listen(service, 1);
    const auto first = client.connect(service);
    const auto second = client.connect(service);
    EXPECT_TRUE(wait(client, *first, true));
    EXPECT_FALSE(wait(client, *second, true, Duration(3000)));
    ASSERT_TRUE(server.accept(*listener));
    EXPECT_TRUE(wait(client, *second, true, Duration(1100)));
    EXPECT_TRUE(client.connected(*second));
}

TEST_F(Fixture, buffers_are_bounded_and_reading_makes_room) {
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

TEST_F(Fixture, segments_of_one_byte_arrive_one_by_one) {
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

TEST_F(Fixture, close_delivers_what_was_sent_first) {
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

TEST_F(Fixture, sending_to_a_closed_end_is_answered_by_a_reset) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    client.close(near);
    ASSERT_TRUE(server.send(far, as_bytes("anyone?")));
    ASSERT_TRUE(server.wait({}, Duration(10)));
    EXPECT_EQ(server.send(far, as_bytes("anyone?")).error(), errors::socket_reset);
}

TEST_F(Fixture, reset_after_cuts_the_stream_at_that_byte) {
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

TEST_F(Fixture, a_pause_holds_one_direction_and_loses_nothing) {
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

TEST_F(Fixture, a_cut_holds_both_directions) {
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

TEST_F(Fixture, reset_connections_ends_them_on_both_sides) {
    SocketId near{};
    SocketId far{};
    ASSERT_TRUE(open(near, far));
    network.reset_connections(server_address);
    std::uint8_t byte = 0;
    EXPECT_TRUE(wait(client, near, false));
    EXPECT_EQ(client.receive(near, {&byte, 1}).error(), errors::socket_reset);
    EXPECT_EQ(server.receive(far, {&byte, 1}).error(), errors::socket_reset);
}

TEST_F(Fixture, a_host_without_power_is_silent_and_answers_with_a_reset_when_it_is_back) {
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

TEST_F(Fixture, a_host_that_goes_away_leaves_no_dangling_link) {
    ASSERT_TRUE(server.listen(service, 1));
    {
        StationLink link;
        SimSockets guest(network, SimPlace{0, IpAddress::v4(192, 0, 2, 50)}, &link);
        ASSERT_TRUE(guest.connect(service));
    }
    world.run_for(Duration(100));
    EXPECT_EQ(server.open_sockets(), 1U);
}

TEST_F(Fixture, without_a_link_nothing_leaves_the_chip) {
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

TEST_F(Fixture, datagrams_carry_their_sender_and_are_lost_in_a_black_hole) {
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

TEST_F(Fixture, sockets_run_out_and_come_back) {
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

TEST_F(Fixture, a_port_can_be_taken_once) {
    ASSERT_TRUE(server.listen(service, 1));
    EXPECT_EQ(server.listen(service, 1).error(), errors::socket_in_use);
    EXPECT_EQ(server.listen({IpAddress::v4(0, 0, 0, 0), 1883}, 1).has_value(), true);
}

TEST_F(Fixture, an_id_that_is_none_is_ready_and_reports_itself) {
    Interest interest{.socket = SocketId::none, .read = true};
    ASSERT_TRUE(client.wait({&interest, 1}, Duration(1000)));
    EXPECT_TRUE(interest.ready_read);
    EXPECT_EQ(client.local(SocketId::none).error(), errors::invalid_argument);
    client.close(SocketId::none);
}

TEST(SimClock, keeps_a_wall_clock_only_when_it_was_set) {
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
