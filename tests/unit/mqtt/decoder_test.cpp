#include "esb/mqtt/decoder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "support/mqtt_wire.hpp"

namespace esb::mqtt {
namespace {

namespace wire = esb::test::wire;
using wire::Bytes;

struct Feed {
    explicit Feed(std::size_t max_packet = 1000) : decoder(topic, max_packet) {}

    // What the bytes mean, pieces of a message joined.
    void take(ConstBytes bytes) {
        for (;;) {
            const auto event = decoder.next(bytes);
            if (event == Decoder::Event::more) return;
            if (event == Decoder::Event::error) {
                lines.push_back(std::string(decoder.error().name));
                return;
            }
            event == Decoder::Event::packet ? add_packet() : add_piece();
        }
    }
    void add_packet() {
        const auto& p = decoder.packet();
        lines.push_back(std::to_string(static_cast<int>(p.type)) + " id" + std::to_string(p.id) + " code" +
                        std::to_string(p.code) + (p.session_present ? " present" : ""));
    }
    void add_piece() {
        const auto& p = decoder.piece();
        if (p.offset == 0) payload.clear();
        EXPECT_EQ(p.offset, payload.size());
        payload += as_text(p.bytes);
        if (!p.is_last()) return;
        const auto what =
            decoder.too_large() ? std::to_string(p.total) + " topic" + std::to_string(decoder.topic_size()) : payload;
        lines.push_back((decoder.too_large() ? "large q" : "q") + std::to_string(static_cast<int>(p.qos)) + " id" +
                        std::to_string(decoder.piece_id()) + (p.duplicate ? " dup" : "") + (p.retain ? " retain" : "") +
                        " " + std::string(p.topic) + "=" + what);
    }

