#include "esb/base/local_time.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/errors.hpp"

#include <algorithm>

namespace esb {
namespace {

constexpr std::int32_t minute = 60;
constexpr std::int32_t hour = 60 * minute;
constexpr std::int32_t day = 24 * hour;
constexpr std::int64_t last_second = 253'402'300'799;  // of the year 9999

std::int64_t days_since_1970(const std::chrono::sys_days& date) { return date.time_since_epoch().count(); }

std::int32_t second_of_day(std::int64_t local) {
    const auto second = static_cast<std::int32_t>(local % day);
    return second < 0 ? second + day : second;
}

}  // namespace

// Takes a text apart from its front.
class TimeZoneReader {
public:
    explicit TimeZoneReader(std::string_view text) : text_(text) {}

    Result<TimeZone> read() {
        TimeZone zone;
        if (!name() || !offset(zone.standard_, 24)) return wrong();
        zone.standard_ = -zone.standard_;  // POSIX counts to the west
        if (rest().empty()) return zone;
        zone.has_summer_ = true;
        zone.summer_ = zone.standard_ + hour;
        if (!name()) return wrong();
        if (!rest().empty() && rest().front() != ',') {
            if (!offset(zone.summer_, 24)) return wrong();
            zone.summer_ = -zone.summer_;
        }
        if (!change(zone.begin_) || !change(zone.end_) || !rest().empty()) return wrong();
        return zone;
    }

private:
    using Change = TimeZone::Change;

