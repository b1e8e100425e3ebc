// The lines of a trace (host/vchip/tracer.hpp) for people: which ones, and how they look.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/safe_text.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esb::cli {

// One line, read.
struct TraceLine {
    std::int64_t ms = 0;  // since the trace began
    std::string area;     // one of trace_areas()
    std::string what;
    std::string way;      // "in", "out" or empty
    std::uint64_t lost = 0;  // lines before it that found no room
    // What belongs to it, in order; numbers as text.
    std::vector<std::pair<std::string, std::string>> fields;

    // Of a field; empty when there is none.
    std::string_view field(std::string_view key) const;
    std::uint64_t number(std::string_view key) const;
};

// One object of texts and numbers with "ms", "area" and "what". Names the first thing that is wrong.
Outcome<TraceLine> parse_trace_line(std::string_view line);

// Every area there is, with a blank between them.
inline constexpr std::string_view trace_areas = "chip state radio net tls mqtt http flash nvs pin timer";

class TraceFilter {
public:
    // "mqtt,tls": these alone; "-flash,-timer": all others; "": all. Fails for an area that there is not.
    static Outcome<TraceFilter> parse(std::string_view text);
    bool shows(std::string_view area) const { return areas_.contains(area); }

private:
    std::set<std::string, std::less<>> areas_;
};

// "   1.042  mqtt   < publish  topic=a/b qos=1", in colours of the areas, without the line's end.
SafeText trace_text(const TraceLine& line, bool colour);

}  // namespace esb::cli
