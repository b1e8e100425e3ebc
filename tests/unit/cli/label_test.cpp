// `esb label`: what it takes, what it refuses, what it writes. That phones can read it: tests/e2e/test_label.py.
#include "tests/unit/cli/cli_rig.hpp"

#include "host/cli/birth_lines.hpp"
#include "host/cli/bitmap_font.hpp"
#include "host/cli/qr_code.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace esb::cli {
namespace {

using test::run_esb;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string ident = "ESP-C44F330A9C35";
const std::string pass = "k7mw3ezq9txh";
const std::string birth_line = "AP ssid=ESP-C44F330A9C35 pass=k7mw3ezq9txh\r\n";

TEST(BirthLines, only_a_whole_line_counts) {
    const auto found = parse_birth_line("AP ssid=ESP-1 pass=a b pass=c\r\r");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->ssid, "ESP-1");
    EXPECT_EQ(found->password, "a b pass=c");
    for (const auto* line : {"", "AP", "AP ssid=", "AP ssid= pass=x", "AP ssid=ESP-1", "AP ssid=E P pass=x",
                             " AP ssid=ESP-1 pass=x", "MQTT ident=ESP-1 psk=00"}) {
        EXPECT_FALSE(parse_birth_line(line)) << line;
    }
}

TEST(BirthLines, a_logs_latest_birth_counts) {
    const std::string log =
        "noise\nAP ssid=ESP-1 pass=first123\nAP ssid=ESP-2 pass=second12\r\nAP ssid=ESP-1 pass=third123";
    EXPECT_EQ(find_access_point(log, "ESP-1")->password, "third123");
    EXPECT_EQ(find_access_point(log, "ESP-2")->password, "second12");
    EXPECT_EQ(find_access_point(log, "")->password, "third123");
    EXPECT_FALSE(find_access_point(log, "ESP-3"));
    EXPECT_FALSE(find_access_point("", ""));
}

TEST(BirthLines, a_port_is_read_until_the_line_has_ended_and_no_further) {
    std::istringstream port("AP ssid=ESP-9 pass=other123\n" + std::string(100'000, 'x') + '\n' + birth_line + "rest");
    EXPECT_EQ(wait_for_access_point(port, ident)->password, pass);
    std::string rest;
    port >> rest;
    EXPECT_EQ(rest, "rest");
    std::istringstream torn("AP ssid=ESP-C44F330A9C35 pass=k7mw3");
    EXPECT_FALSE(wait_for_access_point(torn, ident));
    std::istringstream endless(std::string(2 * 1024 * 1024, 'x') + '\n' + birth_line);
    EXPECT_FALSE(wait_for_access_point(endless, ident));
}

TEST(QrCodes, have_their_three_corners_and_a_light_border) {
    const auto code = QrCode::make("WIFI:T:WPA;S:x;P:12345678;;");
    ASSERT_TRUE(code);
    const int last = code->size() - 1;
    for (const auto& [x, y] : {std::pair{0, 0}, std::pair{last, 0}, std::pair{0, last}})
        EXPECT_TRUE(code->is_dark(x, y));
    for (const auto& [x, y] : {std::pair{-1, 0}, std::pair{0, -1}, std::pair{last + 1, 0}, std::pair{0, last + 1}})
        EXPECT_FALSE(code->is_dark(x, y));
    EXPECT_FALSE(QrCode::make(std::string(3000, 'x')));
}

TEST(BitmapFont, every_character_has_its_own_shape) {
    std::set<Glyph> shapes;
    for (char c = ' '; c <= '~'; ++c) {
        EXPECT_TRUE(shapes.insert(glyph_of(c)).second) << c;
        EXPECT_TRUE(std::all_of(glyph_of(c).begin(), glyph_of(c).end(), [](std::uint8_t row) { return row < 32; }));
    }
    EXPECT_EQ(glyph_of('\x7F'), glyph_of('?'));
    EXPECT_EQ(glyph_of('\xE4'), glyph_of('?'));
}

TEST(LabelCommand, draws_in_the_terminal) {
    const auto ran = run_esb({"label", ident, pass});
    EXPECT_EQ(ran.status, exit_ok);
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr("█▀▀▀▀▀█"), HasSubstr(ident + "\n"), HasSubstr(pass + "\n"), Not(HasSubstr("\x1B"))));
    EXPECT_EQ(run_esb({"label", ident, "-"}, pass + "\r\n").out, ran.out);
    EXPECT_EQ(run_esb({"label", "--birth", "-"}, "boot\n" + birth_line).out, ran.out);
    EXPECT_EQ(run_esb({"label", ident, "--birth", "-"}, birth_line).out, ran.out);
}

