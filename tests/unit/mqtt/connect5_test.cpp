// MQTT 5.0: CONNECT and CONNACK, what the broker allows, falling back to 3.1.1, the ends of connections.
#include <gtest/gtest.h>

#include "esb/mqtt/reasons.hpp"
#include "esb/mqtt/properties.hpp"
#include "support/mqtt_rig5.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using esb::test::MqttRig5;
using Lines = MqttRig::Lines;
using State = Client::State;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;

// Receive Maximum 32 and Maximum Packet Size 256 KiB + 5, as the default limits have it.
const std::string ours =
    "210020"
    "2700040005";

// MQTT 5.0: 3.1.0-1, 3.1.2-1, 3.1.3-1, 3.1.3-2, 3.1.3-3, 3.1.2-9, 3.1.2-12, 3.1.2-17, 3.1.2-19, 3.1.3-11, 3.1.3-12
// MQTT 5.0: 2.2.2-1
TEST(MqttConnect5, connect_carries_properties_will_user_and_password) {
    MqttRig5 rig;
    std::array<std::uint8_t, 64> will_properties{};
    rig.options.will = {"w", as_bytes("gone"), Qos::at_least_once, true,
                        PropertyWriter(will_properties)
                            .number(Property::will_delay, 30)
                            .text(Property::content_type, "text/plain")
                            .written()};
    std::array<std::uint8_t, 32> properties{};
    rig.options.properties = PropertyWriter(properties).user("k", "v").written();
    rig.options.user_name = "user";
    rig.options.password = as_bytes("pass");
    rig.configure();
    rig.start();
    rig.open();
    EXPECT_EQ(rig.wire(),
              Lines{"CONNECT v5 ec 60 ESP-1 {11ffffffff" + ours + "2600016b000176} " +
                    "12"
                    "180000001e" +
                    wire5::hex(wire5::text(3, "text/plain")) + wire5::hex(wire::text("w") + wire::text("gone")) +
                    wire5::hex(wire::text("user") + wire::text("pass"))});
}

// MQTT 5.0: 3.1.2-11, 3.1.2-13, 3.1.2-15, 3.1.2-16, 3.1.2-18
TEST(MqttConnect5, what_is_not_there_has_no_flag_and_no_field) {
    MqttRig5 rig;
    rig.start();
    rig.open();
    EXPECT_EQ(rig.wire(), Lines{"CONNECT v5 00 60 ESP-1 {11ffffffff" + ours + "}"});
}

// MQTT 5.0: 3.1.2-4
TEST(MqttConnect5, a_clean_start_has_no_expiry_and_the_session_ends_with_the_connection) {
    MqttRig5 rig;
    rig.options.clean_session = true;
    rig.configure();
    rig.start();
    rig.open();
    EXPECT_EQ(rig.wire(), Lines{"CONNECT v5 02 60 ESP-1 {" + ours + "}"});
    rig.feed(wire5::connack(true));  // MQTT 5.0: 3.2.2-2 is the server's
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
}

// MQTT 5.0: 3.1.2-23, 4.1.0-1
TEST(MqttConnect5, session_expiry_is_what_the_author_says) {
    MqttRig5 rig;
    rig.options.session_expiry_s = 3600;
    rig.configure();
    rig.connect();
    rig.publish("t", "kept", 1);
    rig.wire();
    rig.close();
    rig.reach();
    rig.feed(wire5::connack(true));
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 dup t=kept"});
    rig.options.session_expiry_s = 0;  // no property: it ends with the connection
    rig.configure();
    rig.close();
    rig.now = *rig.client.next_deadline();
    rig.open();
    EXPECT_EQ(rig.wire(), Lines{"CONNECT v5 00 60 ESP-1 {" + ours + "}"});
}

