#include "esb/mqtt/codec.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "support/mqtt_wire.hpp"

namespace esb::mqtt {
namespace {

namespace wire = esb::test::wire;
using wire::Bytes;

Bytes written(const Publish& message) {
    Bytes out(packet_size(PacketType::publish, message));
    write_packet(PacketType::publish, message, out);
    return out;
}

Bytes written(const ConnectOptions& options) {
    Bytes out(connect_size(options) + 8);
    out.resize(write_connect(options, 0, out));
    return out;
}

// MQTT 3.1.1: 1.5.3-1, 1.5.3-2, 3.3.2-2, 4.7.1-1, 4.7.3-1, 4.7.3-2, 4.7.3-3
// MQTT 5.0: 4.7.0-1, 4.7.3-1, 4.7.3-2, 4.7.3-3, 3.3.2-2
TEST(MqttTopic, names_must_be_non_empty_utf_8_without_nul_and_wildcards) {
    EXPECT_TRUE(is_topic_name("a"));
    EXPECT_TRUE(is_topic_name("/"));
    EXPECT_TRUE(is_topic_name("ESP/C4/\xC3\xA4"));
    EXPECT_FALSE(is_topic_name(""));
    EXPECT_FALSE(is_topic_name("a/+"));
    EXPECT_FALSE(is_topic_name("a#"));
    EXPECT_FALSE(is_topic_name(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_topic_name("\xC0\x80"));
    EXPECT_FALSE(is_topic_name("\xED\xA0\x80"));  // a surrogate, MQTT-1.5.3-1
    EXPECT_FALSE(is_topic_name(std::string(65'536, 'a')));
    EXPECT_TRUE(is_topic_name(std::string(65'535, 'a')));
}

// MQTT 3.1.1: 4.7.1-2, 4.7.1-3
// MQTT 5.0: 4.7.1-1, 4.7.1-2
TEST(MqttTopic, filters_take_wildcards_only_as_whole_levels) {
    for (const auto* good : {"#", "+", "a/#", "+/b/+", "a/+/b", "/+", "+/#", "/"})
        EXPECT_TRUE(is_topic_filter(good)) << good;
    for (const auto* bad : {"", "a#", "#/a", "a+", "+a", "a/b+", "##", "a/#/b", "++"})
        EXPECT_FALSE(is_topic_filter(bad)) << bad;
}

// MQTT 3.1.1: 2.3.1-5, 3.3.2-1
// MQTT 5.0: 3.3.2-1
TEST(MqttCodec, publish_at_each_qos) {
    const auto payload = as_bytes("hi");
    EXPECT_EQ(written({"a/b", payload}), wire::hex("30 07 0003 612f62 6869"));
    EXPECT_EQ(written({"a/b", payload, Qos::at_least_once, true}), wire::hex("33 09 0003 612f62 0000 6869"));
    EXPECT_EQ(written({"a/b", payload, Qos::exactly_once}), wire::hex("34 09 0003 612f62 0000 6869"));
}

TEST(MqttCodec, remaining_length_grows_at_its_boundaries) {
    for (const auto& [remaining, header] : {std::pair<std::size_t, std::size_t>{127, 2},
                                            {128, 3},
                                            {16'383, 3},
                                            {16'384, 4},
                                            {2'097'151, 4},
                                            {2'097'152, 5}}) {
        const Bytes payload(remaining - 3, 'x');
        const Bytes packet = written({"a", payload, Qos::at_most_once});
        ASSERT_EQ(packet.size(), header + remaining);
        Bytes copy = packet;
        const auto parsed = wire::take_packet(copy);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->payload.size(), payload.size());
    }
}

// MQTT 3.1.1: 3.3.1-1
TEST(MqttCodec, identifier_and_duplicate_flag_are_set_in_place) {
    Bytes packet = written({"t", Bytes(200, 'x'), Qos::at_least_once});
    set_packet_id(packet, 0x1234);
    set_duplicate(packet, true);
    Bytes copy = packet;
    auto parsed = wire::take_packet(copy);
    EXPECT_EQ(parsed->id, 0x1234U);
    EXPECT_TRUE(parsed->duplicate());
    EXPECT_EQ(parsed->payload, std::string(200, 'x'));
    set_duplicate(packet, false);
    parsed = wire::take_packet(packet);
    EXPECT_FALSE(parsed->duplicate());
}

// MQTT 3.1.1: 2.2.2-1, 3.8.1-1, 3.8.3-3, 3.8.3-4, 3.10.1-1, 3.10.3-2
TEST(MqttCodec, subscribe_and_unsubscribe) {
    const std::uint8_t qos[] = {2};
    const Publish subscribe{"a/#", qos, Qos::exactly_once};
    Bytes out(packet_size(PacketType::subscribe, subscribe));
    write_packet(PacketType::subscribe, subscribe, out);
    set_packet_id(out, 7);
    EXPECT_EQ(out, wire::hex("82 08 0007 0003 612f23 02"));
    out.resize(packet_size(PacketType::unsubscribe, {"a/#", {}}));
    write_packet(PacketType::unsubscribe, {"a/#", {}}, out);
    set_packet_id(out, 0xFFFF);
    EXPECT_EQ(out, wire::hex("a2 07 ffff 0003 612f23"));
}

// MQTT 3.1.1: 2.3.1-6, 3.6.1-1
// MQTT 5.0: 3.6.1-1
TEST(MqttCodec, acknowledgements) {
    std::array<std::uint8_t, 4> out{};
    write_ack(PacketType::puback, 0x0102, out);
    EXPECT_EQ(Bytes(out.begin(), out.end()), wire::hex("40020102"));
    write_ack(PacketType::pubrel, 3, out);  // flags 0010, MQTT-3.6.1-1
    EXPECT_EQ(Bytes(out.begin(), out.end()), wire::hex("62020003"));
}

// MQTT 3.1.1: 3.1.2-11, 3.1.2-13, 3.1.2-15, 3.1.2-18, 3.1.2-20, 3.1.3-3
TEST(MqttCodec, connect_with_little) {
    ConnectOptions options;
    options.client_id = "c";
    EXPECT_EQ(written(options), wire::hex("10 0d 0004 4d515454 04 00 003c 0001 63"));
    options.clean_session = true;
    options.client_id = "";
    options.keep_alive_s = 0x1234;
    EXPECT_EQ(written(options), wire::hex("10 0c 0004 4d515454 04 02 1234 0000"));
}

ConnectOptions full_options() {
    ConnectOptions options;
    options.client_id = "dev";
    options.user_name = "us";
    options.password = as_bytes("pw");
    options.will = {"w/t", as_bytes("0"), Qos::at_least_once, true};
    return options;
}

// MQTT 3.1.1: 3.1.2-9, 3.1.2-19, 3.1.2-21, 3.1.3-1
TEST(MqttCodec, connect_with_everything_in_the_order_of_section_313) {
    EXPECT_EQ(written(full_options()),
              wire::hex("10 1f 0004 4d515454 04 ec 003c  0003 646576  0003 772f74  0001 30  0002 7573  0002 7077"));
}

TEST(MqttCodec, connect_in_slices_of_any_size_is_the_same) {
    const auto options = full_options();
    const Bytes whole = written(options);
    ASSERT_EQ(whole.size(), connect_size(options));
    for (std::size_t size = 1; size <= whole.size(); ++size) {
        Bytes got;
        for (;;) {
            Bytes slice(size);
            slice.resize(write_connect(options, got.size(), slice));
            if (slice.empty()) break;
            got = got + slice;
        }
        EXPECT_EQ(got, whole) << size;
    }
}

}  // namespace
}  // namespace esb::mqtt
