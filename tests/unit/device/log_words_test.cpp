#include "esb/record/log_words.hpp"

#include "esb/chip/radio.hpp"
#include "esb/device/known_errors.hpp"
#include "esb/device/log_names.hpp"
#include "esb/ota/updater.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace esb {
namespace {

using namespace record;

const LogNames names;

std::string words(const LogEntry& entry) {
    FixedString<16> why;
    return std::string(describe(line_of(entry, names, why), names).view());
}
std::string json(const LogEntry& entry) {
    std::array<char, 1024> text;
    JsonWriter writer(text);
    write_json(entry, names, writer);
    return std::string(writer.view());
}
LogEntry entry(LogKind kind, std::uint8_t what = 0, std::string_view why = {}, std::int32_t detail = 0) {
    LogEntry made;
    made.number = 1;
    made.kind = kind;
    made.what = what;
    made.why = error_number(why);
    made.detail = detail;
    return made;
}

std::vector<const ErrorKind*> every_error() {
    std::vector<const ErrorKind*> all;
    for (const auto& room : known_errors()) all.insert(all.end(), room.begin(), room.end());
    return all;
}

TEST(LogText, every_kind_in_words) {
    EXPECT_EQ(words(entry(LogKind::boot, 4, {}, 3)), "started after panic, firmware seq 3");
    auto run = entry(LogKind::last_run, 0, {}, 51'000);
    run.span = 3700;
    EXPECT_EQ(words(run), "the run before lasted 1 h 1 min, lowest free heap 51000 bytes");
    EXPECT_EQ(words(entry(LogKind::heap, 0, {}, 20'000)), "the free heap fell to 20000 bytes");
    EXPECT_EQ(words(entry(LogKind::wifi, 2)), "Wi-Fi: network not found");
    EXPECT_EQ(words(entry(LogKind::broker, 0, "socket.reset", 104)),
              "broker: the other side reset the connection (socket.reset 104)");
    EXPECT_EQ(words(entry(LogKind::online, 0, {}, 75)), "on line after 1 min 15 s");
    EXPECT_EQ(words(entry(LogKind::update, 5)), "update confirmed");
    EXPECT_EQ(words(entry(LogKind::update, 6, "ota.hash")),
              "update failed: " + std::string(known_error("ota.hash")->text) + " (ota.hash)");
    EXPECT_EQ(words(entry(LogKind::settings, 2)), "settings reverted");
    EXPECT_EQ(words(entry(LogKind::safe_mode, 1)), "safe mode entered");
    EXPECT_EQ(words(entry(LogKind::safe_mode, 0)), "safe mode left");
    EXPECT_EQ(words(entry(LogKind::clock)), "the clock was set");
    EXPECT_EQ(words(entry(LogKind::clock, 0, {}, -90'000)), "the clock was put back by 1 d 1 h");
}

TEST(LogText, numbers_of_a_later_firmware_are_unknown_not_wrong) {
    EXPECT_EQ(words(entry(LogKind::boot, 200)), "started after unknown, firmware seq 0");
    EXPECT_EQ(words(entry(LogKind::wifi, 200)), "Wi-Fi: unknown");
    EXPECT_EQ(words(entry(LogKind::update, 200)), "update unknown");
    EXPECT_EQ(words(entry(LogKind::settings, 200)), "settings unknown");
    auto strange = entry(LogKind::broker);
    strange.why = 0x1234ABCD;
    EXPECT_EQ(words(strange), "broker: (error.1234abcd)");
}

TEST(LogText, repetitions_and_times) {
    auto refused = entry(LogKind::wifi, 2);
    refused.count = 12;
    refused.span = 45;
    EXPECT_EQ(words(refused), "Wi-Fi: network not found; 12 times in 45 s");
    refused.count = 255;
    EXPECT_EQ(words(refused), "Wi-Fi: network not found; 255 times or more in 45 s");
    FixedString<16> why;
    refused.boot = 7;
    refused.up = 3 * 3600 + 5 * 60 + 9;
    EXPECT_EQ(when(line_of(refused, names, why)).view(), "boot 7 +03:05:09");
    refused.wall = 1'795'316'400;
    EXPECT_EQ(when(line_of(refused, names, why)).view(), "2026-11-22 03:00:00");
}

TEST(LogText, calendar) {
    EXPECT_EQ(utc_text(UnixTime(0)).view(), "1970-01-01 00:00:00");
    EXPECT_EQ(utc_text(UnixTime(951'827'696)).view(), "2000-02-29 12:34:56");
    EXPECT_EQ(utc_text(UnixTime(4'102'444'799)).view(), "2099-12-31 23:59:59");
    EXPECT_EQ(span_text(0).view(), "0 s");
    EXPECT_EQ(span_text(59).view(), "59 s");
    EXPECT_EQ(span_text(3600).view(), "1 h");
    EXPECT_EQ(span_text(200'000).view(), "2 d 7 h");
}

TEST(LogText, json_leaves_out_what_is_not_there) {
    EXPECT_EQ(json(entry(LogKind::safe_mode, 1)), R"({"n":1,"boot":0,"up":0,"kind":"safe-mode","what":"entered"})");
    LogEntry full = entry(LogKind::broker, 0, "socket.reset", 104);
    full.wall = 1'800'000'000;
    full.up = 9;
    full.boot = 2;
    full.count = 3;
    full.span = 45;
    EXPECT_EQ(
        json(full),
        R"({"n":1,"boot":2,"t":1800000000,"up":9,"kind":"broker","why":"socket.reset","detail":104,"count":3,"span":45})");
}

TEST(LogText, json_of_the_longest_entry_is_within_its_bound) {
    std::size_t longest = 0;
    for (std::uint8_t kind = 0; kind < log_kinds; ++kind) {
        for (std::uint8_t what = 0; what < 16; ++what) {
            for (const auto* error : every_error()) {
                LogEntry e = entry(static_cast<LogKind>(kind), what, error->name, -2'000'000'000);
                e.number = e.wall = e.up = e.span = log_number_max - 1;
                e.boot = 65535;
                e.count = 255;
                longest = std::max(longest, json(e).size());
            }
        }
    }
    EXPECT_LE(longest, log_json_max);
}

// What the rooms define: only in their errors.hpp, and listed there, in that order.
TEST(KnownErrors, is_every_error_of_every_room) {
    constexpr std::string_view definition = "\ninline constexpr ErrorKind ";
    const std::filesystem::path sources(ESB_SOURCES);
    std::vector<std::string> listed;
    for (const auto* kind : every_error()) listed.emplace_back(kind->name);
    std::vector<std::string> defined;
    for (const auto& file : std::filesystem::recursive_directory_iterator(sources)) {
        const auto& path = file.path();
        if (path.extension() != ".hpp" || path.string().find("/chip/esp32/") != std::string::npos) continue;
        std::ifstream in(path);
        const std::string text{std::istreambuf_iterator<char>(in), {}};
        for (auto at = text.find(definition); at != std::string::npos; at = text.find(definition, at + 1)) {
            const auto begin = text.find('"', at) + 1;
            defined.push_back(text.substr(begin, text.find('"', begin) - begin));
            EXPECT_EQ(path.filename(), "errors.hpp") << defined.back();
        }
    }
    EXPECT_GT(defined.size(), 150U);
    std::sort(listed.begin(), listed.end());
    std::sort(defined.begin(), defined.end());
    EXPECT_EQ(listed, defined);
}

TEST(KnownErrors, no_two_have_one_number) {
    for (const auto* kind : every_error()) EXPECT_EQ(known_error(error_number(kind->name)), kind);
    EXPECT_EQ(error_number(""), 0U);
    EXPECT_EQ(known_error(0U), nullptr);
}

}  // namespace
}  // namespace esb