// MQTT 5.0: 3.2.2-4
TEST(MqttConnect5, without_a_session_the_first_connection_asks_for_a_new_one) {
    MqttRig5 rig;
    rig.options.session_known = false;
    rig.configure();
    rig.start();
    rig.open();
    EXPECT_TRUE(rig.wire()[0].starts_with("CONNECT v5 02 60 ESP-1 {11ffffffff"));
    rig.feed(wire5::connack(true));
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
    rig.close_as_wanted();
    rig.connect();
    rig.close();
    rig.now = *rig.client.next_deadline();
    rig.open();
    EXPECT_TRUE(rig.wire()[0].starts_with("CONNECT v5 00 60"));  // now there is one
    rig.close();
    rig.client.forget_session();
    rig.now = *rig.client.next_deadline();
    rig.open();
    EXPECT_TRUE(rig.wire()[0].starts_with("CONNECT v5 02 60"));
}

// MQTT 5.0: 3.2.2-5
TEST(MqttConnect5, a_lost_session_is_discarded_and_messages_go_anew) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "one", 1);
    rig.publish("t", "two", 2);
    rig.wire();
    rig.feed(wire::pubrec(2) + wire5::publish("t", "in", 2, 9));
    rig.close();
    rig.connect({}, false);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id3 t=one"});
    rig.feed(wire5::publish("t", "in", 2, 9));
    EXPECT_EQ(rig.take_events(), Lines{"message q2 t=in"});  // no duplicate any more
}

// MQTT 5.0: 3.1.3-4, 3.1.3-11, 3.1.3-12, 1.5.4-1, 1.5.4-2, 1.5.7-1
TEST(MqttConnect5, configure_refuses_what_the_specification_forbids) {
    MqttRig5 rig;
    const auto refused = [&rig](auto change) {
        ConnectOptions options = rig.options;
        options.will = {"w", {}};
        change(options);
        return !rig.client.configure(options).has_value();
    };
    const auto bad_text = wire::hex("26 0001 ff 0000");
    const auto delay = wire::hex("18 00000001");
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& o) { o.version = static_cast<Version>(3); }));
    EXPECT_TRUE(refused([](auto& o) { o.client_id = "\xFF"; }));
    EXPECT_TRUE(refused([](auto& o) { o.client_id = std::string_view("\0", 1); }));
    EXPECT_TRUE(refused([](auto& o) { o.user_name = "\xED\xA0\x80"; }));
    EXPECT_TRUE(refused([](auto& o) { o.will.topic = "\xFF"; }));
    EXPECT_TRUE(refused([&](auto& o) { o.properties = bad_text; }));
    EXPECT_TRUE(refused([&](auto& o) { o.properties = delay; }));  // the will's
    EXPECT_FALSE(refused([&](auto& o) { o.will.properties = delay; }));
    const auto twice = delay + delay;
    EXPECT_TRUE(refused([&](auto& o) { o.will.properties = twice; }));
}

// MQTT 5.0: 3.2.2-1
TEST(MqttConnect5, reserved_bits_of_connack_are_malformed) {
    for (const auto flags : {0x02U, 0x80U, 0xFFU}) {
        MqttRig5 rig;
        rig.reach();
        rig.feed(wire::packet(0x20, wire5::byte(flags) + wire::hex("00 00")));
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_malformed);
    }
}

