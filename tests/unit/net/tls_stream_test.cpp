#include "esb/net/tls_stream.hpp"
#include "support/net_rig.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_psk_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace esb;
using test::RecordingHandler;
using test::server_address;
using test::TlsPskServer;

constexpr std::array<std::uint8_t, 16> key{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr std::uint16_t port = 8883;

struct TlsRig {
    test::NetRig net;
    TlsPskServer server;
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    RecordingHandler handler{stream};

    explicit TlsRig(TlsPskServer::Options options = {})
        : server(net.network, server_address, port, with_account(std::move(options))) {
        EXPECT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
    }
    ~TlsRig() { EXPECT_EQ(handler.nested, 0); }
    static TlsPskServer::Options with_account(TlsPskServer::Options options) {
        if (options.accounts.empty()) options.accounts["ESP-1"] = {key.begin(), key.end()};
        return options;
    }
    void open() {
        ASSERT_TRUE(handler.open("server.test", port));
        ASSERT_TRUE(net.run_until([&] { return handler.opened > 0 || handler.over(); }));
        ASSERT_EQ(handler.opened, 1) << outcome();
    }
    std::string outcome() {
        EXPECT_TRUE(net.run_until([&] { return handler.over(); }));
        EXPECT_EQ(handler.closed, 1);
        EXPECT_FALSE(stream.is_open());
        EXPECT_EQ(stream.suite(), "");
        EXPECT_EQ(net.sockets.open_sockets(), 0U);
        return handler.why ? std::string(handler.why->name()) : "";
    }
    // Opens, and tells how it ended.
    std::string failure() {
        EXPECT_TRUE(handler.open("server.test", port));
        auto name = outcome();
        EXPECT_EQ(handler.opened, 0);
        return name;
    }
};

TEST(TlsStream, the_first_suite_is_chacha) {
    TlsRig rig({.suites = {MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256,
                           MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256}});
    EXPECT_EQ(rig.stream.suite(), "");
    rig.handler.to_send = "hello";
    rig.open();
    EXPECT_TRUE(rig.stream.is_open());
    EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.received == "hello"; }));
}

TEST(TlsStream, every_suite_on_offer_works) {
    const std::pair<int, std::string_view> suites[] = {
        {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, "TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256"},
        {MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256, "TLS-ECDHE-PSK-WITH-AES-128-CBC-SHA256"},
        {MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384, "TLS-ECDHE-PSK-WITH-AES-256-CBC-SHA384"},
    };
    for (const auto& [suite, name] : suites) {
        TlsRig rig({.suites = {suite}});
        rig.handler.to_send = "ping";
        rig.open();
        EXPECT_EQ(rig.stream.suite(), name);
        EXPECT_EQ(rig.server.suite, name);
        EXPECT_EQ(rig.server.encrypt_then_mac, name.find("CBC") != std::string_view::npos);
        EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.received == "ping"; }));
    }
}

TEST(TlsStream, plain_psk_only_when_it_is_allowed) {
    TlsPskServer::Options options{
        .suites = {MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384}};
    {
        TlsRig rig(options);
        EXPECT_EQ(rig.failure(), "tls.no_common_suite");
        EXPECT_EQ(rig.handler.why->detail(), 40);
    }
    TlsRig rig(options);
    ASSERT_TRUE(rig.stream.configure({.identity = "ESP-1", .key = key, .allow_plain_psk = true}));
    rig.open();
    EXPECT_EQ(rig.stream.suite(), "TLS-PSK-WITH-AES-128-GCM-SHA256");
}

TEST(TlsStream, forward_secrecy_comes_first_when_plain_psk_is_allowed) {
    TlsRig rig({.suites = {MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384}});
    ASSERT_TRUE(rig.stream.configure({.identity = "ESP-1", .key = key, .allow_plain_psk = true}));
    rig.open();
    EXPECT_EQ(rig.stream.suite(), "TLS-ECDHE-PSK-WITH-AES-256-CBC-SHA384");
}

TEST(TlsStream, a_wrong_key_is_named) {
    for (const int suite :
         {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256}) {
        TlsPskServer::Options options{.suites = {suite}};
        options.accounts["ESP-1"] = std::vector<std::uint8_t>(16, 0x77);
        TlsRig rig(options);
        EXPECT_EQ(rig.failure(), "tls.bad_psk");
        EXPECT_EQ(rig.handler.why->detail(), 20);
    }
}

