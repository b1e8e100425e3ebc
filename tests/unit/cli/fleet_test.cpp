#include "host/cli/device_table.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/json_text.hpp"
#include "host/cli/mqtt_session.hpp"
#include "host/cli/update_watch.hpp"
#include "support/hostile_texts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <sstream>
#include <type_traits>

namespace esb::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DeviceTopics, split_into_identity_and_leaf) {
    EXPECT_EQ(split_topic("ESP/C44F330A9C35/online")->identity, "ESP-C44F330A9C35");
    EXPECT_EQ(split_topic("pump/ota/status")->identity, "pump");
    EXPECT_EQ(split_topic("pump/ota/status")->leaf, "ota/status");
    EXPECT_EQ(split_topic("a/b/c/config/status")->identity, "a-b-c");
    EXPECT_EQ(split_topic("a/status")->leaf, "status");
    EXPECT_EQ(split_topic("app/1/status")->identity, "app-1");
    EXPECT_EQ(split_topic("a/apple/status")->identity, "a-apple");
    for (const auto* topic : {"online", "/online", "a/app/x", "a//online", "a b/online", "xonline", "", "a/app/online",
                              "a/app/b/online", "a/app/b/ota/do"}) {
        EXPECT_FALSE(split_topic(topic)) << topic;
    }
    EXPECT_EQ(topic_of("ESP-C44F330A9C35", "ota/status"), "ESP/C44F330A9C35/ota/status");
}

TEST(SafeText, leaves_nothing_that_draws_on_a_terminal) {
    EXPECT_EQ((SafeText() << std::string("a\x1B[2Jb\x7F\n\xC3\xA4\\")).text(), "a\\x1b[2Jb\\x7f\\x0a\xC3\xA4\\\\");
    EXPECT_EQ((SafeText() << "words\n" << 'x' << '\n' << -1 << '\x1B').text(), "words\nx\n-1\\x1b");
    EXPECT_EQ(SafeText().word("two words \"\\").text(), R"("two words \"\\")");
    EXPECT_EQ(SafeText().word("one\x1B").text(), "one\\x1b");
}

// What a string that is not in the program's source becomes; the stream has no other way in.
static_assert(!std::is_convertible_v<Printer, std::ostream&>);
template <typename T>
concept Printable = requires(SafeText text, T value) {
    text << static_cast<T>(value);
};
static_assert(Printable<std::string> && Printable<JsonText> && !Printable<bool> && !Printable<char (&)[4]>);

TEST(SafeText, every_foreign_text_by_every_way) {
    std::size_t checked = 0;
    for (const auto& text : esb::test::hostile_texts()) {
        std::ostringstream stream;
        Printer out(stream);
        out << text << ' ' << std::string_view(text) << ' ' << text.c_str() << ' ' << SafeText().word(text) << '\n';
        out << json_text([&](JsonWriter& json) { json.begin_object().key(text).text(text).end_object(); }) << '\n';
        const std::string printed = stream.str();
        EXPECT_EQ(esb::test::unsafe_in(printed), "") << printed;
        EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 2);
        DeviceTable table;
        const auto status = json_text([&](JsonWriter& json) {
            json.begin_object().key("app").text(text).key("ver").text(text).key("ip").text(text).key("hw").text(text);
            json.end_object();
        });
        table.take("a/status", status.text());
        table.take("a/ota/status", json_text([&](JsonWriter& json) {
                                       json.begin_object().key("state").text(text).end_object();
                                   }).text());
        UpdateReport report{text, text, 1, 2, text, text};
        for (const auto& shown : {table.text().text(), table.json().text(), progress_line(report).text(),
                                  progress_json(text, text, report).text()}) {
            EXPECT_EQ(esb::test::unsafe_in(shown), "") << shown;
            checked += 1;
        }
        const auto lines = table.text();
        EXPECT_EQ(std::count(lines.text().begin(), lines.text().end(), '\n'), 2);
    }
    std::cout << esb::test::hostile_texts().size() << " texts, " << checked << " outputs\n";
}

TEST(DeviceTable, shows_what_devices_reported) {
    DeviceTable table;
    EXPECT_EQ(table.text().text(), "no device has reported yet\n");
    table.take("b/online", "0");
    table.take("a/1/online", "1");
    table.take("a/1/status",
               R"({"app":"basic","ver":"1.0.0","hw":"vchip","seq":1,"ip":"10.0.0.7","rssi":-48,"up":3700})");
    table.take("a/1/ota/status", R"({"id":"x","state":"confirmed"})");
    table.take("c/status", "not JSON");
    table.take("c/online", "2");
    table.take("c/app/x", "1");
    EXPECT_EQ(table.rows().size(), 2U);
    EXPECT_EQ(table.text().text(),
              "IDENTITY  ONLINE  APP    VERSION  SEQ  ADDRESS   RSSI  UP    UPDATE\n"
              "a-1       yes     basic  1.0.0    1    10.0.0.7  -48   1h1m  confirmed\n"
              "b         no\n");
    EXPECT_EQ(table.json().text(),
              R"([{"ident":"a-1","online":true,"app":"basic","ver":"1.0.0","hw":"vchip","seq":1,"ip":"10.0.0.7",)"
              R"("rssi":-48,"up":3700,"update":"confirmed"},{"ident":"b","online":false}])");
}

