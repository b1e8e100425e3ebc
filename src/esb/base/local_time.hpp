// Local time: a zone with its summer time, a window of the day, and spans as people write them. No tables of the world's
// zones: the text says the rule, and is right until a government changes it.
#pragma once

#include "esb/base/result.hpp"
#include "esb/base/time.hpp"

#include <cstdint>
#include <string_view>

namespace esb {

// POSIX's TZ (IEEE Std 1003.1-2017 §8.3; times of changes from -167 to 167 hours, RFC 9636 §3.3.2): "UTC0",
// "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30". A zone with summer time must say when it is.
class TimeZone {
public:
    TimeZone() = default;  // UTC
    // bad_encoding, with the offset in the text as detail.
    static Result<TimeZone> parse(std::string_view text);

    // Seconds east of UTC at that time.
    std::int32_t offset(UnixTime at) const;

private:
    friend class TimeZoneReader;

    // When summer time begins or ends: a day, and seconds after its midnight in the time that is used until then.
    struct Change {
        enum class Day : std::uint8_t {
            of_month,  // M: the `week`th `weekday` of `month`; week 5 is the last
            counted,   // 0 to 365, February 29 is counted
            julian,    // J: 1 to 365, it is not
        };
        Day day = Day::counted;
        std::uint8_t month = 0;
        std::uint8_t week = 0;
        std::uint8_t weekday = 0;  // 0: Sunday
        std::uint16_t number = 0;
        std::int32_t time = 2 * 3600;

        std::int64_t in_year(int year, std::int32_t offset) const;
    };

    std::int32_t standard_ = 0;  // seconds east of UTC
    std::int32_t summer_ = 0;
    bool has_summer_ = false;
    Change begin_, end_;
};

// "02:00-04:30", over midnight "23:00-01:00", at any time "00:00-24:00".
class DailyWindow {
public:
    // bad_encoding; also for one that never opens.
    static Result<DailyWindow> parse(std::string_view text);

    // Whether it is open so many seconds after 1970 in local time.
    bool contains(std::int64_t local) const { return until(local) == 0; }
    // Seconds until it opens; 0 while it is open.
    std::int32_t until(std::int64_t local) const;

private:
    std::int32_t from_ = 0;  // seconds of the day
    std::int32_t to_ = 0;
};

// "90s", "30m", "2h", "7d": a whole number and its unit. bad_encoding, or out_of_range above `longest` or below a second.
Result<std::chrono::seconds> parse_span(std::string_view text, std::chrono::seconds longest);

}  // namespace esb
