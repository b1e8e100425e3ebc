// The one pass over topics, against tests of each rule by itself.
#include "esb/mqtt/text_scan.hpp"

#include "esb/base/encoding.hpp"
#include "esb/mqtt/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace esb::mqtt {
namespace {

bool is_good(std::string_view text) { return text.find('\0') == std::string_view::npos && is_utf8(text); }

// What the scan says of the text, cut after each byte.
void compare(std::string_view text) {
    const bool good = is_good(text);
    const bool wildcard = text.find_first_of("+#") != std::string_view::npos;
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        TextScan scan;
        static_cast<void>(scan.take(as_bytes(text.substr(0, cut))));
        const bool possible = scan.take(as_bytes(text.substr(cut)));
        ASSERT_EQ(scan.complete(), good) << testing::PrintToString(std::string(text)) << " cut at " << cut;
        if (!good) continue;
        ASSERT_TRUE(possible);
        ASSERT_EQ(scan.wildcard(), wildcard);
    }
    ASSERT_EQ(is_text(text), good);
    ASSERT_EQ(is_topic_name(text), good && !wildcard && !text.empty());
}

TEST(MqttTextScan, every_text_of_two_bytes) {
    for (int first = 0; first < 256; ++first) {
        compare(std::string(1, static_cast<char>(first)));
        for (int second = 0; second < 256; ++second) {
            compare(std::string{static_cast<char>(first), static_cast<char>(second)});
        }
    }
}

// MQTT 3.1.1: 1.5.3-1, 1.5.3-3
// MQTT 5.0: 1.5.4-1, 1.5.4-3
TEST(MqttTextScan, the_edges_of_each_length) {
    const std::vector<std::string_view> edges{"\x7F",
                                              "\xC2\x80",
                                              "\xDF\xBF",
                                              "\xE0\xA0\x80",
                                              "\xED\x9F\xBF",
                                              "\xEE\x80\x80",
                                              "\xEF\xBF\xBF",
                                              "\xF0\x90\x80\x80",
                                              "\xF4\x8F\xBF\xBF",
                                              "\xC1\xBF",
                                              "\xE0\x9F\xBF",
                                              "\xED\xA0\x80",
                                              "\xED\xBF\xBF",
                                              "\xF0\x8F\xBF\xBF",
                                              "\xF4\x90\x80\x80",
                                              "\xF5\x80\x80\x80",
                                              "\xFF",
                                              "\xE2\x82",
                                              "\xF0\x9F\x98",
                                              "+",
                                              "#",
                                              "a"};
    for (const auto a : edges) {
        for (const auto b : edges) compare(std::string(a) + std::string(b));
    }
}

TEST(MqttTextScan, random_bytes_near_the_rules) {
    std::mt19937 random(1);
    constexpr std::string_view alphabet("a/+#\0\x80\x8F\x90\x9F\xA0\xBF\xC1\xC2\xDF\xE0\xE1\xED\xEF\xF0\xF1\xF4\xF5",
                                        22);
    for (int i = 0; i < 20'000; ++i) {
        std::string text(random() % 7, ' ');
        for (auto& c : text) c = alphabet[random() % alphabet.size()];
        compare(text);
    }
}

TEST(MqttTextScan, a_bad_beginning_is_known_at_once_and_for_good) {
    TextScan scan;
    EXPECT_FALSE(scan.take(as_bytes("a\xC0")));
    EXPECT_FALSE(scan.take(as_bytes("abc")));
    EXPECT_FALSE(scan.complete());
}

}  // namespace
}  // namespace esb::mqtt