TEST(TlsStream, an_unknown_identity_is_named) {
    TlsRig rig;
    ASSERT_TRUE(rig.stream.configure({.identity = "ESP-2", .key = key}));
    EXPECT_EQ(rig.failure(), "tls.bad_psk");
    EXPECT_EQ(rig.handler.why->detail(), 115);
}

// The server says its alert and is gone before all that we had to say was sent.
TEST(TlsStream, an_alert_is_understood_even_when_writing_fails_before_it_was_read) {
    TlsRig rig({.refuse_in_state = MBEDTLS_SSL_CLIENT_KEY_EXCHANGE});
    EXPECT_EQ(rig.failure(), "tls.bad_psk");
    EXPECT_EQ(rig.handler.why->detail(), 115);
}

TEST(TlsStream, a_reset_within_the_handshake_is_a_reset_when_no_alert_explains_it) {
    for (const std::string_view bytes :
         {std::string_view(), std::string_view("\x15\x03\x03"), std::string_view("\x16\x03\x03\0\x02\x02\x73", 7)}) {
        TlsRig rig({.refuse_in_state = MBEDTLS_SSL_CLIENT_KEY_EXCHANGE, .refusal = std::string(bytes)});
        EXPECT_EQ(rig.failure(), "socket.reset");
    }
}

// A ServerHello of TLS 1.1 (RFC 4346 §7.4.1.3); no library of today would send one.
TEST(TlsStream, no_tls_older_than_1_2) {
    test::NetRig net;
    test::ScriptedServer server{net.network, server_address, port};
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    RecordingHandler handler{stream};
    ASSERT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
    const std::string suite("\xCC\xAC", 2);  // ECDHE-PSK-CHACHA20-POLY1305
    server.await = "";
    server.reply(std::string("\x16\x03\x02\0\x2A\x02\0\0\x26\x03\x02", 11) + std::string(32, 'r') + '\0' + suite + '\0',
                 test::ScriptedServer::End::stay);
    ASSERT_TRUE(handler.open("server.test", port));
    ASSERT_TRUE(net.run_until([&] { return handler.over(); }));
    EXPECT_EQ(handler.opened, 0);
    EXPECT_EQ(handler.why->name(), "tls.protocol");
}

TEST(TlsStream, byte_by_byte_is_enough) {
    TlsRig rig;
    for (const auto& address : {server_address, test::client_address}) rig.net.network.faults(address).max_segment = 1;
    rig.handler.to_send = "x";
    rig.open();
    EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.received == "x"; }));
}

TEST(TlsStream, silence_ends_the_handshake_in_time) {
    test::NetRig net;
    test::ScriptedServer server{net.network, server_address, port};
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    RecordingHandler handler{stream};
    ASSERT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
    server.reply("", test::ScriptedServer::End::stay);
    ASSERT_TRUE(handler.open("server.test", port));
    ASSERT_TRUE(net.run_until([&] { return handler.over(); }));
    EXPECT_EQ(*handler.why, errors::tls_handshake_timeout);
    EXPECT_GE(net.world.now(), Instant{15s});
    EXPECT_LE(net.world.now(), Instant{16s});
}

TEST(TlsStream, a_handshake_that_drips_ends_in_time) {
    TlsRig rig;
    rig.net.network.faults(server_address).max_segment = 1;
    rig.net.network.faults(server_address).segment_gap = 1s;
    EXPECT_EQ(rig.failure(), "tls.handshake_timeout");
    EXPECT_LE(rig.net.world.now(), Instant{16s});
}

struct Answer {
    std::string bytes;
    test::ScriptedServer::End end;
    std::string_view outcome;
};

