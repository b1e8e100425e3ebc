// What `esb vchip run --trace` and `--ui` are made of; with a chip and a browser: tests/e2e/test_watch.py.
#include "host/cli/trace_text.hpp"
#include "host/cli/watch_air.hpp"
#include "host/cli/watch_history.hpp"
#include "host/cli/watch_page_files.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include "esb/base/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view publish =
    R"({"ms":61042,"area":"mqtt","what":"publish","way":"out","topic":"a b","qos":1,"payload":""})";

TEST(TraceText, is_a_line_for_people) {
    const auto line = parse_trace_line(publish);
    ASSERT_TRUE(line);
    EXPECT_EQ(trace_text(*line, false), "  61.042  mqtt  > publish topic=\"a b\" qos=1");
    const auto flash = parse_trace_line(R"({"ms":7,"area":"flash","what":"erase","lost":2,"partition":"nvs","offset":36864})");
    ASSERT_TRUE(flash);
    EXPECT_EQ(trace_text(*flash, false), "   0.007  (2 lines lost)  flash   erase partition=nvs offset=0x9000");
}

TEST(TraceText, has_colours_only_where_they_are_asked_for_and_nothing_of_others_that_draws) {
    const auto line = parse_trace_line(R"({"ms":1,"area":"radio","what":"join","ssid":"\u001b[2J"})");
    ASSERT_TRUE(line);
    EXPECT_THAT(trace_text(*line, true).text(), HasSubstr("\x1B[36m"));
    EXPECT_THAT(trace_text(*line, false).text(), Not(HasSubstr("\x1B")));
}

TEST(TraceText, refuses_what_is_no_line_of_a_trace) {
    for (const auto* text : {"", "[]", "{}", R"({"ms":1,"area":"x"})", R"({"ms":-1,"area":"x","what":"y"})",
                             R"({"ms":1,"area":"x","what":"y","z":true})", R"({"ms":1,"area":"x","what":"y","z":{}})"})
        EXPECT_FALSE(parse_trace_line(text)) << text;
}

TEST(TraceFilter, shows_all_or_some_or_all_but_some) {
    const auto shown = [](std::string_view text) {
        std::vector<std::string> areas;
        const auto filter = TraceFilter::parse(text);
        for (const auto* area : {"chip", "mqtt", "tls", "timer"}) {
            if (filter && filter->shows(area)) areas.emplace_back(area);
        }
        return areas;
    };
    EXPECT_THAT(shown(""), ElementsAre("chip", "mqtt", "tls", "timer"));
    EXPECT_THAT(shown("mqtt,tls"), ElementsAre("mqtt", "tls"));
    EXPECT_THAT(shown("-timer,-tls"), ElementsAre("chip", "mqtt"));
    const auto unknown = TraceFilter::parse("mqtt,wires");
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().line, HasSubstr("'wires' is no area of the trace; there are chip"));
}

WatchHistory small_history() { return WatchHistory({{"nvs", vchip::PartitionType::data, 2, 0x9000, 0x2000}}, 1 << 16); }

void take(WatchHistory& history, const std::string& text) {
    const auto line = parse_trace_line(text);
    ASSERT_TRUE(line) << text;
    history.take(*line, text);
}

std::string event(int ms, std::string_view area, std::string_view what, std::string_view more = "") {
    return R"({"ms":)" + std::to_string(ms) + R"(,"area":")" + std::string(area) + R"(","what":")" + std::string(what) + '"' +
           std::string(more) + "}";
}

TEST(WatchHistory, gives_the_lines_that_somebody_has_not_seen) {
    auto history = small_history();
    take(history, event(1, "tls", "open"));
    take(history, event(2, "tls", "closed"));
    EXPECT_EQ(history.lines_after(2), "[]");
    EXPECT_EQ(history.lines_after(1), "[[2," + event(2, "tls", "closed") + "]]");
}