// MQTT 5.0: 3.1.2-2, 3.1.4-2, 4.13.2-1
TEST(MqttConnect5, refusals_have_their_names) {
    const std::pair<unsigned, const char*> table[] = {
        {0x80, "mqtt.unspecified"},
        {0x84, "mqtt.refused.version"},
        {0x85, "mqtt.refused.client_id"},
        {0x86, "mqtt.refused.credentials"},
        {0x87, "mqtt.refused.not_authorized"},
        {0x88, "mqtt.refused.unavailable"},
        {0x89, "mqtt.busy"},
        {0x8A, "mqtt.banned"},
        {0x8C, "mqtt.auth_method"},
        {0x90, "mqtt.topic"},
        {0x95, "mqtt.packet_size"},
        {0x97, "mqtt.quota"},
        {0x99, "mqtt.payload"},
        {0x9A, "mqtt.retain"},
        {0x9B, "mqtt.qos"},
        {0x9C, "mqtt.other_server"},
        {0x9D, "mqtt.moved"},
        {0x9F, "mqtt.connects"},
        {1, "mqtt.malformed"},     // 3.1.1's codes have no place here, ...
        {0x8E, "mqtt.malformed"},  // ... nor has that of DISCONNECT
        {0x92, "mqtt.malformed"},
        {0xFF, "mqtt.malformed"},
    };
    for (const auto& [code, name] : table) {
        MqttRig5 rig;
        rig.reach();
        rig.feed(wire5::connack(false, code, wire5::text(0x1F, "because")));
        EXPECT_TRUE(rig.client.wants_close());
        EXPECT_EQ(rig.client.close_reason().name(), name) << code;
        const bool refusal = std::string_view(name) != "mqtt.malformed";
        EXPECT_EQ(rig.client.close_reason().detail(), refusal ? static_cast<int>(code) : 0);
        EXPECT_TRUE(rig.wire().empty());
        rig.close_as_wanted();
        EXPECT_EQ(rig.said, refusal ? "because" : "");
    }
}

TEST(MqttConnect5, a_server_reference_and_an_assigned_identifier_are_told) {
    MqttRig5 rig;
    rig.options.client_id = "";
    rig.configure();
    rig.reach();
    std::string id;
    rig.when_connected = [&] { id = rig.client.properties().text(Property::assigned_client_id); };
    rig.feed(wire5::connack(false, 0, wire5::text(0x12, "auto-7") + wire5::user("k", "v")));
    EXPECT_EQ(id, "auto-7");
    EXPECT_TRUE(rig.client.speaks_five());
    std::string server;
    rig.when_disconnected = [&] { server = rig.client.properties().text(Property::server_reference); };
    rig.feed(wire5::disconnect(0x9D, wire5::text(0x1C, "other.example:8883")));
    rig.close_as_wanted();
    EXPECT_EQ(server, "other.example:8883");
    EXPECT_EQ(rig.events.back(), "disconnected mqtt.moved");
}

// MQTT 5.0: 3.1.2-20, 3.1.2-21, 3.2.2-21, 3.2.2-22, 3.12.4-1
TEST(MqttConnect5, the_servers_keep_alive_replaces_ours) {
    const auto ping_after = [](const wire::Bytes& properties) {
        MqttRig5 rig;
        rig.connect(properties);
        const Instant connected = rig.now;
        const Duration wait = *rig.client.next_deadline() - connected;
        rig.advance(wait - 1ms);
        EXPECT_TRUE(rig.wire().empty());
        rig.advance(1ms);
        EXPECT_EQ(rig.wire(), Lines{"PINGREQ"});
        rig.feed(wire::pingresp());
        EXPECT_FALSE(rig.client.wants_close());
        return wait;
    };
    EXPECT_EQ(ping_after({}), 58s);
    EXPECT_EQ(ping_after(wire5::two(0x13, 20)), 18s);
    EXPECT_EQ(ping_after(wire5::two(0x13, 600)), 598s);
    EXPECT_EQ(ping_after(wire5::two(0x13, 0)), 58s) << "it wants none, and does not mind ours";
}

// MQTT 5.0: 3.2.2-9, 3.2.2-11, 3.2.2-14, 3.2.2-15, 3.4.2-2, 3.14.2-3
TEST(MqttConnect5, what_the_broker_does_not_take_is_refused) {
    MqttRig5 rig;
    rig.connect(wire5::flag(0x24, 1) + wire5::flag(0x25, 0) + wire5::four(0x27, 20));
    EXPECT_EQ(rig.refusal({"t", {}, Qos::exactly_once}), "mqtt.qos");
    EXPECT_EQ(rig.refusal({"t", {}, Qos::at_most_once, true}), "mqtt.retain");
    EXPECT_EQ(rig.refusal({"t", as_bytes("0123456789abc"), Qos::at_least_once}), "mqtt.packet_size");
    EXPECT_EQ(rig.refusal({"t", as_bytes("0123456789ab"), Qos::at_least_once}), "ok");
    EXPECT_EQ(rig.client.subscribe("a/long/topic/filter", Qos::at_most_once).error(), errors::mqtt_reason_packet_size);
    EXPECT_TRUE(rig.client.subscribe("a", Qos::exactly_once));  // MQTT 5.0: 3.2.2-10
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=0123456789ab", "SUBSCRIBE id2 a o2"}));
}