    std::array<std::uint8_t, 16> topic{};
    Decoder decoder;
    std::string payload;
    std::vector<std::string> lines;
};

std::vector<std::string> decode(const Bytes& bytes, std::size_t max_packet = 1000) {
    Feed feed(max_packet);
    feed.take(bytes);
    return feed.lines;
}
std::vector<std::string> decode(std::string_view hex) { return decode(wire::hex(hex)); }

using Lines = std::vector<std::string>;
const Lines malformed{"mqtt.malformed"};
const Lines unexpected{"mqtt.unexpected"};

TEST(MqttDecoder, every_packet_of_a_server) {
    const Bytes stream = wire::connack(true, 0) + wire::puback(1) + wire::pubrec(2) + wire::pubrel(3) +
                         wire::pubcomp(65535) + wire::suback(5, 0x80) + wire::unsuback(6) + wire::pingresp();
    EXPECT_EQ(decode(stream), (Lines{"2 id0 code0 present", "4 id1 code0", "5 id2 code0", "6 id3 code0",
                                     "7 id65535 code0", "9 id5 code128", "11 id6 code0", "13 id0 code0"}));
}

TEST(MqttDecoder, publish_at_each_qos) {
    const Bytes stream = wire::publish("a/b", "one") + wire::publish("a/b", "two", 1, 9, true) +
                         wire::publish("a/b", "", 2, 10, false, true) + wire::publish("c", "");
    EXPECT_EQ(decode(stream), (Lines{"q0 id0 a/b=one", "q1 id9 dup a/b=two", "q2 id10 retain a/b=", "q0 id0 c="}));
}

// MQTT 3.1.1: 7.1.2-1
// MQTT 5.0: 4.2-1
TEST(MqttDecoder, cuts_anywhere_change_nothing) {
    const Bytes stream = wire::connack() + wire::publish("topic/é", std::string(300, 'x'), 2, 77) + wire::suback(1, 2) +
                         wire::publish("t", "") + wire::publish("t", "y", 1, 3) + wire::pingresp();
    const auto whole = decode(stream);
    ASSERT_EQ(whole.size(), 6U);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        Feed feed;
        feed.take(ConstBytes(stream).first(cut));
        feed.take(ConstBytes(stream).subspan(cut));
        ASSERT_EQ(feed.lines, whole) << "cut at " << cut;
    }
    Feed bytewise;
    for (const auto byte : stream) bytewise.take({&byte, 1});
    EXPECT_EQ(bytewise.lines, whole);
}

TEST(MqttDecoder, payload_is_handed_through_and_not_copied) {
    Feed feed;
    const Bytes stream = wire::publish("t", "hello");
    ConstBytes rest = stream;
    ASSERT_EQ(feed.decoder.next(rest), Decoder::Event::piece);
    EXPECT_EQ(feed.decoder.piece().bytes.data(), stream.data() + 5);
    EXPECT_TRUE(rest.empty());
}

// MQTT 3.1.1: 2.2.2-2
// MQTT 5.0: 2.1.3-1
TEST(MqttDecoder, reserved_types_and_flags_are_malformed) {
    EXPECT_EQ(decode("00 00"), malformed);
    EXPECT_EQ(decode("f0 00"), malformed);
    for (unsigned type = 1; type <= 14; ++type) {  // MQTT-2.2.2-2
        if (type == 3) continue;
        const bool flagged = type == 6 || type == 8 || type == 10;
        for (unsigned flags = 0; flags < 16; ++flags) {
            if (flags == (flagged ? 2U : 0U)) continue;
            EXPECT_EQ(decode(wire::packet(type * 16 + flags, {})), malformed) << type << " " << flags;
        }
    }
}

TEST(MqttDecoder, packets_of_clients_are_unexpected) {
    for (const auto* first : {"10 00", "82 00", "a2 00", "c0 00", "e0 00"})
        EXPECT_EQ(decode(first), unexpected) << first;
}

// MQTT 3.1.1: 3.3.1-4
// MQTT 5.0: 3.3.1-4
TEST(MqttDecoder, qos_3_is_malformed) { EXPECT_EQ(decode("36 05 0001 61 0001"), malformed); }  // MQTT-3.3.1-4

// MQTT 3.1.1: 3.3.1-2
TEST(MqttDecoder, duplicate_flag_on_qos_0_is_malformed) { EXPECT_EQ(decode("38 03 0001 61"), malformed); }  // MQTT-3.3.1-2

TEST(MqttDecoder, wrong_lengths_are_malformed) {
    for (const auto* bad : {"20 01 00", "20 03 000000", "40 00", "40 03 000100", "50 01 00", "62 03 000100",
                            "70 04 00010000", "90 02 0001", "90 04 00010000", "b0 03 000100", "d0 01 00"}) {
        EXPECT_EQ(decode(bad), malformed) << bad;
    }
    for (const auto* bad :
         {"30 00", "30 01 00", "30 02 0000", "30 02 0001", "30 04 0003 6162", "32 03 0001 61", "32 04 0001 61 00"}) {
        EXPECT_EQ(decode(bad), malformed) << bad;
    }
}

TEST(MqttDecoder, a_fifth_length_byte_is_malformed_whatever_it_is) {
    EXPECT_EQ(decode("30 ff ff ff ff 01"), malformed);
    EXPECT_EQ(decode("30 80 80 80 80 00"), malformed);
    EXPECT_EQ(decode("40 ff ff ff ff"), malformed);
}

TEST(MqttDecoder, limit_on_the_remaining_length) {
    EXPECT_EQ(decode(wire::publish("t", std::string(97, 'x')), 100).size(), 1U);
    EXPECT_EQ(decode(wire::publish("t", std::string(97, 'x')), 100)[0].substr(0, 2), "q0");
    EXPECT_EQ(decode(wire::publish("t", std::string(98, 'x')), 100), Lines{"large q0 id0 t=98 topic1"});
    EXPECT_EQ(decode("30 ff ff ff 7f"), Lines{}) << "to be read past, however long";
}

TEST(MqttDecoder, limit_on_the_topic) {
    EXPECT_EQ(decode(wire::publish(std::string(16, 't'), "")), Lines{"q0 id0 tttttttttttttttt="});
    EXPECT_EQ(decode(wire::publish(std::string(17, 't'), "")), Lines{"large q0 id0 =0 topic17"});
    EXPECT_EQ(decode(wire::publish(std::string(17, 't'), "xyz", 1, 258)), Lines{"large q1 id258 =3 topic17"});
}

TEST(MqttDecoder, what_is_too_large_is_read_past_and_the_next_packet_is_found) {
    const auto next = wire::publish("t", "next", 1, 9) + wire::pingresp();
    const Bytes large[] = {
        wire::publish("t", std::string(200, 'x'), 0),
        wire::publish("t", std::string(200, 'x'), 1, 3, true),
        wire::publish("t", std::string(200, 'x'), 2, 0x0304, false, true),
        wire::publish("topic/\u00e9", std::string(98, 'x'), 1, 3),
        wire::publish(std::string(17, 't'), "", 2, 3),                      // nothing behind the identifier
        wire::publish(std::string(400, 't'), std::string(300, 'x'), 1, 3),  // both
        wire::publish(std::string(65'535, 't'), "", 1, 3),
    };
    for (const auto& one : large) {
        const Bytes stream = one + next;
        const auto whole = decode(stream, 100);
        ASSERT_EQ(whole.size(), 3U);
        EXPECT_TRUE(whole[0].starts_with("large ")) << whole[0];
        EXPECT_EQ(whole[1], "q1 id9 t=next");
        Feed bytewise(100);
        for (const auto byte : stream) bytewise.take({&byte, 1});
        EXPECT_EQ(bytewise.lines, whole);
        for (std::size_t cut = 0; cut < std::min<std::size_t>(stream.size(), 600); ++cut) {
            Feed feed(100);
            feed.take(ConstBytes(stream).first(cut));
            feed.take(ConstBytes(stream).subspan(cut));
            ASSERT_EQ(feed.lines, whole) << cut;
        }
    }
}

// 256 MiB less one byte, the most that MQTT can say.
TEST(MqttDecoder, the_largest_message_there_can_be_passes_by) {
    Feed feed;
    feed.take(wire::hex("32 ff ff ff 7f 0003 612f62 0102"));
    const std::vector<std::uint8_t> block(1U << 20, 'x');
    std::size_t left = max_remaining_length - 7;
    for (ConstBytes bytes = block; left > 0; left -= bytes.size()) {
        bytes = bytes.first(std::min(bytes.size(), left));
        ConstBytes rest = bytes;
        ASSERT_EQ(feed.decoder.next(rest), Decoder::Event::piece);
        ASSERT_TRUE(rest.empty() && feed.decoder.too_large());
        ASSERT_EQ(feed.decoder.piece().is_last(), left == bytes.size());
    }
    EXPECT_EQ(feed.decoder.piece().topic, "a/b");
    EXPECT_EQ(feed.decoder.piece().total, 268'435'448U);
    EXPECT_EQ(feed.decoder.piece_id(), 0x0102);
    feed.take(wire::pingresp());
    EXPECT_EQ(feed.lines, Lines{"13 id0 code0"});
}

TEST(MqttDecoder, what_is_too_large_must_still_be_well_formed) {
    const auto long_topic = [](std::string_view end) { return std::string(40, 't') + std::string(end); };
    EXPECT_EQ(decode(wire::publish(long_topic("/+"), "x", 1, 3)), malformed);
    EXPECT_EQ(decode(wire::publish(long_topic("#"), "x")), malformed);
    EXPECT_EQ(decode(wire::publish(long_topic("\xC3"), "x")), malformed);
    EXPECT_EQ(decode(wire::publish(long_topic(std::string_view("\0", 1)), "x")), malformed);
    EXPECT_EQ(decode(wire::publish(long_topic(""), "x", 1, 0)), malformed);
    EXPECT_EQ(decode("32 ff ff ff 7f 0000"), malformed) << "no topic";
    EXPECT_EQ(decode("36 ff ff ff 7f"), malformed);
    EXPECT_EQ(decode("30 11 0010" + std::string(30, '0')), malformed) << "the topic runs over the packet by one byte";
    EXPECT_EQ(decode("30 05 ffff 616263"), malformed);
    EXPECT_EQ(decode("32 80 02 00ff" + std::string(510, '6')), malformed) << "no room for the identifier";
}

// MQTT 3.1.1: 1.5.3-1, 1.5.3-2, 3.3.2-1, 3.3.2-2
// MQTT 5.0: 3.3.2-1, 3.3.2-2
TEST(MqttDecoder, topics_of_messages_are_checked) {
    EXPECT_EQ(decode(wire::publish("a/+", "")), malformed);  // MQTT-3.3.2-2
    EXPECT_EQ(decode(wire::publish("#", "")), malformed);
    EXPECT_EQ(decode(wire::publish("a\xFF", "")), malformed);  // MQTT-1.5.3-1
    EXPECT_EQ(decode(wire::publish(std::string("a\0b", 3), "")), malformed);
    EXPECT_EQ(decode(wire::publish("\xED\xB0\x80", "")), malformed);
}

// MQTT 3.1.1: 2.3.1-1
TEST(MqttDecoder, identifier_zero_is_malformed) {  // MQTT-2.3.1-1
    EXPECT_EQ(decode(wire::publish("t", "", 1, 0)), malformed);
    for (const auto& bytes :
         {wire::puback(0), wire::pubrec(0), wire::pubrel(0), wire::pubcomp(0), wire::suback(0, 0), wire::unsuback(0)}) {
        EXPECT_EQ(decode(bytes), malformed);
    }
}

// MQTT 3.1.1: 3.9.3-2
TEST(MqttDecoder, return_codes) {
    EXPECT_EQ(decode("90 03 0001 02"), Lines{"9 id1 code2"});
    EXPECT_EQ(decode("90 03 0001 03"), malformed);  // MQTT-3.9.3-2
    EXPECT_EQ(decode("90 03 0001 81"), malformed);
    EXPECT_EQ(decode("20 02 02 00"), malformed);
    EXPECT_EQ(decode("20 02 00 ff"), Lines{"2 id0 code255"});
}

TEST(MqttDecoder, an_error_lasts_until_reset) {
    Feed feed;
    feed.take(wire::hex("00"));
    feed.take(wire::pingresp());
    EXPECT_EQ(feed.lines, (Lines{"mqtt.malformed", "mqtt.malformed"}));
    feed.decoder.reset();
    feed.take(wire::pingresp());
    EXPECT_EQ(feed.lines.back(), "13 id0 code0");
}

TEST(MqttDecoder, reset_forgets_half_a_packet) {
    Feed feed;
    const Bytes half = wire::publish("t", "hello");
    feed.take(ConstBytes(half).first(6));
    feed.decoder.reset();
    feed.take(wire::puback(4));
    EXPECT_EQ(feed.lines, Lines{"4 id4 code0"});
}

}  // namespace
}  // namespace esb::mqtt