TEST(WatchHistory, keeps_the_latest_of_each_kind_of_what_is_too_old) {
    auto history = small_history();
    take(history, event(1, "state", "wifi", R"(,"to":"idle")"));
    take(history, event(2, "state", "wifi", R"(,"to":"up")"));
    take(history, event(3, "pin", "output", R"(,"pin":4,"level":1)"));
    take(history, event(4, "pin", "output", R"(,"pin":5,"level":0)"));
    for (std::size_t i = 0; i < history_lines_max; ++i) take(history, event(5, "net", "close"));
    const auto lines = history.lines_after(0);
    EXPECT_THAT(lines, testing::StartsWith(R"([[2,{"ms":2,"area":"state","what":"wifi","to":"up"}],[3,)"));
    EXPECT_THAT(lines, HasSubstr(R"("pin":5)"));
    EXPECT_THAT(lines, Not(HasSubstr(R"("to":"idle")")));
}

TEST(WatchHistory, keeps_the_latest_of_timers_that_follow_each_other) {
    auto history = small_history();
    take(history, event(1, "net", "close"));
    for (int ms = 2; ms < 10; ++ms) take(history, event(ms, "timer", "due"));
    EXPECT_EQ(history.lines_after(1), "[[9," + event(9, "timer", "due") + "]]");
}

TEST(WatchHistory, forgets_with_a_boot_what_was_true_before) {
    auto history = small_history();
    take(history, event(1, "state", "wifi", R"(,"to":"up")"));
    take(history, event(2, "chip", "boot"));
    for (std::size_t i = 0; i < history_lines_max; ++i) take(history, event(5, "net", "close"));
    EXPECT_THAT(history.lines_after(0), testing::StartsWith(R"([[2,{"ms":2,"area":"chip","what":"boot"}],)"));
}

TEST(WatchHistory, counts_the_wear_of_each_unit_and_nothing_outside_the_flash) {
    auto history = small_history();
    take(history, event(1, "flash", "erase", R"(,"offset":0,"size":8192)"));
    take(history, event(2, "flash", "program", R"(,"offset":4092,"size":8)"));
    take(history, event(3, "flash", "erase", R"(,"offset":65536,"size":4096)"));
    take(history, event(4, "flash", "erase", R"(,"offset":61440,"size":8192)"));
    const auto json = history.flash_json();
    EXPECT_TRUE(scan_json(as_bytes(json)));
    EXPECT_THAT(json, HasSubstr(R"("line":4,"partitions":[{"name":"nvs","app":false,"offset":36864,"size":8192}])"));
    EXPECT_THAT(json, HasSubstr(R"("erases":[1,1,0,)"));
    EXPECT_THAT(json, HasSubstr(R"("programs":[1,1,0,)"));
}

TEST(WatchHistory, gives_whole_characters_of_the_serial_port) {
    auto history = small_history();
    std::uint64_t seen = 0;
    history.take_serial("a\xC3");
    EXPECT_EQ(history.serial_after(seen), "a");
    history.take_serial("\xA9");
    EXPECT_EQ(history.serial_after(seen), "\u00e9");
    EXPECT_EQ(history.serial_after(seen), "");
    history.take_serial(std::string(2 * history_serial_max, 'x'));
    seen = 0;
    EXPECT_EQ(history.serial_after(seen).size(), history_serial_max);
    EXPECT_EQ(seen, 2 * history_serial_max + 3);
}

class WatchAirFile : public testing::Test {
protected:
    vchip::Board board() const {
        const auto board = vchip::parse_board(folder_.read("page.json"));
        EXPECT_TRUE(board);
        return board.value_or(vchip::Board{});
    }
    test::Folder folder_;
    std::string source_ = folder_ / "radio.json";
    std::string file_ = folder_ / "page.json";
    WatchAir air_;
};

TEST_F(WatchAirFile, has_one_network_when_nobody_says_otherwise) {
    ASSERT_TRUE(air_.start({}, file_));
    ASSERT_EQ(board().air.networks.size(), 1U);
    EXPECT_EQ(board().air.networks[0].ssid, "Laboratory");
    EXPECT_EQ(board().air.networks[0].passphrase, "loopback only");
}

