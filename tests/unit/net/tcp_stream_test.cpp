#include "esb/net/tcp_stream.hpp"
#include "support/net_rig.hpp"
#include "support/scripted_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using namespace esb;
using test::RecordingHandler;
using test::ScriptedServer;
using test::server_address;

struct TcpStreamTest : ::testing::Test {
    test::NetRig rig;
    ScriptedServer server{rig.network, server_address, 80};
    net::TcpStream stream{rig.reactor, rig.names};
    RecordingHandler handler{stream};

    TcpStreamTest() {
        server.await.clear();
        server.end = ScriptedServer::End::stay;
    }
    ~TcpStreamTest() override { EXPECT_EQ(handler.nested, 0); }

    void open() {
        ASSERT_TRUE(handler.open("server.test", 80));
        ASSERT_TRUE(rig.run_until([&] { return handler.opened > 0; }));
    }
    std::string_view outcome(Duration limit = 60s) {
        EXPECT_TRUE(rig.run_until([&] { return handler.over(); }, limit));
        EXPECT_EQ(handler.closed, 1);
        EXPECT_FALSE(stream.is_open());
        return handler.why ? handler.why->name() : "";
    }
};

TEST_F(TcpStreamTest, opens_and_carries_bytes_both_ways) {
    handler.to_send = "question";
    server.reply("answer", ScriptedServer::End::stay);
    EXPECT_FALSE(stream.is_open());
    open();
    EXPECT_TRUE(stream.is_open());
    EXPECT_TRUE(rig.run_until([&] { return server.request == "question" && handler.received == "answer"; }));
    EXPECT_EQ(handler.closed, 0);
    handler.close();
    EXPECT_FALSE(stream.is_open());
    rig.run_for(1s);
    EXPECT_TRUE(server.peer_left);
    EXPECT_EQ(handler.closed, 0);
}

TEST_F(TcpStreamTest, the_end_comes_after_all_that_was_sent) {
    server.reply(std::string(5000, 'x'), ScriptedServer::End::close);
    handler.read_size = 700;
    open();
    EXPECT_EQ(outcome(), "closed");
    EXPECT_EQ(handler.received.size(), 5000U);
}

TEST_F(TcpStreamTest, what_was_not_read_makes_readable_again) {
    server.reply("abcdef", ScriptedServer::End::stay);
    handler.read_size = 1;
    open();
    EXPECT_TRUE(rig.run_until([&] { return handler.received == "abcdef"; }));
    EXPECT_GE(handler.readable, 6);
}

