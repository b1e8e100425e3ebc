#include "host/cli/update_watch.hpp"

#include "esb/base/json.hpp"
#include "host/cli/json_text.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

unsigned percent(const UpdateReport& report) {
    if (report.size == 0) return 0;
    return static_cast<unsigned>(std::min<std::uint64_t>(report.done, report.size) * 100 / report.size);
}

bool same(const UpdateReport& a, const UpdateReport& b) {
    return a.state == b.state && a.done == b.done && a.size == b.size && a.error == b.error && a.why == b.why;
}

}  // namespace

std::optional<UpdateReport> UpdateWatch::take(std::string_view payload, bool retained) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return std::nullopt;
    const auto root = document->root();
    const auto id = root["id"].text();
    const auto state = root["state"].text();
    if (!id || !state) return std::nullopt;
    const bool refused = id->empty() && !retained && is_failure(*state);
    if (*id != id_ && !refused) return std::nullopt;
    if (retained && is_failure(*state)) return std::nullopt;

    UpdateReport report;
    report.state = *state;
    report.ver = root["ver"].text().value_or("");
    report.done = static_cast<std::uint32_t>(root["done"].integer(0, u32_max).value_or(0));
    report.size = static_cast<std::uint32_t>(root["size"].integer(0, u32_max).value_or(0));
    report.error = root["error"].text().value_or("");
    report.why = root["why"].text().value_or("");
    report.detail = root["detail"].integer(-u32_max, u32_max).value_or(0);
    report.host = root["host"].text().value_or("");
    if (same(report, last_)) return std::nullopt;
    last_ = report;
    return report;
}

std::string progress_bar(const UpdateReport& report, std::optional<std::uint32_t> rate, std::size_t width) {
    const auto share = percent(report);
    const auto full = width * share / 100;
    const auto number = std::to_string(share);
    std::string bar = '[' + std::string(full, '#') + std::string(width - full, '-') + "] " +
                      std::string(3 - number.size(), ' ') + number + " %  " + std::to_string(report.done / 1024) + " of " +
                      std::to_string(report.size / 1024) + " KiB";
    if (!rate) return bar;
    bar += "  " + std::to_string(*rate / 1024) + " KiB/s";
    if (*rate == 0 || report.done >= report.size) return bar;
    return bar + ", " + std::to_string((report.size - report.done) / *rate + 1) + " s left";
}

SafeText progress_line(const UpdateReport& report, std::optional<std::uint32_t> rate) {
    SafeText line;
    line.word(report.state);
    if (!report.ver.empty()) (line << ' ').word(report.ver);
    if (report.state == "downloading" && report.size > 0) {
        line << ": " << percent(report) << " %, " << report.done << " of " << report.size << " bytes";
    }
    if (rate) line << ", " << *rate << " bytes/s";
    if (!report.error.empty()) line << ": " << reason_text(report);
    return line;
}

std::string reason_text(const UpdateReport& report) {
    return report.why.empty() ? report.error : report.why + " (" + report.error + ")";
}

JsonText progress_json(std::string_view identity, std::string_view id, const UpdateReport& report) {
    return json_text([&](JsonWriter& json) {
        json.begin_object().key("ident").text(identity).key("id").text(id).key("state").text(report.state);
        json.key("ver").text(report.ver).key("done").number(report.done).key("size").number(report.size);
        if (!report.error.empty()) json.key("error").text(report.error);
        if (!report.why.empty()) json.key("why").text(report.why);
        if (report.detail != 0) json.key("detail").number(report.detail);
        if (!report.host.empty()) json.key("host").text(report.host);
        json.end_object();
    });
}

}  // namespace esb::cli
