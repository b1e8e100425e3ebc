// A whole Device against a broker that behaves, and against every way in which one does not: a named reason on the
// console, back-off, never a restart, and on line again as soon as the broker is.
#include "esb/mqtt/errors.hpp"
#include "support/online_device.hpp"
#include "support/tally.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <ostream>

namespace esb {
namespace {

using test::OnlineDevice;
using test::TlsBroker;
namespace wire = test::wire;

std::string base_of(const OnlineDevice& rig) { return std::string(base_topic(rig.device->identity()).view()); }

TEST(Broker, gets_on_line_announces_itself_and_hears_its_own_ping) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    EXPECT_TRUE(rig.printed("tls: TLS-ECDHE-PSK-WITH-CHACHA20-POLY1305-SHA256"));
    EXPECT_EQ(rig.broker.latest(base_of(rig) + "/online"), "1");
    const auto status = rig.broker.latest(base_of(rig) + "/status");
    for (const auto* member : {"\"app\":\"test\"", "\"ver\":\"1.0.0\"", "\"hw\":\"vchip\"", "\"seq\":1", "\"floor\":0",
                               "\"boot\":\"a\"", "\"reset\":\"power-on\"", "\"ip\":\"192.0.2.10\"", "\"rssi\":-50",
                               "\"heap\":200000", "\"heap_min\":150000", "\"up\":", "\"sec\":[\"nvs-encryption\"]"}) {
        EXPECT_NE(status.find(member), std::string::npos) << member << " in " << status;
    }
    EXPECT_NE(rig.broker.latest(base_of(rig) + "/ota/status").find("\"state\":\"idle\""), std::string::npos);
}

TEST(Broker, how_long_it_took_to_get_to_tls_is_told) {
    OnlineDevice rig;
    rig.network.faults(test::broker_address).latency = Duration(99);  // one way, and 1 ms of the chip's: 3 round trips
    ASSERT_TRUE(rig.online()) << rig.chip.uart.output();
    rig.settings("mqtt info --json\n");
    const auto said = rig.chip.uart.output();
    const auto at = said.find("\"opened_ms\":");
    ASSERT_NE(at, std::string::npos) << said;
    EXPECT_GE(std::stoi(said.substr(at + 12)), 600);
    EXPECT_LT(std::stoi(said.substr(at + 12)), 700);
}

TEST(Broker, the_will_is_a_retained_zero_on_online) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    const auto& connect = rig.broker.packets.front();
    ASSERT_EQ(connect.type, 1U);
    EXPECT_FALSE(connect.clean_session);
    const unsigned flags = connect.body[7];
    EXPECT_EQ(flags & 0x3C, 0x2CU) << "will, QoS 1, retained";
    const std::string body(connect.body.begin(), connect.body.end());
    EXPECT_NE(body.find(base_of(rig) + "/online"), std::string::npos);
}

TEST(Broker, an_authors_publishes_subscriptions_and_completions_work) {
    OnlineDevice rig;
    static std::string heard;
    static int done;
    heard.clear();
    done = 0;
    ASSERT_TRUE(rig.device->subscribe("echo", [](const Message& message) { heard = as_text(message.bytes); }));
    ASSERT_TRUE(rig.online());
    ASSERT_TRUE(rig.device->publish("echo", "hello", {.done = [](Status outcome) { done += outcome ? 1 : 100; }}));
    ASSERT_TRUE(rig.run_until([] { return done > 0 && !heard.empty(); }, 10s)) << rig.chip.uart.output();
    EXPECT_EQ(heard, "hello");
    EXPECT_EQ(done, 1);
    EXPECT_EQ(rig.broker.latest(base_of(rig) + "/app/echo"), "hello");
    EXPECT_EQ(rig.device->publish("a/+", "x").error(), errors::mqtt_bad_topic);
    EXPECT_EQ(rig.device->publish("", "x").error(), errors::mqtt_bad_topic);
}