TEST_F(TcpStreamTest, a_full_window_makes_writable_once_there_is_room) {
    open();
    rig.network.faults(server_address).pause_in = true;
    handler.to_send = std::string(100'000, 'y');
    handler.send();
    EXPECT_FALSE(handler.to_send.empty());
    rig.run_for(5s);
    EXPECT_EQ(handler.writable, 0);
    rig.network.faults(server_address).pause_in = false;
    EXPECT_TRUE(rig.run_until([&] { return server.request.size() == 100'000; }));
    EXPECT_GT(handler.writable, 0);
    const int before = handler.writable;
    rig.run_for(5s);
    EXPECT_EQ(handler.writable, before) << "nobody waits for room any more";
}

TEST_F(TcpStreamTest, refusal_is_named) {
    ASSERT_TRUE(handler.open("server.test", 81));
    EXPECT_EQ(outcome(), "socket.refused");
    EXPECT_EQ(handler.opened, 0);
}

TEST_F(TcpStreamTest, an_unknown_name_is_named) {
    ASSERT_TRUE(handler.open("nobody.test", 80));
    EXPECT_EQ(outcome(), "dns.not_found");
}

TEST_F(TcpStreamTest, opening_ends_in_time_when_nobody_answers) {
    rig.network.faults(server_address).black_hole = true;
    ASSERT_TRUE(handler.open("server.test", 80));
    const Instant start = rig.world.now();
    EXPECT_EQ(outcome(), "socket.timed_out");
    EXPECT_EQ(rig.world.now() - start, 15s);
    EXPECT_EQ(rig.sockets.open_sockets(), 0U);
}

TEST_F(TcpStreamTest, opening_ends_in_time_when_the_name_server_is_silent) {
    rig.resolver.set_silent("mute.test");
    ASSERT_TRUE(handler.open("mute.test", 80));
    EXPECT_EQ(outcome(), "dns.failed");
    EXPECT_EQ(rig.world.now(), Instant{15s});
}

TEST_F(TcpStreamTest, an_open_stream_has_no_time_limit) {
    open();
    rig.run_for(1h);
    EXPECT_TRUE(stream.is_open());
}

TEST_F(TcpStreamTest, a_reset_is_named) {
    open();
    rig.network.reset_connections(server_address);
    EXPECT_EQ(outcome(), "socket.reset");
}

TEST_F(TcpStreamTest, a_failed_write_still_ends_in_on_closed) {
    handler.reads = false;
    open();
    rig.network.reset_connections(server_address);
    rig.world.run_for(10ms);
    const auto taken = stream.write(as_bytes("x"));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error(), errors::socket_reset);
    EXPECT_FALSE(stream.is_open());
    EXPECT_EQ(handler.closed, 0) << "not from within write()";
    EXPECT_EQ(stream.write(as_bytes("x")).error(), errors::socket_reset);
    std::array<std::uint8_t, 4> out{};
    EXPECT_EQ(stream.read(out).error(), errors::socket_reset);
    EXPECT_EQ(outcome(), "socket.reset");
}

TEST_F(TcpStreamTest, after_close_no_callback_comes) {
    for (const int stage : {0, 1, 2}) {
        SCOPED_TRACE(stage);
        handler.opened = handler.closed = 0;
        ASSERT_TRUE(handler.open("server.test", 80));
        if (stage == 1) rig.run_for(6ms);  // the name is known, the connection on its way
        if (stage == 2) rig.run_until([&] { return handler.opened == 1; });
        handler.opened = 0;
        handler.close();
        handler.close();
        rig.run_for(20s);
        EXPECT_EQ(handler.opened + handler.closed, 0);
        EXPECT_EQ(rig.sockets.open_sockets(), 0U);
    }
}

TEST_F(TcpStreamTest, after_a_read_error_close_keeps_it_silent) {
    handler.reads = false;
    server.reply("", ScriptedServer::End::close);
    handler.when_readable = [&] {
        std::array<std::uint8_t, 4> out{};
        EXPECT_EQ(stream.read(out).error(), errors::closed);
        handler.close();
    };
    open();
    rig.run_for(5s);
    EXPECT_EQ(handler.readable, 1);
    EXPECT_EQ(handler.closed, 0);
}

TEST_F(TcpStreamTest, may_be_closed_in_every_callback) {
    handler.when_open = [&] { handler.close(); };
    ASSERT_TRUE(handler.open("server.test", 80));
    rig.run_for(1s);
    EXPECT_EQ(handler.opened, 1);

    handler.when_open = nullptr;
    handler.when_readable = [&] { handler.close(); };
    server.reply("hello", ScriptedServer::End::stay);
    ASSERT_TRUE(handler.open("server.test", 80));
    rig.run_for(1s);
    EXPECT_EQ(handler.readable, 1);

    handler.when_readable = nullptr;
    handler.when_closed = [&] { handler.close(); };
    server.reply("", ScriptedServer::End::close);
    ASSERT_TRUE(handler.open("server.test", 80));
    rig.run_for(1s);
    EXPECT_EQ(handler.closed, 1);
}

TEST_F(TcpStreamTest, may_be_opened_anew_from_on_closed_and_on_readable) {
    server.reply("", ScriptedServer::End::close);
    handler.when_closed = [&] {
        if (handler.closed == 3) return;
        EXPECT_TRUE(handler.open("server.test", 80));
    };
    ASSERT_TRUE(handler.open("server.test", 80));
    rig.run_for(5s);
    EXPECT_EQ(handler.closed, 3);
    EXPECT_EQ(server.connections, 3);

    server.reply("x", ScriptedServer::End::stay);
    handler.when_readable = [&] {
        if (server.connections >= 6) return;
        handler.close();
        EXPECT_TRUE(handler.open("server.test", 80));
    };
    ASSERT_TRUE(handler.open("server.test", 80));
    rig.run_for(5s);
    EXPECT_EQ(server.connections, 6);
}

TEST_F(TcpStreamTest, misuse_is_refused) {
    std::array<std::uint8_t, 4> out{};
    EXPECT_EQ(stream.read(out).error(), errors::closed);
    EXPECT_EQ(stream.write(as_bytes("x")).error(), errors::closed);
    EXPECT_EQ(handler.open(std::string(254, 'a'), 80).error(), errors::too_long);
    open();
    EXPECT_EQ(handler.open("server.test", 80).error(), errors::busy);
    EXPECT_EQ(stream.read({}).error(), errors::invalid_argument);
    EXPECT_EQ(stream.write({}).error(), errors::invalid_argument);
    EXPECT_EQ(stream.read(out).error(), errors::would_block);
}

TEST_F(TcpStreamTest, a_full_reactor_is_an_error_and_leaves_nothing_behind) {
    struct Idle : Task {
        void step(Instant) override {}
        std::optional<Instant> deadline() const override { return {}; }
    };
    std::array<Idle, net::Reactor::max_tasks> idle;
    for (auto& task : idle) ASSERT_TRUE(rig.reactor.add(task));
    EXPECT_EQ(handler.open("server.test", 80).error(), errors::full);
    rig.reactor.remove(idle[0]);
    EXPECT_EQ(handler.open("server.test", 80).error(), errors::full) << "no room for the names";
    rig.reactor.remove(idle[1]);
    open();
}

TEST_F(TcpStreamTest, sockets_that_cannot_be_watched_are_an_error) {
    struct Nobody : net::SocketOwner {
        void on_ready(bool, bool) override {}
    } nobody;
    for (std::size_t i = 0; i < net::Reactor::max_sockets; ++i) {
        ASSERT_TRUE(rig.reactor.watch(static_cast<chip::SocketId>(1000 + i), nobody, false, false));
    }
    ASSERT_TRUE(handler.open("server.test", 80));
    EXPECT_EQ(outcome(), "full");
    EXPECT_EQ(rig.sockets.open_sockets(), 0U);
}

TEST_F(TcpStreamTest, no_socket_left_is_an_error) {
    for (std::uint16_t i = 0; i < vchip::SimSockets::max_sockets; ++i) {
        ASSERT_TRUE(rig.sockets.bind_udp({test::client_address, static_cast<std::uint16_t>(6000 + i)}));
    }
    ASSERT_TRUE(handler.open("server.test", 80));
    EXPECT_EQ(outcome(), "socket.none_left");
}

}  // namespace
