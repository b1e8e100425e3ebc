// The flight recorder for people (`log`, `esb log`) and for <base>/log.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/json.hpp"
#include "esb/base/time.hpp"
#include "esb/record/log_entry.hpp"

#include <cstdint>
#include <string_view>

namespace esb::record {

// Names that belong to higher rooms, from whoever knows these.
class Names {
public:
    virtual ~Names() = default;
    // Null for what this firmware does not know.
    virtual const ErrorKind* error(std::uint32_t number) const = 0;
    // Of an update's state; empty for what this firmware does not know.
    virtual std::string_view update_state(std::uint8_t state) const = 0;
};

// An entry in names: what <base>/log carries. Empty and 0 stand for "not there".
struct LogLine {
    std::uint32_t number = 0;
    std::int64_t wall = 0;
    std::int64_t up = 0;
    std::int64_t span = 0;
    std::int64_t boot = 0;
    std::string_view kind;
    std::string_view what;
    std::string_view why;  // an error's name
    std::int64_t detail = 0;
    std::int64_t count = 1;
};

// `why_text` holds the name of an error that this firmware does not know: "error.1234abcd".
LogLine line_of(const LogEntry& entry, const Names& names, FixedString<16>& why_text);
// One object; at most log_json_max bytes.
inline constexpr std::size_t log_json_max = 240;
void write_json(const LogEntry& entry, const Names& names, JsonWriter& json);

using LogText = FixedString<320>;
// "2026-11-22 03:12:05" (UTC); without the wall clock "boot 7 +00:05:12".
FixedString<32> when(const LogLine& line);
// "broker: the other side reset the connection (socket.reset 104); 3 times in 45 s". Names and texts as they are: whoever
// has a line from outside makes it printable afterwards.
LogText describe(const LogLine& line, const Names& names);
// "45 s", "12 min 5 s", "3 h 20 min", "2 d 4 h"
FixedString<32> span_text(std::int64_t seconds);
// The calendar in UTC, Gregorian; years 1970 to 9999.
FixedString<32> utc_text(UnixTime time);

}  // namespace esb::record