TEST(DeviceTable, escapes_what_a_device_says) {
    DeviceTable table;
    table.take("a/status", R"({"app":"\u001b[2J","up":59})");
    EXPECT_THAT(table.text().text(), HasSubstr("\\x1b[2J"));
    EXPECT_THAT(table.text().text(), HasSubstr("59s"));
}

TEST(DeviceTable, shows_spans_in_two_units) {
    DeviceTable table;
    table.take("a/status", R"({"up":61})");
    table.take("b/status", R"({"up":90000})");
    table.take("c/status", R"({"up":-1})");
    EXPECT_THAT(table.text().text(), HasSubstr("1m1s"));
    EXPECT_THAT(table.text().text(), HasSubstr("1d1h"));
    EXPECT_THAT(table.text().text(), Not(HasSubstr("-1")));
}

std::string status(const std::string& id, const std::string& state, int done = 0, const std::string& error = "") {
    return R"({"id":")" + id + R"(","state":")" + state + R"(","ver":"1.1.0","done":)" + std::to_string(done) +
           R"(,"size":4096,"error":")" + error + "\"}";
}

TEST(UpdateWatch, follows_its_own_update_to_the_end) {
    UpdateWatch watch("1234");
    EXPECT_FALSE(watch.take(status("9999", "confirmed"), false));
    EXPECT_TRUE(watch.take(status("1234", "downloading", 1024), false));
    EXPECT_FALSE(watch.take(status("1234", "downloading", 1024), false));  // nothing new
    EXPECT_TRUE(watch.take(status("1234", "downloading", 2048), false));
    EXPECT_FALSE(watch.ended());
    EXPECT_FALSE(watch.take("garbage", false));
    EXPECT_TRUE(watch.take(status("1234", "confirmed", 4096), false));
    EXPECT_TRUE(watch.confirmed());
    EXPECT_TRUE(watch.ended());
}

TEST(UpdateWatch, takes_a_retained_success_but_not_a_retained_failure) {
    UpdateWatch done("1234");
    EXPECT_TRUE(done.take(status("1234", "confirmed"), true));
    EXPECT_TRUE(done.confirmed());
    UpdateWatch again("1234");
    EXPECT_FALSE(again.take(status("1234", "failed", 0, "ota.hash"), true));
    EXPECT_FALSE(again.ended());
    EXPECT_TRUE(again.take(status("1234", "failed", 0, "ota.hash"), false));
    EXPECT_TRUE(again.failed());
}

TEST(UpdateWatch, takes_a_live_refusal_without_an_id_as_its_own) {
    UpdateWatch watch("1234");
    EXPECT_FALSE(watch.take(status("", "idle"), false));
    EXPECT_FALSE(watch.take(status("", "failed", 0, "key.unknown"), true));
    const auto report = watch.take(status("", "failed", 0, "key.unknown"), false);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->error, "key.unknown");
    EXPECT_TRUE(watch.failed());
}

TEST(UpdateWatch, tells_a_roll_back_with_its_reason) {
    UpdateWatch watch("1234");
    const auto report = watch.take(
        R"({"id":"1234","state":"rolled_back","error":"ota.trial_crashed","why":"the new firmware crashed"})", false);
    ASSERT_TRUE(report);
    EXPECT_TRUE(watch.failed());
    EXPECT_EQ(progress_line(*report), "rolled_back: the new firmware crashed (ota.trial_crashed)");
}

TEST(Progress, is_a_bar_a_line_or_json) {
    UpdateReport report{"downloading", "1.1.0", 2048, 4096, "", ""};
    EXPECT_EQ(progress_bar(report), "[################----------------]  50 %  2 of 4 KiB");
    EXPECT_EQ(progress_line(report), "downloading 1.1.0: 50 %, 2048 of 4096 bytes");
    EXPECT_EQ(progress_json("a", "1234", report),
              R"({"ident":"a","id":"1234","state":"downloading","ver":"1.1.0","done":2048,"size":4096})");
    report.done = 5000;  // never more than all
    EXPECT_THAT(progress_bar(report), HasSubstr("100 %"));
    report.size = 0;
    EXPECT_THAT(progress_bar(report), HasSubstr("  0 %"));
}

TEST(BrokerAddress, is_host_and_port) {
    EXPECT_EQ(parse_broker("example.org:1")->host, "example.org");
    EXPECT_EQ(parse_broker("example.org:1")->port, 1);
    EXPECT_EQ(parse_broker("h")->port, 1884);
    EXPECT_EQ(parse_broker(":99")->host, "127.0.0.1");
    for (const auto* text : {"", "h:", "h:0", "h:65536", "h:x", "a b", "mqtt://h:1", "u@h"}) {
        EXPECT_FALSE(parse_broker(text)) << text;
    }
}

TEST(MqttSession, names_the_broker_it_cannot_reach) {
    MqttSession session;
    BrokerAccess access{{"127.0.0.1", 1}, "esb.operator", {}, "a file"};
    const auto without_key = session.connect(access, std::chrono::seconds(5));
    ASSERT_FALSE(without_key);
    EXPECT_THAT(without_key.error().line, HasSubstr("a file"));
    ASSERT_TRUE(access.key.assign(std::array<std::uint8_t, 32>{1}));
    const auto connected = session.connect(access, std::chrono::seconds(5));
    ASSERT_FALSE(connected);
    EXPECT_THAT(connected.error().line, HasSubstr("127.0.0.1:1"));
}

}  // namespace
}  // namespace esb::cli
