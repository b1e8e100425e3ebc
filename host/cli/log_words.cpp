#include "host/cli/log_words.hpp"

#include "esb/base/json.hpp"
#include "esb/device/log_names.hpp"
#include "host/cli/json_text.hpp"

namespace esb::cli {
namespace {

Result<record::LogLine> read(const JsonValue& entry) {
    // What is not there is left as it is; what is there must be right.
    const auto number = [&entry](const char* name, std::int64_t low, std::int64_t& out) -> Status {
        if (!entry[name].is_present()) return {};
        const auto value = entry[name].integer(low, u32_max);
        if (!value) return fail(value.error());
        out = *value;
        return {};
    };
    const auto text = [&entry](const char* name, std::string_view& out) -> Status {
        if (!entry[name].is_present()) return {};
        const auto value = entry[name].text();
        if (!value) return fail(value.error());
        out = *value;
        return {};
    };
    record::LogLine line;
    const auto n = entry["n"].integer(1, u32_max);
    if (!n) return fail(n.error());
    line.number = static_cast<std::uint32_t>(*n);
    const auto kind = entry["kind"].text();
    if (!kind) return fail(kind.error());
    line.kind = *kind;
    ESB_TRY(number("t", 0, line.wall));
    ESB_TRY(number("up", 0, line.up));
    ESB_TRY(number("span", 0, line.span));
    ESB_TRY(number("boot", 0, line.boot));
    ESB_TRY(number("count", 1, line.count));
    ESB_TRY(number("detail", -u32_max, line.detail));
    ESB_TRY(text("what", line.what));
    ESB_TRY(text("why", line.why));
    return line;
}

}  // namespace

Outcome<std::vector<LogWords>> log_words(std::string_view payload) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return failure("this is not a device's log", document.error());
    const auto log = document->root()["log"];
    if (!log.is_array()) return failure("this is not a device's log");
    std::vector<LogWords> all;
    for (auto entry = log.first(); entry.is_present(); entry = entry.next()) {
        const auto line = read(entry);
        if (!line) return failure("this is not a device's log", line.error());
        all.push_back({line->number, std::string(record::when(*line).view()), std::string(record::describe(*line, LogNames()).view())});
    }
    return all;
}

}  // namespace esb::cli