TEST(Broker, qos_1_waits_while_there_is_no_connection_and_qos_0_says_it_was_lost) {
    OnlineDevice rig;
    static int kept, lost;
    kept = lost = 0;
    ASSERT_TRUE(rig.device->publish("kept", "1", {.done = [](Status outcome) { kept += outcome ? 1 : 100; }}));
    ASSERT_TRUE(rig.device->publish(
        "lost", "1", {.qos = mqtt::Qos::at_most_once, .done = [](Status outcome) { lost += outcome ? 100 : 1; }}));
    ASSERT_TRUE(rig.online());
    ASSERT_TRUE(rig.run_until([] { return kept > 0; }, 10s));
    EXPECT_EQ(kept, 1);
    EXPECT_EQ(lost, 1);
}

TEST(Broker, a_second_ping_follows_and_a_missing_echo_ends_the_link) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    const int connections = rig.broker.server.connections;
    rig.broker.reply = [](const wire::Packet& packet) {
        return packet.type == 3 && packet.qos == 0 ? wire::Bytes{} : TlsBroker::usual(packet);
    };
    EXPECT_TRUE(rig.run_until([&rig] { return rig.printed("link.no_echo"); }, 2min)) << rig.chip.uart.output();
    rig.broker.reply = TlsBroker::usual;
    EXPECT_TRUE(
        rig.run_until([&] { return rig.broker.server.connections > connections && rig.device->online(); }, 5min));
}

TEST(Broker, a_broker_that_never_echoes_keeps_its_connection) {
    OnlineDevice rig;
    rig.broker.reply = [](const wire::Packet& packet) {
        return packet.type == 3 && packet.qos == 0 ? wire::Bytes{} : TlsBroker::usual(packet);
    };
    rig.run_for(10min);
    EXPECT_EQ(rig.broker.server.connections, 1);
    EXPECT_FALSE(rig.device->online());
}

TEST(Broker, a_new_identity_has_new_topics_and_a_new_session) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    rig.broker.server.options.accounts["other-1"] = std::vector<std::uint8_t>(16, 0xAB);
    settings::Patch patch(rig.device->schema(), settings::Origin::console);
    ASSERT_TRUE(patch.set(settings::names::mqtt_psk, "abababababababababababababababab"));
    ASSERT_TRUE(patch.set(settings::names::mqtt_ident, "other-1"));
    ASSERT_TRUE(rig.device->change_settings(patch));
    ASSERT_TRUE(rig.run_until([&rig] { return !rig.broker.latest("other/1/online").empty(); }, 1min));
    EXPECT_TRUE(rig.online());
}

TEST(Broker, a_restart_command_hands_over_what_waits_and_then_asks_for_the_restart) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    rig.settings("restart\n");
    rig.run_for(3s);
    EXPECT_TRUE(rig.restarted);
}

TEST(Broker, a_lost_network_is_found_again) {
    OnlineDevice rig;
    ASSERT_TRUE(rig.online());
    rig.chip.radio.remove_network("Home");
    EXPECT_TRUE(rig.run_until([&rig] { return rig.printed("signal lost"); }, 10s));
    EXPECT_TRUE(rig.run_until([&rig] { return rig.printed("network not found"); }, 1min));
    EXPECT_FALSE(rig.device->online());
    rig.chip.radio.add_network("Home", "correct horse");
    EXPECT_TRUE(rig.online());
}

// --- A broker that misbehaves ---

struct Attack {
    const char* name;
    const char* reason;  // the error that must be named
    void (*spoil)(OnlineDevice&);
    void (*mend)(OnlineDevice&);
};

// Test names would otherwise show the struct's bytes, which differ from run to run.
void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

void mend_reply(OnlineDevice& rig) { rig.broker.reply = TlsBroker::usual; }
void mend_network(OnlineDevice& rig) { rig.network.faults(test::broker_address) = {}; }
void mend_server(OnlineDevice& rig) {
    rig.broker.server.options.close_after.reset();
    rig.broker.server.options.close_in_state.reset();
}