// MQTT 5.0: 3.2.2-11, 3.2.2-14, 3.2.2-15
TEST(MqttConnect5, what_waits_and_is_not_for_this_broker_fails_before_it_goes) {
    MqttRig5 rig;
    rig.publish("t", "1", 1);
    rig.publish("t", "2", 2);
    rig.publish("t", "retained", 1, true);
    rig.publish("t", std::string(50, 'x'), 1);
    rig.publish("t", "3", 1);
    rig.reach();
    rig.feed(wire5::connack(false, 0, wire5::flag(0x24, 1) + wire5::flag(0x25, 0) + wire5::four(0x27, 40)));
    EXPECT_EQ(rig.events, (Lines{"published 2 mqtt.qos", "published 3 mqtt.retain", "published 4 mqtt.packet_size",
                                 "connected new"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=1", "PUBLISH q1 id2 t=3"}));
    EXPECT_EQ(rig.client.pending(), 2U);
}

TEST(MqttConnect5, a_callback_may_stop_the_client_while_the_broker_is_looked_at) {
    MqttRig5 rig;
    rig.publish("t", "2", 2);
    rig.when_published = [&rig](Token, const Status&) { rig.client.stop(rig.now); };
    rig.reach();
    rig.feed(wire5::connack(false, 0, wire5::flag(0x24, 0)));
    EXPECT_TRUE(rig.client.wants_close());
    rig.close_as_wanted();
    EXPECT_EQ(rig.events, (Lines{"published 1 mqtt.qos", "disconnected cancelled"}));
    EXPECT_EQ(rig.client.state(), State::stopped);
}

TEST(MqttConnect5, a_broker_that_takes_no_acknowledgement_is_none) {
    MqttRig5 rig;
    rig.reach();
    rig.feed(wire5::connack(false, 0, wire5::four(0x27, 5)));
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_reason_packet_size);
}

// MQTT 5.0: 4.8.2-1, 4.8.2-2, 3.8.3-4
TEST(MqttConnect5, subscriptions_that_the_broker_has_not_are_refused) {
    const auto outcome = [](MqttRig5& rig, std::string_view filter) {
        const auto token = rig.client.subscribe(filter, Qos::at_least_once);
        return token ? "ok" : std::string(token.error().name());
    };
    MqttRig5 all;
    all.connect();
    EXPECT_EQ(outcome(all, "$share/group/a/+"), "ok");
    for (const auto* bad : {"$share/", "$share/group", "$share/group/", "$share//a", "$share/+/a", "$share/#"}) {
        EXPECT_EQ(outcome(all, bad), "mqtt.filter") << bad;
    }
    EXPECT_EQ(outcome(all, "$shares"), "ok");
    EXPECT_EQ(all.wire(), (Lines{"SUBSCRIBE id1 $share/group/a/+ o1", "SUBSCRIBE id2 $shares o1"}));
    MqttRig5 few;
    few.connect(wire5::flag(0x28, 0) + wire5::flag(0x2A, 0) + wire5::flag(0x29, 0));
    EXPECT_EQ(outcome(few, "$share/group/a"), "mqtt.shared");
    EXPECT_EQ(outcome(few, "a/+"), "mqtt.wildcards");
    EXPECT_EQ(outcome(few, "#"), "mqtt.wildcards");
    EXPECT_EQ(outcome(few, "a/b"), "ok");
}

// MQTT 5.0: 3.1.4-3, 4.13.2-1, 3.14.4-1
TEST(MqttConnect5, the_brokers_disconnect_has_its_name_and_nothing_more_is_sent) {
    const std::pair<unsigned, const char*> table[] = {{0x00, "closed"},
                                                      {0x80, "mqtt.unspecified"},
                                                      {0x8B, "mqtt.shutdown"},
                                                      {0x8D, "mqtt.keep_alive"},
                                                      {0x8E, "mqtt.taken_over"},
                                                      {0x93, "mqtt.in_flight"},
                                                      {0x96, "mqtt.rate"},
                                                      {0x98, "mqtt.ended"},
                                                      {0xA0, "mqtt.connect_time"},
                                                      {0x81, "mqtt.bad_packet"},
                                                      {0x82, "mqtt.protocol"}};
    for (const auto& [code, name] : table) {
        MqttRig5 rig;
        rig.connect();
        rig.publish("t", "x", 1);
        rig.feed(wire5::disconnect(code));
        EXPECT_TRUE(rig.client.wants_close());
        EXPECT_TRUE(rig.wire().empty());
        EXPECT_EQ(rig.client.close_reason().name(), name);
        EXPECT_EQ(rig.client.close_reason().detail(), static_cast<int>(code));
    }
    EXPECT_EQ(errors::mqtt_reason_taken_over.text, "another client took our identifier");
    MqttRig5 brief;
    brief.connect();
    brief.feed(wire::hex("e0 00"));
    EXPECT_EQ(brief.client.close_reason(), errors::closed);
}

TEST(MqttConnect5, what_a_packet_said_before_is_not_why_the_connection_ends) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "x", 1);
    rig.wire();
    rig.feed(wire5::ack(0x40, 1, 0x97, wire5::text(0x1F, "quota")));
    EXPECT_EQ(rig.client.properties().text(Property::reason_string), "quota");
    rig.close();
    EXPECT_EQ(rig.said, "");
    rig.connect(wire5::text(0x1F, "welcome"));
    rig.advance(58s);
    rig.advance(20s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
    rig.close_as_wanted();
    EXPECT_EQ(rig.said, "");
    rig.connect();
    rig.feed(wire5::disconnect(0x8B, wire5::text(0x1F, "maintenance")));
    rig.close_as_wanted();
    EXPECT_EQ(rig.said, "maintenance");
}

// MQTT 5.0: 3.14.4-1, 3.14.4-2, 3.14.2-1, 3.1.2-10
TEST(MqttConnect5, stop_says_why) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "before", 0);
    rig.client.stop(rig.now);
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q0 t=before", "DISCONNECT"}));
    EXPECT_TRUE(rig.client.wants_close());
    rig.close_as_wanted();
    rig.connect();
    rig.client.stop_with_will(rig.now);
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT 04"});
    EXPECT_TRUE(rig.client.wants_close());
    rig.close_as_wanted();
    EXPECT_EQ(rig.client.state(), State::stopped);

    MqttRig old;
    old.connect();
    old.client.stop_with_will(old.now);
    EXPECT_TRUE(old.client.wants_close());
    EXPECT_TRUE(old.wire().empty());
    old.close_as_wanted();
    EXPECT_EQ(old.client.state(), State::stopped);
    old.client.stop_with_will(old.now);
    EXPECT_EQ(old.client.state(), State::stopped);
}