TEST(LabelCommand, draws_black_on_white_whatever_the_terminal_has) {
    std::istringstream in;
    std::ostringstream out, err;
    Shell shell{in, out, err, true};
    EXPECT_EQ(run({"label", ident, pass}, shell), exit_ok);
    EXPECT_THAT(out.str(), StartsWith("\x1B[30;107m     "));
}

TEST(LabelCommand, writes_pictures_that_only_their_owner_reads) {
    const test::Folder folder;
    const auto svg = run_esb({"label", ident, "a<b>&\"c;d", "-o", folder / "label.svg"});
    EXPECT_EQ(svg.status, exit_ok);
    EXPECT_EQ(svg.out, "");
    EXPECT_THAT(folder.read("label.svg"), AllOf(StartsWith("<svg xmlns="), HasSubstr(">" + ident + "</text>"),
                                                HasSubstr(">a&lt;b&gt;&amp;\"c;d</text>")));
    folder.write("serial.log", birth_line);
    const auto png = run_esb({"label", "--birth", folder / "serial.log", "-o", folder / "label.png", "--text"});
    EXPECT_EQ(png.status, exit_ok);
    EXPECT_THAT(png.out, HasSubstr(pass));
    EXPECT_THAT(folder.read("label.png"), StartsWith("\x89PNG\r\n"));
    EXPECT_EQ(folder.mode("label.svg"), 0600U);
    EXPECT_EQ(folder.mode("label.png"), 0600U);
}

TEST(LabelCommand, long_text_is_wrapped_not_cut) {
    const std::string longest(63, 'W');
    const auto out = run_esb({"label", std::string(40, 'I'), longest}).out;
    EXPECT_EQ(std::count(out.begin(), out.end(), 'W'), 63);
    EXPECT_EQ(std::count(out.begin(), out.end(), 'I'), 40);
}

TEST(LabelCommand, no_access_point_without_a_good_password) {
    const test::Folder folder;
    const auto refused = [&](const std::string& password) {
        const auto ran = run_esb({"label", ident, "-", "-o", folder / "label.svg"}, password + "\n");
        EXPECT_EQ(ran.status, exit_failed) << password;
        EXPECT_EQ(folder.files(), 0U);
        return ran.err;
    };
    EXPECT_THAT(refused(""), HasSubstr("the password is empty"));
    EXPECT_THAT(refused("1234567"), HasSubstr("8 to 63 characters"));
    EXPECT_THAT(refused(std::string(64, 'a')), HasSubstr("8 to 63 characters"));
    EXPECT_THAT(refused("with\ttab"), HasSubstr("printable"));
    EXPECT_THAT(refused("schl\xC3\xBCssel"), HasSubstr("printable"));
    EXPECT_EQ(run_esb({"label", "--birth", "-"}, "AP ssid=ESP-1 pass=\n").status, exit_failed);
}

TEST(LabelCommand, wrong_command_lines) {
    const std::vector<std::vector<std::string>> wrong{{"label"},
                                                      {"label", ident},
                                                      {"label", "not an identity", pass},
                                                      {"label", ident, pass, "--birth", "-"},
                                                      {"label", ident, pass, "-o", "label.jpg"}};
    for (const auto& words : wrong) EXPECT_EQ(run_esb(words).status, exit_usage);
    EXPECT_EQ(run_esb({"label", "--birth", "/nowhere"}).status, exit_failed);
    EXPECT_THAT(run_esb({"label", "ESP-2", "--birth", "-"}, birth_line).err, HasSubstr("no birth line of ESP-2"));
}

}  // namespace
}  // namespace esb::cli