// Answers CONNECT with these bytes.
template <std::size_t N>
void answer_connect(OnlineDevice& rig, const char (&hex)[N]) {
    static wire::Bytes bytes;
    bytes = wire::hex(hex);
    rig.broker.reply = [](const wire::Packet& packet) { return packet.type == 1 ? bytes : TlsBroker::usual(packet); };
}
// Accepts, then sends these bytes.
template <std::size_t N>
void after_connack(OnlineDevice& rig, const char (&hex)[N]) {
    static wire::Bytes bytes;
    bytes = wire::connack() + wire::hex(hex);
    rig.broker.reply = [](const wire::Packet& packet) { return packet.type == 1 ? bytes : TlsBroker::usual(packet); };
}

const Attack attacks[] = {
    {"refused_connection", "socket.refused",
     [](OnlineDevice& rig) { rig.network.faults(test::broker_address).refuse = true; }, mend_network},
    {"no_answer_to_syn", "timed_out",
     [](OnlineDevice& rig) { rig.network.faults(test::broker_address).black_hole = true; }, mend_network},
    {"unknown_host", "dns.not_found",
     [](OnlineDevice& rig) { rig.chip.resolver.set("broker.test", fail(errors::dns_not_found)); },
     [](OnlineDevice& rig) { rig.chip.resolver.set("broker.test", test::broker_address); }},
    {"silent_name_server", "dns.failed", [](OnlineDevice& rig) { rig.chip.resolver.set_silent("broker.test"); },
     [](OnlineDevice& rig) { rig.chip.resolver.set("broker.test", test::broker_address); }},
    {"wrong_psk", "tls.bad_psk", [](OnlineDevice& rig) { rig.broker.server.options.accounts.begin()->second[0] ^= 1; },
     [](OnlineDevice& rig) { rig.broker.server.options.accounts.begin()->second[0] ^= 1; }},
    {"unknown_identity", "tls.bad_psk",
     [](OnlineDevice& rig) {
         auto& accounts = rig.broker.server.options.accounts;
         accounts["nobody"] = accounts.begin()->second;
         accounts.erase(std::string(rig.device->identity()));
     },
     [](OnlineDevice& rig) {
         auto& accounts = rig.broker.server.options.accounts;
         accounts[std::string(rig.device->identity())] = accounts["nobody"];
     }},
    {"silent_after_tcp", "tls.handshake_timeout",
     [](OnlineDevice& rig) {
         rig.world.add_step([&rig] {
             if (rig.broker.server.connections == 1) rig.network.faults(test::broker_address).pause_out = true;
         });
     },
     [](OnlineDevice& rig) {
         rig.broker.server.connections = 2;
         mend_network(rig);
     }},
    {"closes_in_the_handshake", "tls.",
     [](OnlineDevice& rig) { rig.broker.server.options.close_in_state = MBEDTLS_SSL_CLIENT_KEY_EXCHANGE; },
     mend_server},
    {"no_connack", "mqtt.no_connack",
     [](OnlineDevice& rig) { rig.broker.reply = [](const wire::Packet&) { return wire::Bytes{}; }; }, mend_reply},
    {"refused_version", "mqtt.refused.version", [](OnlineDevice& rig) { answer_connect(rig, "20020001"); }, mend_reply},
    {"refused_client_id", "mqtt.refused.client_id", [](OnlineDevice& rig) { answer_connect(rig, "20020002"); },
     mend_reply},
    {"refused_unavailable", "mqtt.refused.unavailable", [](OnlineDevice& rig) { answer_connect(rig, "20020003"); },
     mend_reply},
    {"refused_credentials", "mqtt.refused.credentials", [](OnlineDevice& rig) { answer_connect(rig, "20020004"); },
     mend_reply},
    {"refused_not_authorized", "mqtt.refused.not_authorized",
     [](OnlineDevice& rig) { answer_connect(rig, "20020005"); }, mend_reply},
    {"refused_unknown_code", "mqtt.refused.unknown", [](OnlineDevice& rig) { answer_connect(rig, "200200FF"); },
     mend_reply},
    {"garbage_for_connack", "mqtt.", [](OnlineDevice& rig) { answer_connect(rig, "FFFFFFFFFFFFFFFF"); }, mend_reply},
    {"publish_for_connack", "mqtt.unexpected", [](OnlineDevice& rig) { answer_connect(rig, "300500016162 63"); },
     mend_reply},
    {"five_byte_length", "mqtt.malformed", [](OnlineDevice& rig) { after_connack(rig, "30FFFFFFFF01"); }, mend_reply},
    {"large_topic_that_runs_over_the_packet", "mqtt.malformed",
     [](OnlineDevice& rig) { after_connack(rig, "30808001FFFF61"); }, mend_reply},
    {"suback_as_long_as_can_be", "mqtt.malformed", [](OnlineDevice& rig) { after_connack(rig, "90FFFFFF7F"); },
     mend_reply},
    {"qos_3", "mqtt.malformed", [](OnlineDevice& rig) { after_connack(rig, "3605000161 0001"); }, mend_reply},
    {"topic_longer_than_packet", "mqtt.malformed", [](OnlineDevice& rig) { after_connack(rig, "3003FFFF61"); },
     mend_reply},
    {"silence_beyond_keep_alive", "mqtt.silent", [](OnlineDevice& rig) { rig.broker.silent = true; },
     [](OnlineDevice& rig) { rig.broker.silent = false; }},
};

