#include "esb/record/log_words.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/system.hpp"

#include <array>
#include <cstdlib>

namespace esb::record {
namespace {

template <std::size_t N>
void add(FixedString<N>& text, std::string_view piece) {
    static_cast<void>(text.append(piece.substr(0, N - text.size())));  // a long text from outside ends early
}
template <std::size_t N>
void add_number(FixedString<N>& text, std::int64_t value) {
    add(text, decimal_signed(value));
}
template <std::size_t N>
void add_padded(FixedString<N>& text, std::int64_t value, std::size_t digits) {
    const auto number = decimal_signed(value);
    for (std::size_t i = number.size(); i < digits; ++i) add(text, "0");
    add(text, number);
}

std::string_view what_of(const LogEntry& entry, const Names& names) {
    const auto known = [&entry](std::uint8_t last) { return entry.what <= last; };
    switch (entry.kind) {
        case LogKind::boot:
            return known(static_cast<std::uint8_t>(chip::ResetReason::brownout))
                       ? chip::name(static_cast<chip::ResetReason>(entry.what))
                       : "unknown";
        case LogKind::wifi:
            return known(static_cast<std::uint8_t>(chip::DisconnectReason::server_refused))
                       ? chip::name(static_cast<chip::DisconnectReason>(entry.what))
                       : "unknown";
        case LogKind::update:
            return names.update_state(entry.what).empty() ? "unknown" : names.update_state(entry.what);
        case LogKind::settings:
            return known(static_cast<std::uint8_t>(SettingsOutcome::lost))
                       ? name(static_cast<SettingsOutcome>(entry.what))
                       : "unknown";
        case LogKind::topic:
            return known(static_cast<std::uint8_t>(LogTopic::app)) ? name(static_cast<LogTopic>(entry.what))
                                                                   : "unknown";
        case LogKind::safe_mode:
            return entry.what != 0 ? "entered" : "left";
        default:
            return {};
    }
}

void add_error(LogText& text, const LogLine& line, const Names& names) {
    if (line.why.empty()) return;
    add(text, ": ");
    if (const auto* kind = names.error(error_number(line.why))) {
        add(text, kind->text);
        add(text, " ");
    }
    add(text, "(");
    add(text, line.why);
    if (line.detail != 0) {
        add(text, " ");
        add_number(text, line.detail);
    }
    add(text, ")");
}

[[maybe_unused]] void add_crash(LogText& text, std::uint32_t address) {
    add(text, "the run before crashed");
    if (address == 0) return;
    std::array<std::uint8_t, 4> bytes{};
    ByteWriter(bytes).be32(address);
    std::array<char, 8> digits{};
    add(text, " at 0x");
    add(text, *hex_encode(bytes, digits));
}

[[maybe_unused]] void add_event(LogText& text, const LogLine& line, const Names& names) {
    if (line.kind == name(LogKind::boot)) {
        add(text, "started after ");
        add(text, line.what);
        add(text, ", firmware seq ");
        return add_number(text, line.detail);
    }
    if (line.kind == name(LogKind::last_run)) {
        add(text, "the run before lasted ");
        add(text, span_text(line.span));
        add(text, ", lowest free heap ");
        add_number(text, line.detail);
        return add(text, " bytes");
    }
    if (line.kind == name(LogKind::heap)) {
        add(text, "the free heap fell to ");
        add_number(text, line.detail);
        return add(text, " bytes");
    }
    if (line.kind == name(LogKind::wifi)) {
        add(text, "Wi-Fi: ");
        return add(text, line.what);
    }
    if (line.kind == name(LogKind::online)) {
        add(text, "on line after ");
        return add(text, span_text(line.detail));
    }
    if (line.kind == name(LogKind::clock)) {
        if (line.detail == 0) return add(text, "the clock was set");
        add(text, "the clock was put ");
        add(text, line.detail > 0 ? "forward by " : "back by ");
        return add(text, span_text(std::abs(line.detail)));
    }
    if (line.kind == name(LogKind::crash)) return add_crash(text, static_cast<std::uint32_t>(line.detail));
    add(text, line.kind == name(LogKind::safe_mode) ? "safe mode" : line.kind);
    if (!line.what.empty()) add(text, " ");
    add(text, line.what);
    add_error(text, line, names);
}

// Where the firmware has no words: what <base>/log has, too.
[[maybe_unused]] void add_names(LogText& text, const LogLine& line) {
    add(text, line.kind);
    for (const auto name : {line.what, line.why}) {
        if (!name.empty()) add(text, " ");
        add(text, name);
    }
    if (line.detail != 0) {
        add(text, " ");
        add_number(text, line.detail);
    }
    if (line.count > 1 || line.span == 0) return;
    add(text, ", ");
    add(text, span_text(line.span));
}

}  // namespace

LogLine line_of(const LogEntry& entry, const Names& names, FixedString<16>& why_text) {
    LogLine line{entry.number,     entry.wall,            entry.up, entry.span,   entry.boot,
                 name(entry.kind), what_of(entry, names), {},       entry.detail, entry.count};
    if (entry.why == 0) return line;
    if (const auto* kind = names.error(entry.why)) {
        line.why = kind->name;
        return line;
    }
    std::array<std::uint8_t, 4> bytes{};
    ByteWriter(bytes).be32(entry.why);
    std::array<char, 8> digits{};
    why_text.clear();
    add(why_text, "error.");
    add(why_text, *hex_encode(bytes, digits));
    line.why = why_text;
    return line;
}

void write_json(const LogEntry& entry, const Names& names, JsonWriter& json) {
    FixedString<16> why_text;
    const auto line = line_of(entry, names, why_text);
    json.begin_object().key("n").number(line.number).key("boot").number(line.boot);
    if (line.wall != 0) json.key("t").number(line.wall);
    json.key("up").number(line.up).key("kind").text(line.kind);
    if (!line.what.empty()) json.key("what").text(line.what);
    if (!line.why.empty()) json.key("why").text(line.why);
    if (line.detail != 0) json.key("detail").number(line.detail);
    if (line.count > 1) json.key("count").number(line.count);
    if (line.span != 0) json.key("span").number(line.span);
    json.end_object();
}

FixedString<32> when(const LogLine& line) {
    if (line.wall != 0) return utc_text(UnixTime(line.wall));
    FixedString<32> text;
    add(text, "boot ");
    add_number(text, line.boot);
    add(text, " +");
    add_padded(text, line.up / 3600, 2);
    add(text, ":");
    add_padded(text, line.up / 60 % 60, 2);
    add(text, ":");
    add_padded(text, line.up % 60, 2);
    return text;
}

LogText describe(const LogLine& line, const Names& names) {
    LogText text;
    if constexpr (with_log_words) {
        add_event(text, line, names);
    } else {
        add_names(text, line);
    }
    if (line.count <= 1) return text;
    add(text, "; ");
    add_number(text, line.count);
    add(text, line.count >= 0xFF ? " times or more in " : " times in ");
    add(text, span_text(line.span));
    return text;
}

FixedString<32> span_text(std::int64_t seconds) {
    struct Unit {
        std::int64_t seconds;
        std::string_view name;
    };
    constexpr Unit units[] = {{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    FixedString<32> text;
    for (std::size_t i = 0; i < 4; ++i) {
        if (seconds < units[i].seconds && i < 3) continue;
        add_number(text, seconds / units[i].seconds);
        add(text, units[i].name);
        const auto rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
        if (rest == 0) return text;
        add(text, " ");
        add_number(text, rest);
        add(text, units[i + 1].name);
        return text;
    }
    return text;
}

FixedString<32> utc_text(UnixTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{std::chrono::sys_days(day)};
    const auto second = (time - day).count();
    FixedString<32> text;
    add_padded(text, static_cast<int>(date.year()), 4);
    add(text, "-");
    add_padded(text, static_cast<unsigned>(date.month()), 2);
    add(text, "-");
    add_padded(text, static_cast<unsigned>(date.day()), 2);
    add(text, " ");
    add_padded(text, second / 3600, 2);
    add(text, ":");
    add_padded(text, second / 60 % 60, 2);
    add(text, ":");
    add_padded(text, second % 60, 2);
    return text;
}

}  // namespace esb::record
