// MQTT 5.0: messages on their way in, and a broker that means ill: every server packet with every field wrong, every
// prefix, one byte at a time, huge properties.
#include <gtest/gtest.h>

#include "support/mqtt_rig5.hpp"

namespace esb::mqtt {
namespace {

using esb::test::MqttRig;
using esb::test::MqttRig5;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;
using wire::Bytes;

Bytes all_properties() {
    return wire5::flag(1, 1) + wire5::four(2, 77) + wire5::text(3, "json") + wire5::text(8, "re/ply") +
           wire5::text(9, std::string_view("\0\xFF", 2)) + wire::hex("0b 01 0b ff7f") + wire5::user("a", "1") +
           wire5::user("a", "2") + wire5::user("", "");
}

// MQTT 5.0: 3.3.2-3, 3.3.4-1, 4.3.2-4, 4.5.0-2, 1.5.4-3
TEST(MqttMessage5, properties_come_with_the_message) {
    MqttRig5 rig;
    rig.connect();
    std::size_t seen = 0;
    rig.when_message = [&](const MessagePiece& piece) {
        const auto& p = piece.properties;
        EXPECT_EQ(p.number(Property::payload_format), 1U);
        EXPECT_EQ(p.expiry_s(), 77U);
        EXPECT_EQ(p.content_type(), "json");
        EXPECT_EQ(p.response_topic(), "re/ply");
        EXPECT_EQ(as_text(p.correlation_data()), std::string_view("\0\xFF", 2));
        EXPECT_EQ(p.number(Property::subscription_id), 1U);
        EXPECT_EQ(p.user(1)->value, "2");
        EXPECT_EQ(p.user(2)->name, "");
        EXPECT_FALSE(p.user(3));
        EXPECT_FALSE(p.number(Property::topic_alias));
        EXPECT_TRUE(p.text(Property::reason_string).empty());
        ++seen;
    };
    const Bytes bytes = wire5::publish("t", "hello", 1, 3, all_properties());
    rig.feed(bytes);
    rig.feed_bytewise(bytes);
    EXPECT_EQ(seen, 6U);
    EXPECT_EQ(rig.events, (Lines{"message q1 t=hello", "message q1 t=hello"}));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 3", "PUBACK 3"}));
    rig.when_message = nullptr;
    rig.feed(wire5::publish("t", "none"));
    EXPECT_TRUE(rig.properties.empty());
    const std::string bom = "\xEF\xBB\xBF";
    rig.feed(wire5::publish(bom, "x", 0, 0, wire5::text(3, bom)));
    EXPECT_EQ(rig.events.back(), "message q0 " + bom + "=x");
    EXPECT_EQ(rig.properties, wire5::text(3, bom));
}

// MQTT 5.0: 4.3.3-8, 4.3.3-10, 4.3.3-11, 4.3.3-12, 4.3.3-13, 4.6.0-2, 4.6.0-3, 4.3.2-5
TEST(MqttMessage5, exactly_once_is_once_and_the_order_is_kept) {
    MqttRig5 rig;
    rig.connect();
    rig.feed(wire5::publish("t", "1", 2, 5) + wire5::publish("t", "2", 1, 6) +
             wire5::publish("t", "1", 2, 5, {}, true) + wire5::publish("t", "3", 2, 4) +
             wire5::publish("t", "2", 1, 6, {}, true));
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 5", "PUBACK 6", "PUBREC 5", "PUBREC 4", "PUBACK 6"}));
    rig.feed(wire::pubrel(5) + wire5::ack(0x62, 4, 0x92));
    EXPECT_EQ(rig.wire(), (Lines{"PUBCOMP 5", "PUBCOMP 4"}));
    rig.feed(wire5::publish("t", "new", 2, 5));
    EXPECT_EQ(rig.events,
              (Lines{"message q2 t=1", "message q1 t=2", "message q2 t=3", "message q1 dup t=2", "message q2 t=new"}));
    rig.close();
    rig.connect({}, true);
    rig.feed(wire5::publish("t", "new", 2, 5, {}, true));  // known over connections
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 5"});
    EXPECT_TRUE(rig.events.empty());
}

// MQTT 5.0: 3.1.2-26, 3.1.2-27, 3.3.2-7, 3.3.2-10
TEST(MqttMessage5, no_topic_alias_is_taken_in_any_connection) {
    MqttRig5 rig;
    for (const unsigned alias : {1U, 2U, 65'535U}) {
        for (const auto* topic : {"t", ""}) {
            rig.connect(wire5::two(0x22, 10), true);
            rig.feed(wire5::publish(topic, "x", 1, 1, wire5::two(0x23, alias)));
            EXPECT_EQ(rig.end(), "94 mqtt.topic_alias");
            rig.close_as_wanted();
            EXPECT_EQ(rig.take_events(), Lines{"disconnected mqtt.topic_alias"});
        }
    }
}

// MQTT 5.0: 3.3.4-9
TEST(MqttMessage5, more_in_flight_than_our_receive_maximum_ends_it) {
    MqttRig5 rig({.max_inflight_in = 2});
    rig.connect();
    for (unsigned id = 1; id <= 3; ++id) rig.feed(wire5::publish("t", "x", 2, id));
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 1", "PUBREC 2"}));
    rig.advance(2s);
    EXPECT_EQ(rig.end(), "93 mqtt.overrun");
}

TEST(MqttMessage5, more_properties_than_there_is_room_for_make_it_too_large) {
    MqttRig5 rig({.max_properties = 40});
    rig.connect();
    rig.feed(wire5::publish("t", "x", 1, 1, wire5::text(3, std::string(37, 'c'))));
    EXPECT_EQ(rig.take_events(), Lines{"message q1 t=x"});
    const auto large = wire5::publish("t", "x", 2, 2, wire5::user("k", std::string(60'000, 'v')));
    rig.feed(large);
    EXPECT_EQ(rig.take_events(), Lines{"too large q2 t 1+1"});
    rig.feed_bytewise(large);
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBREC 2", "PUBREC 2"}));
    rig.feed(wire5::ack(0x40, 9, 0, wire5::text(0x1F, std::string(65'535, 'r'))));
    rig.feed(wire5::disconnect(0x8B, wire5::user(std::string(50'000, 'n'), "")));
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_reason_shutting_down);
    rig.close_as_wanted();
    EXPECT_EQ(rig.said, "");
}

TEST(MqttMessage5, a_client_without_room_for_properties_takes_messages_without) {
    MqttRig5 rig({.max_properties = 0});
    rig.connect(wire5::two(0x21, 1) + wire5::text(0x12, "id"));
    rig.feed(wire5::publish("t", "x"));
    rig.feed(wire5::publish("t", "x", 0, 0, wire5::flag(1, 1)));
    EXPECT_EQ(rig.events, (Lines{"message q0 t=x", "too large q0 t 1+1"}));
    rig.publish("t", "1", 1);
    rig.publish("t", "2", 1);
    EXPECT_EQ(rig.wire().size(), 1U) << "numbers of CONNACK need no room";
}

// What becomes of these properties in this packet: "ok" or how it ends.
struct Place {
    const char* name;
    std::function<std::string(const Bytes&)> end;
};
std::string end_of_connack(const Bytes& properties) {
    MqttRig5 rig;
    rig.reach();
    rig.feed_bytewise(wire5::connack(false, 0, properties));
    return rig.client.wants_close() ? std::string(rig.client.close_reason().name()) : "ok";
}
std::string end_when_connected(const Bytes& packet) {
    MqttRig5 rig;
    rig.connect();
    rig.feed_bytewise(packet);
    const auto end = rig.end();
    if (end == "open" || rig.client.close_reason().detail() == 0x8B) return "ok";
    return end.substr(3);
}
const Place places[] = {
    {"CONNACK", end_of_connack},
    {"PUBLISH", [](const Bytes& p) { return end_when_connected(wire5::publish("t", "x", 0, 0, p)); }},
    {"PUBACK", [](const Bytes& p) { return end_when_connected(wire5::ack(0x40, 1, 0, p)); }},
    {"PUBREC", [](const Bytes& p) { return end_when_connected(wire5::ack(0x50, 1, 0, p)); }},
    {"PUBREL", [](const Bytes& p) { return end_when_connected(wire5::ack(0x62, 1, 0, p)); }},
    {"PUBCOMP", [](const Bytes& p) { return end_when_connected(wire5::ack(0x70, 1, 0, p)); }},
    {"SUBACK", [](const Bytes& p) { return end_when_connected(wire5::suback(1, 0, p)); }},
    {"UNSUBACK", [](const Bytes& p) { return end_when_connected(wire5::unsuback(1, 0, p)); }},
    {"DISCONNECT", [](const Bytes& p) { return end_when_connected(wire5::disconnect(0x8B, p)); }},
};

// Table 2-4 by hand: one good value of each property, and the packets of a server that may have it.
struct Row {
    Bytes good;
    std::string_view allowed;  // letters of the places: C P A D; a: asked for only
};
const Row rows[] = {
    {wire5::flag(0x01, 1), "P"},    {wire5::four(0x02, 9), "P"},      {wire5::text(0x03, "x"), "P"},
    {wire5::text(0x08, "x"), "P"},  {wire5::text(0x09, "x"), "P"},    {wire::hex("0b 7f"), "P+"},
    {wire5::four(0x11, 9), "C"},    {wire5::text(0x12, "x"), "C"},    {wire5::two(0x13, 9), "C"},
    {wire5::text(0x15, "x"), "a"},  {wire5::text(0x16, "x"), "a"},    {wire5::flag(0x17, 1), ""},
    {wire5::four(0x18, 9), ""},     {wire5::flag(0x19, 1), ""},       {wire5::text(0x1A, "x"), "a"},
    {wire5::text(0x1C, "x"), "CD"}, {wire5::text(0x1F, "x"), "CAD"},  {wire5::two(0x21, 9), "C"},
    {wire5::two(0x22, 9), "C"},     {wire5::two(0x23, 9), "t"},       {wire5::flag(0x24, 1), "C"},
    {wire5::flag(0x25, 1), "C"},    {wire5::user("x", "y"), "CPAD+"}, {wire5::four(0x27, 9), "C"},
    {wire5::flag(0x28, 1), "C"},    {wire5::flag(0x29, 1), "C"},      {wire5::flag(0x2A, 1), "C"},
};

char letter(std::string_view place) {
    if (place == "CONNACK") return 'C';
    if (place == "PUBLISH") return 'P';
    return place == "DISCONNECT" ? 'D' : 'A';
}

// MQTT 5.0: 3.14.2-2, 3.3.2-7, 3.3.2-10
TEST(MqttHostile5, every_property_stands_only_in_its_packets_and_only_once) {
    for (const auto& place : places) {
        for (const auto& row : rows) {
            std::string expected = "mqtt.malformed";
            const bool allowed = row.allowed.find(letter(place.name)) != std::string_view::npos;
            if (allowed) expected = "ok";
            if (row.allowed == "a" && letter(place.name) == 'C') expected = "mqtt.unexpected";
            if (row.allowed == "t" && letter(place.name) == 'P') expected = "mqtt.topic_alias";
            EXPECT_EQ(place.end(row.good), expected) << place.name << " " << wire5::hex(row.good);
            if (!allowed) continue;
            const bool repeats = row.allowed.back() == '+';
            EXPECT_EQ(place.end(row.good + row.good), repeats ? "ok" : "mqtt.unexpected")
                << place.name << " twice " << wire5::hex(row.good);
        }
        EXPECT_EQ(place.end(wire::hex("00")), "mqtt.malformed");
        EXPECT_EQ(place.end(wire::hex("2b 00")), "mqtt.malformed");
        EXPECT_EQ(place.end(wire::hex("ff 00")), "mqtt.malformed");
    }
}

// MQTT 5.0: 1.5.5-1, 1.5.4-1, 1.5.4-2, 1.5.7-1, 3.3.2-13, 3.3.2-14, 3.3.2-19, 3.3.2-8
TEST(MqttHostile5, values_out_of_their_range_end_it) {
    const auto connack = places[0].end;
    const auto publish = places[1].end;
    for (const unsigned id : {0x24U, 0x25U, 0x28U, 0x29U, 0x2AU}) {
        EXPECT_EQ(connack(wire5::flag(id, 0)), "ok");
        EXPECT_EQ(connack(wire5::flag(id, 2)), "mqtt.unexpected");
        EXPECT_EQ(connack(wire5::flag(id, 255)), "mqtt.unexpected");
    }
    EXPECT_EQ(connack(wire5::two(0x21, 0)), "mqtt.unexpected");
    EXPECT_EQ(connack(wire5::four(0x27, 0)), "mqtt.unexpected");
    EXPECT_EQ(publish(wire5::flag(1, 2)), "mqtt.unexpected");
    EXPECT_EQ(publish(wire::hex("0b 00")), "mqtt.unexpected");
    EXPECT_EQ(publish(wire::hex("0b 80 00")), "mqtt.malformed");
    EXPECT_EQ(publish(wire::hex("0b ff ff ff 7f")), "ok");
    EXPECT_EQ(publish(wire::hex("0b ff ff ff ff 01")), "mqtt.malformed");
    EXPECT_EQ(publish(wire5::two(0x23, 0)), "mqtt.topic_alias");
    for (const auto* topic : {"a/+", "#", ""}) EXPECT_EQ(publish(wire5::text(8, topic)), "mqtt.unexpected");
    for (const auto bad : {std::string_view("\xFF"), std::string_view("\0", 1), std::string_view("\xED\xA0\x80"),
                           std::string_view("a\xC3")}) {
        EXPECT_EQ(publish(wire5::text(3, bad)), "mqtt.malformed");
        EXPECT_EQ(publish(wire5::text(8, bad)), "mqtt.malformed");
        EXPECT_EQ(publish(wire5::user(bad, "v")), "mqtt.malformed");
        EXPECT_EQ(publish(wire5::user("k", bad)), "mqtt.malformed");
        EXPECT_EQ(publish(wire5::text(9, bad)), "ok") << "that is binary";
        EXPECT_EQ(connack(wire5::text(0x12, bad)), "mqtt.malformed");
    }
}

// MQTT 5.0: 2.2.2-1
TEST(MqttHostile5, lengths_that_do_not_fit_end_it) {
    const char* packets[] = {
        "30 03 000174",             // no property length
        "30 04 000174 05",          // longer than the packet
        "30 05 000174 80 00",       // longer than needed
        "30 07 000174 ffffff7f",    // as much as there can be
        "30 08 000174 ffffffff01",  // more than that
        "30 06 000174 02 0300",     // within a property
        "30 08 000174 04 030005 61",
        "30 80 00",  // a remaining length longer than needed
        "40 02 0000",
        "40 04 0001 00 01",
        "40 05 0001 00 00 00",
        "40 01 00",
        "90 03 0001 00",
        "90 05 0001 00 00 00",  // two codes for one filter
        "90 04 0001 01 00",
        "b0 04 0000 00 00",
        "d0 01 00",
        "e0 03 8b 00 00",
        "e0 02 8b 01",
        "34 05 000174 0000 00",
    };
    for (const auto* packet : packets) {
        MqttRig5 rig;
        rig.connect();
        rig.feed_bytewise(wire::hex(packet) + wire::hex("00 00"));
        EXPECT_EQ(rig.end(), "81 mqtt.malformed") << packet;
    }
    for (const auto* packet : {"20 01 00", "20 02 0000", "20 04 00 00 00 00", "20 03 00 00 01"}) {
        MqttRig5 rig;
        rig.reach();
        rig.feed_bytewise(wire::hex(packet) + wire::hex("00 00"));
        EXPECT_EQ(rig.client.close_reason(), errors::mqtt_malformed) << packet;
    }
}

// One good packet of each type, with every property that it may have.
std::vector<Bytes> good_packets() {
    const Bytes reason = wire5::text(0x1F, "why") + wire5::user("k", "v");
    return {wire5::publish("a/b", "payload", 0, 0, all_properties()),
            wire5::publish("a/b", "payload", 1, 1, all_properties()),
            wire5::publish("a/b", "", 2, 2, {}),
            wire5::ack(0x40, 1, 0x10, reason),
            wire5::ack(0x50, 2, 0, reason),
            wire5::ack(0x62, 3, 0x92, reason),
            wire5::ack(0x70, 4, 0x92, reason),
            wire5::suback(5, 2, reason),
            wire5::unsuback(6, 0x11, reason),
            wire::pingresp(),
            wire5::disconnect(0x9C, reason + wire5::text(0x1C, "b"))};
}
Bytes good_connack() {
    Bytes properties;
    for (const auto& row : rows) {
        if (row.allowed.starts_with('C') && row.good[0] != 0x27) properties = properties + row.good;
    }
    return wire5::connack(true, 0, properties);
}

TEST(MqttHostile5, every_prefix_waits_and_one_byte_at_a_time_is_the_same) {
    for (const auto& packet : good_packets()) {
        const auto outcome = [&packet](std::size_t cut, bool bytewise) {
            MqttRig5 rig;
            rig.connect();
            const ConstBytes bytes(packet);
            rig.client.receive(bytes.first(cut), rig.now);
            EXPECT_EQ(rig.end(), "open");
            const Bytes rest(packet.begin() + static_cast<std::ptrdiff_t>(cut), packet.end());
            bytewise ? rig.feed_bytewise(rest) : rig.feed(rest);
            auto lines = rig.take_events();
            for (auto& line : rig.wire()) lines.push_back(line);
            lines.push_back(rig.end());
            return lines;
        };
        const auto whole = outcome(0, false);
        for (std::size_t cut = 0; cut < packet.size(); ++cut) {
            EXPECT_EQ(outcome(cut, false), whole);
            EXPECT_EQ(outcome(cut, true), whole);
        }
    }
    const Bytes connack = good_connack();
    for (std::size_t cut = 0; cut < connack.size(); ++cut) {
        MqttRig5 rig;
        rig.reach();
        rig.client.receive(ConstBytes(connack).first(cut), rig.now);
        EXPECT_TRUE(rig.events.empty() && !rig.client.wants_close());
        rig.client.receive(ConstBytes(connack).subspan(cut), rig.now);
        EXPECT_EQ(rig.events, Lines{"connected present"});
    }
}

// Whatever stands in any one byte: a named end or none, and on line again afterwards.
TEST(MqttHostile5, every_byte_wrong_in_every_way_ends_well) {
    auto packets = good_packets();
    packets.push_back(good_connack());
    for (const auto& good : packets) {
        for (std::size_t at = 0; at < good.size(); ++at) {
            for (unsigned value = 0; value < 256; ++value) {
                Bytes packet = good;
                packet[at] = static_cast<std::uint8_t>(value);
                MqttRig5 rig({.max_inflight_in = 2, .max_packet_in = 100, .max_properties = 60}, Version::v5, 256);
                good[0] == 0x20 ? rig.reach() : rig.connect();
                rig.feed(packet);
                rig.feed(wire::pingresp());
                rig.wire();
                if (rig.client.wants_close()) {
                    ASSERT_TRUE(rig.client.close_reason().name().starts_with("mqtt.") ||
                                rig.client.close_reason() == errors::closed);
                    rig.close_as_wanted();
                } else {
                    rig.close();
                }
                rig.connect({}, true);
                ASSERT_EQ(rig.client.state(), Client::State::connected);
            }
        }
    }
}

}  // namespace
}  // namespace esb::mqtt