// What other servers say to a ClientHello.
TEST(TlsStream, what_is_no_TLS_is_said_at_once) {
    using End = test::ScriptedServer::End;
    const Answer answers[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", End::close, "tls.not_tls"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", End::stay, "tls.not_tls"},
        {"SSH-2.0-OpenSSH_9.2\r\n", End::stay, "tls.not_tls"},
        {"220 mail.test ESMTP\r\n", End::stay, "tls.not_tls"},
        {std::string("\x20\x02\x00\x05", 4), End::stay, "tls.not_tls"},  // CONNACK
        {std::string("\x20\x02\x00\x01", 4), End::close, "tls.not_tls"},
        {std::string("\x20", 1), End::stay, "tls.not_tls"},
        {std::string("\xE0\x00", 2), End::close, "tls.not_tls"},  // DISCONNECT
        {std::string(64, '\0'), End::stay, "tls.not_tls"},
        {std::string(64, '\xFF'), End::stay, "tls.not_tls"},
        {std::string("\x16\x04", 2), End::stay, "tls.not_tls"},
        {"", End::close, "tls.not_tls"},
        {"", End::reset, "tls.not_tls"},
        {"", End::stay, "tls.handshake_timeout"},
        {"\x16", End::stay, "tls.handshake_timeout"},
        {"\x16", End::close, "tls.truncated"},
        {std::string("\x16\x03\x03\x00\x04\x0e\x00\x00\x00", 9), End::close, "tls.protocol"},
        {std::string("\x16\x03\x03\xff\xff", 5), End::close, "tls.protocol"},
    };
    for (const auto& [bytes, end, outcome] : answers) {
        test::NetRig net;
        test::ScriptedServer server{net.network, server_address, port};
        server.await = "\x16";
        server.reply(bytes, end);
        net::TlsStream stream{net.reactor, net.names, net.entropy};
        RecordingHandler handler{stream};
        ASSERT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
        ASSERT_TRUE(handler.open("server.test", port));
        ASSERT_TRUE(net.run_until([&] { return handler.over(); }));
        EXPECT_EQ(handler.closed, 1);
        EXPECT_EQ(handler.why->name(), outcome) << bytes;
        const bool in_time = outcome == "tls.handshake_timeout" || net.world.now() < Instant{1s};
        EXPECT_TRUE(in_time) << bytes;
    }
}

// Every state that opening passes through, with a peer that stands still in it or drips: the deadline has a name.
TEST(TlsStream, every_wait_of_opening_has_its_deadline) {
    const auto drip = [](std::size_t held_after) {
        TlsRig rig;
        rig.net.network.faults(server_address).max_segment = held_after;
        rig.net.network.faults(server_address).segment_gap = 1s;
        const auto name = rig.failure();
        EXPECT_LE(rig.net.world.now(), Instant{16s});
        return name;
    };
    for (const std::size_t piece : {1U, 2U, 5U, 10U}) EXPECT_EQ(drip(piece), "tls.handshake_timeout") << piece;
    for (int state = MBEDTLS_SSL_CLIENT_HELLO; state < MBEDTLS_SSL_CLIENT_KEY_EXCHANGE; ++state) {
        TlsRig rig;
        rig.server.around_step = [&](bool before) {
            if (before && rig.server.state() >= state) rig.net.network.faults(server_address).pause_out = true;
        };
        const auto name = rig.failure();
        EXPECT_EQ(name, "tls.handshake_timeout") << state;
        EXPECT_LE(rig.net.world.now(), Instant{31s}) << state;
    }
    TlsRig deaf;
    deaf.net.network.faults(server_address).black_hole = true;
    EXPECT_EQ(deaf.failure(), "socket.timed_out");
    EXPECT_LE(deaf.net.world.now(), Instant{16s});
    TlsRig nameless;
    nameless.net.resolver.set_silent("server.test");
    EXPECT_EQ(nameless.failure(), "dns.failed");
    EXPECT_LE(nameless.net.world.now(), Instant{16s});
}

TEST(TlsStream, alerts_in_the_handshake_are_named) {
    const std::pair<int, std::string_view> alerts[] = {
        {0, "tls.alert"},    {20, "tls.bad_psk"},  {40, "tls.no_common_suite"},
        {51, "tls.bad_psk"}, {70, "tls.alert"},    {71, "tls.no_common_suite"},
        {80, "tls.alert"},   {115, "tls.bad_psk"}, {255, "tls.alert"}};
    for (const auto& [number, name] : alerts) {
        test::NetRig net;
        test::ScriptedServer server{net.network, server_address, port};
        server.await.clear();
        server.reply(std::string("\x15\x03\x03\x00\x02\x02", 6) + static_cast<char>(number));
        net::TlsStream stream{net.reactor, net.names, net.entropy};
        RecordingHandler handler{stream};
        ASSERT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
        ASSERT_TRUE(handler.open("server.test", port));
        ASSERT_TRUE(net.run_until([&] { return handler.over(); }));
        EXPECT_EQ(handler.why->name(), name) << number;
        EXPECT_EQ(handler.why->detail(), number);
    }
}

TEST(TlsStream, a_close_in_any_state_of_the_handshake_is_an_error) {
    for (int state = MBEDTLS_SSL_HELLO_REQUEST; state <= MBEDTLS_SSL_SERVER_FINISHED; ++state) {
        TlsRig rig({.close_in_state = state});
        const auto name = rig.failure();
        const std::string_view unheard = rig.server.sent == 0 ? "tls.not_tls" : "tls.truncated";
        EXPECT_TRUE(name == unheard || name == "socket.reset") << state << " " << name;
    }
}