class Misbehaving : public testing::TestWithParam<Attack> {};

TEST_P(Misbehaving, has_a_named_reason_backs_off_and_comes_back) {
    const auto& attack = GetParam();
    OnlineDevice rig;
    const bool needs_link = std::string_view(attack.name) == "silence_beyond_keep_alive";
    if (needs_link) {
        ASSERT_TRUE(rig.online());
    }
    attack.spoil(rig);
    ASSERT_TRUE(rig.run_until([&] { return rig.printed(attack.reason); }, 5min)) << rig.chip.uart.output();

    const auto before = rig.chip.uart.output().size();
    rig.run_for(20min);
    const auto tries = rig.chip.uart.output().substr(before);
    std::size_t count = 0;
    for (std::size_t at = 0; (at = tries.find("next try in", at)) != std::string::npos; ++at) ++count;
    EXPECT_GE(count, 5U) << "it goes on trying";
    EXPECT_LE(count, 200U) << "and backs off";
    EXPECT_FALSE(rig.restarted) << "a broker never restarts a device";
    EXPECT_TRUE(rig.chip.alive());

    attack.mend(rig);
    EXPECT_TRUE(rig.online(4min)) << rig.chip.uart.output().substr(before);
}

INSTANTIATE_TEST_SUITE_P(Broker, Misbehaving, testing::ValuesIn(attacks),
                         [](const auto& chosen) { return std::string(chosen.param.name); });

TEST(Broker, closing_after_any_number_of_bytes_never_harms) {
    OnlineDevice whole;
    ASSERT_TRUE(whole.online());
    const auto size = whole.broker.server.sent;
    ASSERT_GE(size, 300U);  // a key exchange on X25519 or P-384, as the server's library prefers, and MQTT's answers
    unsigned cuts = 0;
    for (std::size_t bytes = 0; bytes <= size; bytes += test::thinning) {
        OnlineDevice rig;
        rig.broker.server.options.close_after = bytes;
        const bool ended = rig.run_until([&rig] { return rig.printed("next try in") || rig.device->online(); }, 2min);
        ASSERT_TRUE(ended) << bytes << " bytes: " << rig.chip.uart.output();
        mend_server(rig);
        ASSERT_TRUE(rig.online()) << bytes << " bytes: " << rig.chip.uart.output();
        ++cuts;
    }
    std::printf("connection closed after so many bytes: %u cuts\n", cuts);
}

TEST(Broker, single_byte_segments_make_no_difference) {
    OnlineDevice rig;
    rig.network.faults(test::broker_address).max_segment = 1;
    EXPECT_TRUE(rig.online());
}

}  // namespace
}  // namespace esb