TEST_F(WatchAirFile, is_that_of_the_file_and_leaves_it_alone) {
    const std::string text = R"({"ahead":9,"networks":[
        {"ssid":"hex:00ff","passphrase":"pass of the first","rssi":-70,"channel":3,"dhcp":false,"hidden":true,"drops_after":50},
        {"ssid":"Second","auth":"wpa3","refuses":"wrong password","bssid":"02:00:00:00:00:01"}],"phones":["02:00:00:00:00:22"]})";
    folder_.write("radio.json", text);
    ASSERT_TRUE(air_.start(source_, file_));
    const auto before = vchip::parse_board(text);
    ASSERT_TRUE(before);
    const auto now = board();
    ASSERT_EQ(now.air.networks.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& was = before->air.networks[i];
        const auto& is = now.air.networks[i];
        EXPECT_EQ(is.ssid, was.ssid);
        EXPECT_EQ(is.passphrase, was.passphrase);
        EXPECT_EQ(is.auth, was.auth);
        EXPECT_EQ(is.rssi, was.rssi);
        EXPECT_EQ(is.channel, was.channel);
        EXPECT_EQ(is.dhcp, was.dhcp);
        EXPECT_EQ(is.hidden, was.hidden);
        EXPECT_EQ(is.refuses, was.refuses);
        EXPECT_EQ(is.drops_after, was.drops_after);
    }
    EXPECT_EQ(now.air.networks[1].bssid, before->air.networks[1].bssid);
    EXPECT_EQ(now.air.phones, before->air.phones);
    EXPECT_EQ(now.ahead, before->ahead);
    EXPECT_EQ(folder_.read("radio.json"), text);
    EXPECT_THAT(air_.json(), Not(HasSubstr("pass of the first")));
}

TEST_F(WatchAirFile, takes_a_network_away_without_renaming_the_others) {
    folder_.write("radio.json", R"({"networks":[{"ssid":"A"},{"ssid":"A"}]})");
    ASSERT_TRUE(air_.start(source_, file_));
    const auto second = board().air.networks[1].bssid;
    EXPECT_TRUE(air_.set_network(0, false));
    ASSERT_EQ(board().air.networks.size(), 1U);
    EXPECT_EQ(board().air.networks[0].bssid, second);
    EXPECT_FALSE(air_.set_network(2, false));
    EXPECT_TRUE(air_.set_on(false));
    EXPECT_FALSE(board().air.on);
    EXPECT_TRUE(air_.set_phone(true));
    EXPECT_EQ(board().air.phones.size(), 1U);
    EXPECT_TRUE(air_.set_button(true));
    EXPECT_TRUE(board().button);
}

TEST_F(WatchAirFile, refuses_a_file_that_is_none) {
    folder_.write("radio.json", "{");
    EXPECT_FALSE(air_.start(source_, file_));
    EXPECT_FALSE(air_.start(folder_ / "missing", file_));
}

TEST(WatchPageFiles, load_nothing_from_elsewhere_and_have_nothing_inline) {
    for (const auto& file : watch_page_files) {
        EXPECT_FALSE(file.text.empty());
        EXPECT_EQ(file.text.find("http://"), std::string_view::npos) << file.name;
        EXPECT_EQ(file.text.find("https://"), std::string_view::npos) << file.name;
        EXPECT_EQ(file.text.find("innerHTML"), std::string_view::npos) << file.name;
    }
    EXPECT_THAT(std::string(watch_page_files[0].text), Not(HasSubstr("style=")));
    EXPECT_THAT(std::string(watch_page_files[0].text), Not(HasSubstr("onclick")));
}

TEST(TraceCommand, names_an_area_that_there_is_not) {
    const auto done = test::run_esb({"vchip", "run", "--flash", "/nowhere/chip.flash", "--trace=wires"});
    EXPECT_EQ(done.status, exit_usage);
    EXPECT_THAT(done.err, HasSubstr("'wires' is no area of the trace"));
}

}  // namespace
}  // namespace esb::cli