TEST(TlsStream, a_close_after_any_byte_of_the_handshake_is_an_error) {
    TlsRig reference;
    reference.open();
    const auto all = reference.server.sent;
    for (std::size_t bytes = 0; bytes < all; bytes += 3) {
        TlsRig rig({.close_after = bytes});
        const auto name = rig.failure();
        const std::string_view unheard = rig.server.sent == 0 ? "tls.not_tls" : "tls.truncated";
        EXPECT_TRUE(name == unheard || name == "socket.reset") << bytes << " " << name;
    }
}

TEST(TlsStream, big_transfers_both_ways_at_once) {
    for (const int suite :
         {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384}) {
        TlsRig rig({.suites = {suite}});
        for (const auto& address : {server_address, test::client_address})
            rig.net.network.faults(address).latency = 0ms;
        std::string text;
        for (int i = 0; text.size() < 200'000; ++i) text += std::to_string(i) + ' ';
        rig.handler.to_send = text;
        rig.handler.read_size = 3000;
        rig.open();
        EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.received.size() == text.size(); }, 10min));
        EXPECT_EQ(rig.handler.received, text);
        EXPECT_EQ(rig.server.received, text);
        EXPECT_GT(rig.handler.writable, 0);
    }
}

TEST(TlsStream, what_tls_holds_decrypted_makes_readable_again) {
    TlsRig rig;
    rig.handler.read_size = 1;
    rig.open();
    rig.server.say("one record");
    EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.received == "one record"; }, 1s));
    const auto calls = rig.handler.readable;
    EXPECT_GE(calls, 10);
    rig.net.run_for(1s);
    EXPECT_EQ(rig.handler.readable, calls) << "nothing is left";
}

TEST(TlsStream, the_goodbye_of_either_side_is_understood) {
    TlsRig rig;
    rig.open();
    rig.server.say("last words");
    rig.net.run_for(50ms);
    rig.server.hang_up();
    EXPECT_EQ(rig.outcome(), "closed");
    EXPECT_EQ(rig.handler.received, "last words");

    TlsRig other;
    other.open();
    other.handler.close();
    EXPECT_FALSE(other.stream.is_open());
    other.net.run_for(1s);
    EXPECT_TRUE(other.server.goodbye_received);
    EXPECT_EQ(other.handler.closed, 0);
}

// RFC 5246 §7.2.1: an end without close_notify may be an attacker's.
TEST(TlsStream, an_end_without_goodbye_is_truncation) {
    TlsRig rig({.goodbye = false});
    rig.open();
    rig.server.hang_up();
    EXPECT_EQ(rig.outcome(), "tls.truncated");
}