// MQTT 5.0: 4.13.1-1, 3.14.1-1, 3.14.2-1, 3.14.4-1
TEST(MqttConnect5, errors_of_the_broker_are_told_it_before_the_end) {
    const std::pair<wire::Bytes, const char*> table[] = {
        {wire::hex("30 04 0001 74 05"), "81 mqtt.malformed"},
        {wire5::publish("a/#", "x"), "81 mqtt.malformed"},
        {wire5::connack(), "82 mqtt.unexpected"},
        {wire::hex("f0 00"), "82 mqtt.unexpected"},  // AUTH, which we did not ask for
        {wire::hex("f1 00"), "81 mqtt.malformed"},
        {wire::hex("e1 00"), "81 mqtt.malformed"},
        {wire::hex("82 00"), "82 mqtt.unexpected"},
        {wire5::publish("t", "x", 0, 0, wire5::two(0x23, 1)), "94 mqtt.topic_alias"},
        {wire5::publish("", "x"), "82 mqtt.unexpected"},
    };
    for (const auto& [bytes, end] : table) {
        MqttRig5 rig;
        rig.connect();
        rig.publish("t", "waits", 1);
        rig.feed(bytes);
        rig.feed(wire5::publish("t", "ignored"));
        EXPECT_FALSE(rig.client.wants_close());
        EXPECT_EQ(rig.end(), end);
        rig.close_as_wanted();
        rig.connect({}, true);
        EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=waits"});
    }
}

