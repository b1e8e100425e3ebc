#include "host/cli/trace_text.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace esb::cli {
namespace {

constexpr std::int64_t exact_max = (std::int64_t{1} << 53) - 1;
constexpr std::size_t seconds_width = 8;
constexpr std::size_t area_width = 6;

// In SGR, as the terminal's theme has them: nothing that is illegible on a light or a dark ground.
constexpr std::pair<std::string_view, std::string_view> colours[] = {
    {"chip", "1"},  {"state", "1;36"}, {"radio", "36"}, {"net", "34"}, {"tls", "32"},  {"mqtt", "35"},
    {"http", "33"}, {"flash", "31"},   {"nvs", "31"},   {"pin", "36"}, {"timer", "2"},
};

std::string_view colour_of(std::string_view area) {
    for (const auto& [name, colour] : colours) {
        if (name == area) return colour;
    }
    return "0";
}

// Addresses in flash and on the bus are written in base 16, as in every datasheet.
std::string shown(std::string_view key, const std::string& value) {
    if (key != "offset") return value;
    const auto number = parse_unsigned(value, 0, std::numeric_limits<std::uint32_t>::max());
    if (!number) return value;
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (auto rest = *number; rest > 0 || text.empty(); rest /= 16) text.insert(text.begin(), digits[rest % 16]);
    return "0x" + text;
}

std::string padded_front(std::string text, std::size_t width) {
    return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string seconds(std::int64_t ms) {
    const auto rest = std::to_string(ms % 1000);
    return padded_front(std::to_string(ms / 1000) + "." + std::string(3 - rest.size(), '0') + rest, seconds_width);
}

SafeText sgr(bool colour, std::string_view code) {
    return SafeText::drawing(colour ? "\x1B[" + std::string(code) + 'm' : std::string());
}

// Takes a member into the line; false when it is neither text nor number.
bool take(TraceLine& line, const JsonValue& member) {
    const auto name = member.name();
    if (const auto text = member.text()) {
        if (name == "area") line.area = *text;
        else if (name == "what") line.what = *text;
        else if (name == "way") line.way = *text;
        else line.fields.emplace_back(name, *text);
        return true;
    }
    const auto number = member.integer(-exact_max, exact_max);
    if (!number) return false;
    if (name == "ms") line.ms = *number;
    else if (name == "lost") line.lost = static_cast<std::uint64_t>(std::max<std::int64_t>(*number, 0));
    else line.fields.emplace_back(name, std::to_string(*number));
    return true;
}

}  // namespace

std::string_view TraceLine::field(std::string_view key) const {
    const auto at = std::find_if(fields.begin(), fields.end(), [key](const auto& one) { return one.first == key; });
    return at == fields.end() ? std::string_view() : std::string_view(at->second);
}

std::uint64_t TraceLine::number(std::string_view key) const {
    return parse_unsigned(field(key), 0, static_cast<std::uint64_t>(exact_max)).value_or(0);
}

Outcome<TraceLine> parse_trace_line(std::string_view text) {
    const auto document = JsonDocument::parse(as_bytes(text), {.max_size = 4096, .max_depth = 1});
    if (!document) return failure("a line of the trace", document.error());
    TraceLine line;
    if (!document->root().is_object()) return failure("a line of the trace is no object");
    for (auto member = document->root().first(); member.is_present(); member = member.next()) {
        if (!take(line, member)) return failure("a member of the trace is neither text nor number");
    }
    if (line.area.empty() || line.what.empty() || line.ms < 0) return failure("a line of the trace has no area");
    return line;
}

Outcome<TraceFilter> TraceFilter::parse(std::string_view text) {
    TraceFilter filter;
    std::set<std::string, std::less<>> all;
    for (auto rest = trace_areas; !rest.empty();) {
        const auto area = rest.substr(0, rest.find(' '));
        all.emplace(area);
        rest.remove_prefix(std::min(area.size() + 1, rest.size()));
    }
    if (text.empty() || text.starts_with('-')) filter.areas_ = all;
    while (!text.empty()) {
        auto item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const bool without = item.starts_with('-');
        if (without) item.remove_prefix(1);
        if (!all.contains(item))
            return failure("'" + std::string(item) + "' is no area of the trace; there are " + std::string(trace_areas));
        if (without) filter.areas_.erase(std::string(item));
        else filter.areas_.emplace(item);
    }
    return filter;
}

SafeText trace_text(const TraceLine& line, bool colour) {
    SafeText text;
    text << sgr(colour, "2") << seconds(line.ms) << sgr(colour, "0") << "  ";
    if (line.lost > 0) text << "(" << line.lost << " lines lost)  ";
    text << sgr(colour, colour_of(line.area)) << line.area;
    if (line.area.size() < area_width) text << std::string(area_width - line.area.size(), ' ');
    // > is from the device, < to it.
    if (line.way == "out") text << "> ";
    else if (line.way == "in") text << "< ";
    else text << "  ";
    text << line.what << sgr(colour, "0");
    for (const auto& [key, value] : line.fields) {
        if (value.empty()) continue;
        text << " " << sgr(colour, "2") << key << "=" << sgr(colour, "0");
        text.word(shown(key, value));
    }
    return text;
}

}  // namespace esb::cli