TEST(TlsStream, forged_bytes_end_it) {
    TlsRig rig;
    rig.open();
    rig.server.say_in_the_clear(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'));
    EXPECT_EQ(rig.outcome(), "tls.protocol");
}

TEST(TlsStream, an_alert_later_on_is_no_verdict_on_the_key) {
    TlsRig rig;
    rig.open();
    rig.server.alert(2, 20);
    EXPECT_EQ(rig.outcome(), "tls.alert");
    EXPECT_EQ(rig.handler.why->detail(), 20);
}

TEST(TlsStream, a_reset_is_named_by_read_and_write) {
    for (const bool writes : {false, true}) {
        TlsRig rig;
        rig.open();
        rig.handler.reads = !writes;
        rig.net.network.reset_connections(server_address);
        rig.net.world.run_for(10ms);
        if (writes) {
            EXPECT_EQ(rig.stream.write(as_bytes("x")).error(), errors::socket_reset);
        }
        EXPECT_EQ(rig.outcome(), "socket.reset");
        EXPECT_EQ(rig.stream.write(as_bytes("x")).error(), errors::closed);
    }
}

TEST(TlsStream, after_would_block_the_same_bytes_go_on) {
    TlsRig rig({.echo = false});
    rig.open();
    rig.net.network.faults(server_address).pause_in = true;
    const std::string text(20'000, 'q');
    std::size_t taken = 0;
    while (const auto now = rig.stream.write(as_bytes(text).subspan(taken))) taken += *now;
    EXPECT_EQ(rig.stream.write(as_bytes("q")).error(), errors::invalid_argument);
    rig.net.network.faults(server_address).pause_in = false;
    rig.handler.to_send = text.substr(taken);
    EXPECT_TRUE(rig.net.run_until([&] { return rig.server.received.size() == text.size(); }));
}

TEST(TlsStream, may_be_closed_in_every_callback_and_opened_again) {
    TlsRig rig;
    rig.handler.when_open = [&] { rig.handler.close(); };
    rig.open();
    rig.net.run_for(1s);

    rig.handler.when_open = nullptr;
    rig.handler.when_readable = [&] { rig.handler.close(); };
    rig.handler.opened = 0;
    rig.handler.read_size = 2;
    rig.handler.to_send = "echo me";
    rig.open();
    rig.net.run_for(1s);
    EXPECT_EQ(rig.handler.readable, 1);
    EXPECT_EQ(rig.handler.received, "ec");

    rig.handler.when_readable = nullptr;
    rig.handler.when_closed = [&] {
        if (rig.handler.closed == 3) return;
        EXPECT_TRUE(rig.handler.open("server.test", port));
    };
    rig.handler.when_open = [&] { rig.server.options.goodbye ? rig.server.say("") : void(); };
    rig.server.options.close_in_state = MBEDTLS_SSL_SERVER_HELLO;
    ASSERT_TRUE(rig.handler.open("server.test", port));
    rig.net.run_for(10s);
    EXPECT_EQ(rig.handler.closed, 3);
    EXPECT_EQ(rig.server.connections, 5);
}

TEST(TlsStream, close_while_it_opens_is_silent) {
    for (const Duration when : {0ms, 6ms, 9ms, 11ms, 13ms}) {
        TlsRig rig;
        ASSERT_TRUE(rig.handler.open("server.test", port));
        rig.net.run_for(when);
        rig.handler.close();
        rig.handler.opened = 0;
        rig.net.run_for(1min);
        EXPECT_EQ(rig.handler.opened + rig.handler.closed, 0);
        EXPECT_EQ(rig.net.sockets.open_sockets(), 0U);
    }
}

TEST(TlsStream, tcps_troubles_keep_their_names) {
    TlsRig rig;
    ASSERT_TRUE(rig.handler.open("server.test", 1));
    EXPECT_EQ(rig.outcome(), "socket.refused");
}

TEST(TlsStream, without_random_numbers_there_is_no_tls) {
    if (MBEDTLS_VERSION_NUMBER >= 0x04000000) GTEST_SKIP() << "they are PSA's own";
    TlsRig rig;
    rig.net.entropy.set_failing(true);
    EXPECT_EQ(rig.failure(), "chip.no_entropy");
}

TEST(TlsStream, configuration_is_checked) {
    TlsRig rig;
    const std::array<std::uint8_t, 65> bytes{};
    const std::string name(129, 'n');
    const auto with_key = [&](std::size_t size) {
        return net::TlsConfig{.identity = "x", .key = ConstBytes(bytes).first(size)};
    };
    EXPECT_EQ(rig.stream.configure(with_key(15)).error(), errors::too_short);
    EXPECT_EQ(rig.stream.configure(with_key(65)).error(), errors::too_long);
    EXPECT_EQ(rig.stream.configure({.identity = "", .key = key}).error(), errors::too_short);
    EXPECT_EQ(rig.stream.configure({.identity = name, .key = key}).error(), errors::too_long);
    EXPECT_TRUE(rig.stream.configure(with_key(32)));
    EXPECT_TRUE(rig.stream.configure({.identity = "ESP-1", .key = key}));
    rig.open();
    EXPECT_EQ(rig.stream.configure(with_key(32)).error(), errors::busy);
    EXPECT_EQ(rig.handler.open("server.test", port).error(), errors::busy);
}

TEST(TlsStream, misuse_is_refused) {
    test::NetRig net;
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    RecordingHandler handler{stream};
    EXPECT_EQ(handler.open("server.test", port).error(), errors::tls_setup);
    ASSERT_TRUE(stream.configure({.identity = "ESP-1", .key = key}));
    EXPECT_EQ(handler.open(std::string(300, 'a'), port).error(), errors::too_long);
    std::array<std::uint8_t, 4> out{};
    EXPECT_EQ(stream.read(out).error(), errors::closed);
    EXPECT_EQ(stream.write(as_bytes("x")).error(), errors::closed);
    EXPECT_EQ(stream.read({}).error(), errors::invalid_argument);
    EXPECT_EQ(stream.write({}).error(), errors::invalid_argument);
    stream.close();
}

}  // namespace