TEST(MqttConnect5, the_rest_of_a_packet_goes_before_disconnect_and_nothing_else) {
    MqttRig5 rig;
    rig.connect();
    rig.publish("t", "begun", 1);
    rig.publish("t", "waits", 1);
    rig.send(3);
    rig.feed(wire5::publish("t", "x", 1, 5) + wire::hex("00"));
    EXPECT_EQ(rig.wire(), (Lines{"PUBLISH q1 id1 t=begun", "PUBACK 5", "DISCONNECT 81"}));
}

TEST(MqttConnect5, a_broker_that_never_reads_is_left_after_a_while) {
    MqttRig5 rig;
    rig.connect();
    rig.feed(wire::hex("00"));
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 5s);
    rig.advance(5s);
    EXPECT_TRUE(rig.client.wants_close());
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_malformed);
}

TEST(MqttConnect5, before_connack_an_error_just_ends_it) {  // MQTT 5.0: 3.2.0-1, 3.14.0-1
    for (const auto& bytes :
         {wire5::disconnect(0x8B), wire5::publish("t", "x"), wire::pingresp(), wire::hex("f0 00")}) {
        MqttRig5 rig;
        rig.reach();
        rig.feed(bytes);
        EXPECT_TRUE(rig.client.wants_close());
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
    }
}

// MQTT 5.0: 4.12.0-2, 4.12.0-3, 4.12.0-5, 4.12.0-7, 4.12.1-1, 4.12.1-2, 3.15.1-1, 3.15.2-1, 3.15.2-2, 3.15.2-3
TEST(MqttConnect5, no_auth_is_sent_whatever_comes) {
    const wire::Bytes packets[] = {wire::hex("f0 00"), wire::hex("f0 02 18 00"), wire::hex("f0 02 19 00"),
                                   wire::packet(0xF0, wire::hex("18") + wire5::block(wire5::text(0x15, "SCRAM")))};
    for (const auto& packet : packets) {
        for (const bool connected : {false, true}) {
            MqttRig5 rig;
            connected ? rig.connect() : rig.reach();
            rig.feed_bytewise(packet);
            EXPECT_EQ(rig.end(), connected ? "82 mqtt.unexpected" : "mqtt.unexpected");
        }
    }
    for (unsigned flags = 1; flags < 16; ++flags) {
        MqttRig5 rig;
        rig.connect();
        rig.feed(wire5::byte(0xF0 + flags));
        EXPECT_EQ(rig.end(), "81 mqtt.malformed");
    }
}

// MQTT 5.0: 3.2.0-2
TEST(MqttConnect5, connack_must_come_once) {
    MqttRig5 rig;
    rig.connect();
    rig.feed(wire5::connack(false, 0x87));
    EXPECT_EQ(rig.end(), "82 mqtt.unexpected");
}

// MQTT 5.0: 4.12.0-6, 3.1.2-28, 3.1.2-30
TEST(MqttConnect5, no_authentication_is_asked_for_and_none_taken) {
    for (const auto& property :
         {wire5::text(0x15, "SCRAM"), wire5::byte(0x16) + wire::text("x"), wire5::text(0x1A, "r")}) {
        MqttRig5 rig;
        rig.reach();
        rig.feed(wire5::connack(false, 0, property));
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_unexpected);
    }
}

