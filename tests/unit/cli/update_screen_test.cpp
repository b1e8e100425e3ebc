// What `esb ota` draws: a bar with the rate, a line for each of several devices, plain lines where nothing can be drawn.
#include "host/cli/update_screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace esb::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr Instant start = Instant(std::chrono::seconds(100));

UpdateReport downloading(std::uint32_t done) { return {"downloading", "1.1.0", done, 409'600, "", ""}; }
UpdateReport state(const char* name, const char* error = "") { return {name, "1.1.0", 0, 0, error, ""}; }

class UpdateScreens : public testing::Test {
protected:
    std::ostringstream stream;
    Printer out{stream};

    std::string said() {
        auto text = stream.str();
        stream.str("");
        return text;
    }
};

TEST(DownloadRate, is_of_the_last_ten_seconds) {
    DownloadRate rate;
    rate.note(0, start);
    EXPECT_FALSE(rate.rate());
    rate.note(500, start + 500ms);
    EXPECT_FALSE(rate.rate()) << "half a second says nothing";
    rate.note(2000, start + 2s);
    EXPECT_EQ(rate.rate(), 1000U);
    for (int second = 3; second <= 30; ++second) rate.note(2000, start + second * 1s);
    EXPECT_EQ(rate.rate(), 0U) << "nothing came any more";
    rate.note(10, start + 31s);
    EXPECT_FALSE(rate.rate()) << "it has begun anew";
}

TEST_F(UpdateScreens, of_one_device_have_a_bar_with_rate_and_time_left) {
    UpdateScreen screen(out, true, 80, {"pump"});
    screen.show(0, downloading(0), start);
    screen.show(0, downloading(204'800), start + 2s);
    const auto bars = said();
    EXPECT_THAT(bars,
                EndsWith("\r\x1B[K[################----------------]  50 %  200 of 400 KiB  100 KiB/s, 3 s left"));
    EXPECT_EQ(bars.find('\n'), std::string::npos) << "in place";
    screen.show(0, {"verifying", "1.1.0", 409'600, 409'600, "", ""}, start + 4s);
    EXPECT_THAT(said(), EndsWith("100 %  400 of 400 KiB  100 KiB/s\nverifying 1.1.0\n"));
    screen.show(0, state("confirmed"), start + 6s);
    EXPECT_EQ(said(), "confirmed 1.1.0\n");
}

TEST_F(UpdateScreens, leave_the_bar_when_something_is_wrong) {
    UpdateScreen screen(out, true, 80, {"pump"});
    screen.show(0, downloading(1024), start);
    said();
    screen.show(0, {"downloading", "1.1.0", 1024, 409'600, "http.status", ""}, start + 1s);
    EXPECT_EQ(said(), "\ndownloading 1.1.0: 0 %, 1024 of 409600 bytes: http.status\n");
    screen.end();
    EXPECT_EQ(said(), "");
}

TEST_F(UpdateScreens, elsewhere_have_a_line_for_each_state_and_tenth) {
    UpdateScreen screen(out, false, 80, {"pump"});
    for (std::uint32_t done = 0; done <= 409'600; done += 4096)
        screen.show(0, downloading(done), start + done / 100 * 1ms);
    const auto lines = said();
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 11);
    EXPECT_EQ(lines.find('\x1B'), std::string::npos);
    EXPECT_THAT(lines, HasSubstr("downloading 1.1.0: 50 %, 204800 of 409600 bytes, "));
    screen.show(0, state("confirmed"), start + 9s);
    EXPECT_EQ(said(), "confirmed 1.1.0\n");
}

TEST_F(UpdateScreens, of_several_devices_have_a_line_for_each) {
    UpdateScreen screen(out, true, 80, {"pump", "lamp-2"});
    screen.show(1, downloading(204'800), start);
    EXPECT_EQ(said(), "\r\x1B[Kpump    sent\n\r\x1B[Klamp-2  [##########----------]  50 %  200 of 400 KiB\n");
    screen.show(0, state("failed", "ota.hash"), start + 1s);
    EXPECT_EQ(said(),
              "\x1B[2A\r\x1B[Kpump    failed 1.1.0: ota.hash\n\r\x1B[Klamp-2  [##########----------]  50 %  200 of 400 "
              "KiB\n");
    screen.end();
    EXPECT_EQ(said(), "");
}

TEST_F(UpdateScreens, of_several_devices_say_whose_line_it_is) {
    UpdateScreen screen(out, false, 80, {"pump", "lamp"});
    screen.show(0, state("verifying"), start);
    screen.show(1, state("confirmed"), start);
    EXPECT_EQ(said(), "pump: verifying 1.1.0\nlamp: confirmed 1.1.0\n");
}

TEST_F(UpdateScreens, break_no_line_that_is_too_long_for_the_terminal) {
    UpdateScreen screen(out, true, 30, {"pump", "lamp"});
    screen.show(0, {"failed", "1.1.0", 0, 0, "ota.hash", "the image in flash does not have the manifest's SHA-256"},
                start);
    const auto text = said();
    EXPECT_THAT(text, HasSubstr("\r\x1B[Kpump  failed 1.1.0: the image\n"));
}

}  // namespace
}  // namespace esb::cli