    std::string_view rest() const { return text_.substr(at_); }
    std::unexpected<Error> wrong() const { return fail(errors::bad_encoding, static_cast<std::int32_t>(at_)); }
    bool take(char c) {
        const bool there = !rest().empty() && rest().front() == c;
        if (there) ++at_;
        return there;
    }
    // Three letters at least, or others in < >.
    bool name() {
        const bool quoted = take('<');
        std::size_t length = 0;
        for (; !rest().empty(); ++at_, ++length) {
            const char c = rest().front();
            const bool sign = c == '+' || c == '-';
            if (!is_letter(c) && !(quoted && (sign || is_digit(c)))) break;
        }
        return length >= 3 && (!quoted || take('>'));
    }
    bool number(std::int32_t low, std::int32_t high, std::int32_t& out) {
        std::size_t digits = 0;
        out = 0;
        for (; digits < 3 && !rest().empty() && is_digit(rest().front()); ++digits, ++at_) {
            out = out * 10 + (rest().front() - '0');
        }
        return digits > 0 && out >= low && out <= high;
    }
    // [+-]hh[:mm[:ss]]
    bool offset(std::int32_t& seconds, std::int32_t hours) {
        const bool minus = take('-');
        if (!minus) take('+');
        std::int32_t part = 0;
        if (!number(0, hours, part)) return false;
        seconds = part * hour;
        for (const auto unit : {minute, std::int32_t{1}}) {
            if (!take(':')) break;
            if (!number(0, 59, part)) return false;
            seconds += part * unit;
        }
        if (seconds > hours * hour) return false;
        if (minus) seconds = -seconds;
        return true;
    }
    // ",M3.5.0/2"
    bool change(Change& out) {
        if (!take(',') || !day_of(out)) return false;
        return take('/') ? offset(out.time, 167) : true;
    }
    bool day_of(Change& out) {
        if (take('M')) return day_of_month(out);
        const bool julian = take('J');
        std::int32_t number_of_day = 0;
        if (!number(julian ? 1 : 0, 365, number_of_day)) return false;
        out.day = julian ? Change::Day::julian : Change::Day::counted;
        out.number = static_cast<std::uint16_t>(number_of_day);
        return true;
    }
    bool day_of_month(Change& out) {
        std::int32_t month = 0, week = 0, weekday = 0;
        if (!number(1, 12, month) || !take('.') || !number(1, 5, week) || !take('.') || !number(0, 6, weekday)) {
            return false;
        }
        out.day = Change::Day::of_month;
        out.month = static_cast<std::uint8_t>(month);
        out.week = static_cast<std::uint8_t>(week);
        out.weekday = static_cast<std::uint8_t>(weekday);
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

Result<TimeZone> TimeZone::parse(std::string_view text) { return TimeZoneReader(text).read(); }

// Seconds since 1970 (UTC) of the change; `offset` is that of the time until then.
std::int64_t TimeZone::Change::in_year(int year, std::int32_t offset) const {
    using namespace std::chrono;
    const auto in = std::chrono::year(year);
    std::int64_t on = days_since_1970(sys_days(in / 1 / 1));
    if (day == Day::of_month) {
        const auto which = std::chrono::weekday(weekday);
        const auto whole = in / std::chrono::month(month);
        on = days_since_1970(week == 5 ? sys_days(whole / which[last]) : sys_days(whole / which[week]));
    } else if (day == Day::julian) {
        on += number - 1 + (in.is_leap() && number >= 60 ? 1 : 0);
    } else {
        on += number;
    }
    return on * esb::day + time - offset;
}

// The latest change before it decides. One may lie a week beyond the end of its year.
std::int32_t TimeZone::offset(UnixTime at) const {
    if (!has_summer_) return standard_;
    using namespace std::chrono;
    const auto now = std::clamp<std::int64_t>(at.count(), 0, last_second);
    const auto today = floor<days>(sys_seconds(seconds(now)));
    const auto year = static_cast<int>(year_month_day(today).year());
    std::int64_t latest = INT64_MIN;
    bool is_summer = false;
    for (int each = year - 1; each <= year + 1; ++each) {
        const auto begins = begin_.in_year(each, standard_);
        const auto ends = end_.in_year(each, summer_);
        if (ends <= now && ends > latest) latest = ends, is_summer = false;
        if (begins <= now && begins >= latest) latest = begins, is_summer = true;
    }
    return is_summer ? summer_ : standard_;
}

Result<DailyWindow> DailyWindow::parse(std::string_view text) {
    const auto time = [](std::string_view part, std::int32_t& out) {
        if (part.size() != 5 || part[2] != ':') return false;
        const auto hours = parse_unsigned(part.substr(0, 2), 0, 24);
        const auto minutes = parse_unsigned(part.substr(3), 0, 59);
        if (!hours || !minutes) return false;
        out = static_cast<std::int32_t>(*hours) * hour + static_cast<std::int32_t>(*minutes) * minute;
        return out <= day;
    };
    DailyWindow window;
    const bool good = text.size() == 11 && text[5] == '-' && time(text.substr(0, 5), window.from_) &&
                      time(text.substr(6), window.to_) && window.from_ < day && window.from_ != window.to_;
    return good ? Result<DailyWindow>(window) : fail(errors::bad_encoding);
}

std::int32_t DailyWindow::until(std::int64_t local) const {
    const auto now = second_of_day(local);
    const bool over_midnight = to_ < from_;
    const bool is_open = over_midnight ? now >= from_ || now < to_ : now >= from_ && now < to_;
    if (is_open) return 0;
    return now < from_ ? from_ - now : from_ + day - now;
}

Result<std::chrono::seconds> parse_span(std::string_view text, std::chrono::seconds longest) {
    if (text.size() < 2) return fail(errors::bad_encoding);
    const char letter = text.back();
    const std::int64_t unit = letter == 's'   ? 1
                              : letter == 'm' ? minute
                              : letter == 'h' ? hour
                              : letter == 'd' ? day
                                              : 0;
    if (unit == 0) return fail(errors::bad_encoding);
    const auto count =
        parse_unsigned(text.substr(0, text.size() - 1), 1, static_cast<std::uint64_t>(longest.count() / unit));
    if (!count) return fail(count.error());
    return std::chrono::seconds(static_cast<std::int64_t>(*count) * unit);
}

}  // namespace esb