TEST(MqttConnect5, falls_back_when_the_broker_names_the_version) {
    for (const auto& refusal : {wire5::connack(false, 0x84), wire::connack(false, 1)}) {
        MqttRig5 rig({}, Version::v5_then_v3);
        rig.publish("t", "waits", 1);
        rig.reach();
        rig.feed(refusal);
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_refused_version);
        rig.close_as_wanted();
        EXPECT_TRUE(rig.client.wants_transport(rig.now)) << "at once";
        rig.open();
        rig.drain();
        EXPECT_EQ(rig.stream[8], 4);
        rig.stream.clear();
        EXPECT_FALSE(rig.client.speaks_five());
        rig.feed(wire::connack());
        EXPECT_EQ(rig.MqttRig::wire(), Lines{"PUBLISH q1 id1 t=waits"});
        rig.close();
        rig.now = *rig.client.next_deadline();
        rig.open();
        rig.drain();
        EXPECT_EQ(rig.stream[8], 4) << "and from now on";
        rig.close();
        rig.start();
        rig.open();
        rig.drain();
        EXPECT_EQ(rig.stream[8], 5) << "start() tries anew";
    }
}

TEST(MqttConnect5, falls_back_for_one_connection_when_the_broker_closes) {
    MqttRig5 rig({}, Version::v5_then_v3);
    rig.reach();
    rig.close();
    EXPECT_TRUE(rig.client.wants_transport(rig.now));
    rig.open();
    rig.drain();
    EXPECT_EQ(rig.stream[8], 4);
    rig.close();
    EXPECT_FALSE(rig.client.wants_transport(rig.now)) << "that was not the reason";
    rig.now = *rig.client.next_deadline();
    rig.open();
    rig.drain();
    EXPECT_EQ(rig.stream[8], 5);
}

TEST(MqttConnect5, does_not_fall_back_for_other_reasons) {
    const auto next_version = [](MqttRig5& rig) {
        rig.now = *rig.client.next_deadline();
        rig.open();
        rig.drain();
        return rig.stream.at(8);
    };
    MqttRig5 credentials({}, Version::v5_then_v3);
    credentials.reach();
    credentials.feed(wire5::connack(false, 0x86));
    credentials.close_as_wanted();
    EXPECT_EQ(next_version(credentials), 5);
    MqttRig5 silent({}, Version::v5_then_v3);
    silent.reach();
    silent.advance(10s);
    silent.close_as_wanted();
    EXPECT_EQ(next_version(silent), 5);
    MqttRig5 half({}, Version::v5_then_v3);  // CONNECT was not even sent
    half.start();
    half.open();
    half.close();
    EXPECT_EQ(next_version(half), 5);
    MqttRig5 only({}, Version::v5);
    only.reach();
    only.feed(wire::connack(false, 1));
    only.close_as_wanted();
    EXPECT_FALSE(only.client.wants_transport(only.now));
    EXPECT_EQ(next_version(only), 5);
}

TEST(MqttConnect5, other_refusals_of_a_broker_of_311_have_their_names_too) {
    for (const auto& [code, name] :
         {std::pair{2U, "mqtt.refused.client_id"}, std::pair{5U, "mqtt.refused.not_authorized"},
          std::pair{0U, "mqtt.malformed"}, std::pair{6U, "mqtt.malformed"}}) {
        MqttRig5 rig;
        rig.reach();
        rig.feed(wire::connack(false, code));
        EXPECT_EQ(rig.client.close_reason().name(), name);
    }
}

// MQTT 5.0: 3.1.2-24
TEST(MqttConnect5, a_packet_larger_than_we_said_is_an_error) {
    MqttRig5 rig({.max_packet_in = 100});
    rig.connect();
    rig.feed(wire5::publish("t", std::string(99, 'x')));  // 2 + 103 bytes, one too large to be delivered
    EXPECT_EQ(rig.end(), "open");
    EXPECT_EQ(rig.take_events(), Lines{"too large q0 t 1+99"});
    rig.feed(wire5::publish("t", std::string(100, 'x')));
    EXPECT_EQ(rig.end(), "95 mqtt.packet_size");
}

}  // namespace
}  // namespace esb::mqtt
