#include "esb/base/local_time.hpp"

#include "esb/base/errors.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <string>

namespace esb {
namespace {

using namespace std::chrono;

// What the C library makes of the same text.
std::int32_t offset_by_library(const char* zone, std::int64_t at) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    const std::time_t time = at;
    std::tm local{};
    ::localtime_r(&time, &local);
    ::unsetenv("TZ");
    ::tzset();
    return static_cast<std::int32_t>(local.tm_gmtoff);
}
std::int64_t local(int hours, int minutes, int second = 0) {
    return 1'790'000'000 / 86400 * 86400 + hours * 3600 + minutes * 60 + second;
}
bool is_open(std::string_view window, std::int64_t at) { return DailyWindow::parse(window).value().contains(at); }

constexpr const char* zones[] = {
    "UTC0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "EST5EDT,M3.2.0,M11.1.0",
    "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "AEST-10AEDT,M10.1.0,M4.1.0/3",
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    "IST-1GMT0,M10.5.0,M3.5.0/1",
    "IST-2IDT,M3.4.4/26,M10.5.0",
    "XXX3YYY,J60,J300/4:30:15",
    "XXX-3YYY,59/0,340/25",
    "EET-2EEST,M4.5.5/0,M10.5.4/24",
    "<+0330>-3:30",
};

TEST(LocalTime, a_zone_is_what_the_c_library_makes_of_it_at_every_third_hour_of_ten_years) {
    for (const auto* zone : zones) {
        const auto parsed = TimeZone::parse(zone);
        ASSERT_TRUE(parsed) << zone;
        ::setenv("TZ", zone, 1);
        ::tzset();
        for (std::int64_t at = 1'700'000'000; at < 2'000'000'000; at += 3 * 3600 - 7) {
            const std::time_t time = at;
            std::tm by_library{};
            ::localtime_r(&time, &by_library);
            ASSERT_EQ(parsed->offset(UnixTime(at)), by_library.tm_gmtoff) << zone << " at " << at;
        }
    }
    ::unsetenv("TZ");
    ::tzset();
}

TEST(LocalTime, summer_time_begins_and_ends_on_the_second) {
    const auto zone = *TimeZone::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    const std::int64_t begins = 1'774'746'000;  // 2026-03-29 01:00 UTC
    const std::int64_t ends = 1'792'890'000;    // 2026-10-25 01:00 UTC
    for (const auto change : {begins, ends}) {
        for (const auto at : {change - 1, change}) {
            EXPECT_EQ(zone.offset(UnixTime(at)), offset_by_library("CET-1CEST,M3.5.0,M10.5.0/3", at)) << at;
        }
        EXPECT_NE(zone.offset(UnixTime(change - 1)), zone.offset(UnixTime(change)));
    }
}

TEST(LocalTime, a_summer_time_that_never_ends_is_one) {
    const auto zone = *TimeZone::parse("XXX3EDT4,0/0,J365/23");
    for (std::int64_t at = 1'700'000'000; at < 1'800'000'000; at += 3599)
        EXPECT_EQ(zone.offset(UnixTime(at)), -4 * 3600);
}

TEST(LocalTime, no_time_makes_a_zone_fail) {
    const auto zone = *TimeZone::parse("CET-1CEST,M3.5.0,M10.5.0/3");
    for (const auto at : {INT64_MIN, INT64_MIN / 2, std::int64_t{-1}, INT64_MAX}) {
        const auto offset = zone.offset(UnixTime(at));
        EXPECT_TRUE(offset == 3600 || offset == 7200);
    }
    EXPECT_EQ(TimeZone().offset(UnixTime(1'790'000'000)), 0);
}

TEST(LocalTime, what_is_no_zone_is_refused_where_it_goes_wrong) {
    for (const std::string text : {"",
                                   "C",
                                   "CE-1",
                                   "CET",
                                   "CET-",
                                   "CET-25",
                                   "CET-1:60",
                                   "CET-1CEST",
                                   "CET-1CEST,",
                                   "<CET-1",
                                   "CET-1CEST,M3.5.0",
                                   "CET-1CEST,M3.5.0,M13.1.0",
                                   "CET-1CEST,M3.6.0,M10.5.0",
                                   "CET-1CEST,M3.5.7,M10.5.0",
                                   "CET-1CEST,J0,J1",
                                   "CET-1CEST,366,1",
                                   "CET-1CEST,1/168,2",
                                   "CET-1CEST,M3.5.0,M10.5.0/3x",
                                   "Europe/Berlin",
                                   "CET-1 ",
                                   "CET-0001",
                                   "CET--1",
                                   "CET-24:00:01",
                                   ":UTC",
                                   "<U>0"}) {
        const auto zone = TimeZone::parse(text);
        ASSERT_FALSE(zone) << text;
        EXPECT_EQ(zone.error(), errors::bad_encoding);
        EXPECT_LE(static_cast<std::size_t>(zone.error().detail()), text.size());
    }
}

TEST(LocalTime, a_window_is_open_from_its_first_second_to_before_its_last) {
    EXPECT_FALSE(is_open("02:00-04:30", local(1, 59, 59)));
    EXPECT_TRUE(is_open("02:00-04:30", local(2, 0)));
    EXPECT_TRUE(is_open("02:00-04:30", local(4, 29, 59)));
    EXPECT_FALSE(is_open("02:00-04:30", local(4, 30)));
    EXPECT_EQ(DailyWindow::parse("02:00-04:30")->until(local(1, 0)), 3600);
    EXPECT_EQ(DailyWindow::parse("02:00-04:30")->until(local(5, 0)), 21 * 3600);
    EXPECT_TRUE(is_open("02:00-04:30", 3 * 3600 - 86400)) << "also before 1970";
}

TEST(LocalTime, a_window_may_go_over_midnight_or_over_the_whole_day) {
    EXPECT_TRUE(is_open("23:00-01:00", local(23, 0)));
    EXPECT_TRUE(is_open("23:00-01:00", local(0, 59, 59)));
    EXPECT_FALSE(is_open("23:00-01:00", local(1, 0)));
    EXPECT_FALSE(is_open("23:00-01:00", local(22, 59, 59)));
    EXPECT_TRUE(is_open("00:00-24:00", local(0, 0)));
    EXPECT_TRUE(is_open("00:00-24:00", local(23, 59, 59)));
}

TEST(LocalTime, what_is_no_window_is_refused) {
    for (const auto* text :
         {"", "2:00-4:30", "02:00", "02:00-02:00", "24:00-01:00", "02:60-03:00", "02:00-24:01", "25:00-26:00",
          "02:00 04:30", "02-00-04:30", "02:00-04:30 ", "-1:00-04:30", "+2:00-04:30"}) {
        EXPECT_FALSE(DailyWindow::parse(text)) << text;
    }
}

TEST(LocalTime, spans_are_a_number_and_a_unit) {
    EXPECT_EQ(parse_span("90s", hours(1)), seconds(90));
    EXPECT_EQ(parse_span("30m", hours(1)), minutes(30));
    EXPECT_EQ(parse_span("2h", hours(2)), hours(2));
    EXPECT_EQ(parse_span("7d", hours(24 * 7)), hours(168));
    for (const auto* text : {"", "h", "2", "0h", "3h", "-1h", "1.5h", " 1h", "1h ", "1w", "99999999999999999999d"}) {
        EXPECT_FALSE(parse_span(text, hours(2))) << text;
    }
}

}  // namespace
}  // namespace esb
