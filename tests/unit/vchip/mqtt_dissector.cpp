// MQTT packets in words, without their secrets.
#include "host/vchip/mqtt_dissector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace esb;
using namespace esb::vchip;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

std::string number16(std::size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string text16(std::string_view text) { return number16(text.size()) + std::string(text); }

std::string packet(unsigned first, const std::string& body) {
    std::string made(1, static_cast<char>(first));
    auto rest = body.size();
    do {
        const auto digit = rest % 128;
        rest /= 128;
        made += static_cast<char>(digit | (rest > 0 ? 128 : 0));
    } while (rest > 0);
    return made + body;
}

std::string publish(std::string_view topic, std::string_view payload) {
    return packet(0x30, text16(topic) + std::string(payload));
}

class Watcher {
public:
    void take(std::string_view bytes, trace::Way way = trace::Way::out) { dissector.take(way, as_bytes(bytes)); }

    std::vector<std::string> packets;  // "publish topic=a size=3"
    MqttDissector dissector{[this](trace::Way way, std::string_view name, std::span<const trace::Field> fields) {
        std::string line = (way == trace::Way::in ? "< " : "") + std::string(name);
        for (const auto& field : fields) {
            line += " " + std::string(field.key) + "=" +
                    (field.is_number ? std::to_string(field.number) : std::string(field.text));
        }
        packets.push_back(line);
    }};
};

std::string connect(unsigned level) {
    const std::string properties(level == 5 ? std::string("\x05\x11\0\0\0\x3c", 6) : std::string());
    const std::string none(level == 5 ? std::string(1, '\0') : std::string());
    return packet(0x10, text16("MQTT") + static_cast<char>(level) + '\xC6' + number16(60) + properties +
                            text16("greenhouse") + none + text16("home/gone") + text16("will-words") +
                            text16("open-sesame-user") + text16("open-sesame-password"));
}

TEST(MqttDissector, says_what_a_client_connects_with_but_neither_who_it_says_it_is_nor_how_it_proves_it) {
    for (const unsigned level : {4U, 5U}) {
        Watcher watcher;
        watcher.take(connect(level));
        ASSERT_EQ(watcher.packets.size(), 1U);
        EXPECT_THAT(watcher.packets[0],
                    HasSubstr("connect version=" + std::string(level == 5 ? "5.0" : "3.1.1") +
                              " client=greenhouse clean=1 keepalive=60 will=home/gone user=hidden password=hidden"));
        EXPECT_THAT(watcher.packets[0], Not(HasSubstr("sesame")));
        EXPECT_THAT(watcher.packets[0], Not(HasSubstr("will-words")));
    }
}

TEST(MqttDissector, shows_the_front_of_a_payload) {
    Watcher watcher;
    watcher.take(publish("app/temperature", "20.9"));
    watcher.take(packet(0x3B, text16("a") + number16(7) + std::string(200, 'x')), trace::Way::in);
    EXPECT_THAT(watcher.packets,
                ElementsAre("publish topic=app/temperature qos=0 bytes=4 payload=20.9 size=21",
                            "< publish topic=a qos=1 retain=1 dup=1 id=7 bytes=200 payload=" + std::string(64, 'x') +
                                " size=205"));
}

TEST(MqttDissector, hides_the_payloads_in_which_settings_and_updates_travel) {
    for (const auto* topic : {"home/config", "home/config/reply", "config", "home/ota", "home/ota/status", ""}) {
        Watcher watcher;
        watcher.take(publish(topic, "wifi.0.pass"));
        EXPECT_THAT(watcher.packets[0], HasSubstr("bytes=11 payload=hidden")) << topic;
    }
    EXPECT_TRUE(payload_may_be_shown("home/configuration"));
}

TEST(MqttDissector, does_not_tear_a_character_and_shows_no_bytes_that_are_no_text) {
    Watcher watcher;
    watcher.take(publish("a", std::string(63, 'x') + "\u00e9"));
    watcher.take(publish("a", "\xFF\xFE\xFF\xFE\xFF"));
    EXPECT_THAT(watcher.packets[0], HasSubstr("payload=" + std::string(63, 'x') + " size"));
    EXPECT_THAT(watcher.packets[1], HasSubstr("payload=(binary)"));
}

TEST(MqttDissector, lists_filters_and_what_the_broker_answers) {
    Watcher watcher;
    watcher.take(packet(0x82, number16(3) + text16("a/+") + '\1' + text16("b") + '\2'));
    watcher.take(packet(0x90, number16(3) + "\x01\x80"), trace::Way::in);
    watcher.take(packet(0x20, std::string("\1\0", 2)), trace::Way::in);
    watcher.take(packet(0xC0, ""));
    watcher.take(packet(0x40, number16(9)), trace::Way::in);
    watcher.take(packet(0xE0, ""));
    EXPECT_THAT(watcher.packets,
                ElementsAre("subscribe id=3 filters=a/+, b size=12", "< suback id=3 codes=1, 128 size=4",
                            "< connack session=1 code=0 size=2", "pingreq size=0", "< puback id=9 size=2",
                            "disconnect size=0"));
}

TEST(MqttDissector, finds_the_same_packets_however_the_stream_is_cut) {
    const auto stream = connect(5) + publish("a", std::string(3000, 'x')) + packet(0xC0, "") + publish("b", "1");
    Watcher whole;
    whole.take(stream);
    ASSERT_EQ(whole.packets.size(), 4U);
    for (const std::size_t step : {1U, 2U, 7U, 1000U}) {
        Watcher pieces;
        for (std::size_t at = 0; at < stream.size(); at += step) pieces.take(std::string_view(stream).substr(at, step));
        EXPECT_EQ(pieces.packets, whole.packets) << step;
    }
}

TEST(MqttDissector, gives_up_on_a_direction_that_is_no_mqtt_and_goes_on_with_the_other) {
    Watcher watcher;
    watcher.take("\x30\xFF\xFF\xFF\xFF\x01 and so on");
    watcher.take(publish("a", "1"));
    watcher.take(packet(0xD0, ""), trace::Way::in);
    EXPECT_THAT(watcher.packets, ElementsAre("malformed", "< pingresp size=0"));
    Watcher other;
    other.take(std::string("\0\0", 2));
    EXPECT_THAT(other.packets, ElementsAre("malformed"));
}

TEST(MqttDissector, bears_packets_that_end_too_soon) {
    for (unsigned type = 1; type < 16; ++type) {
        for (std::size_t size = 0; size < 12; ++size) {
            Watcher watcher;
            watcher.take(packet(type << 4U | 2U, std::string(size, '\xFF')));
            EXPECT_EQ(watcher.packets.size(), 1U);
        }
    }
}

}  // namespace
