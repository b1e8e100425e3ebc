#include "host/cli/device_table.hpp"

#include "esb/base/json.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/json_text.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace esb::cli {
namespace {

constexpr std::int64_t any_low = -(1LL << 52);
constexpr std::int64_t any_high = 1LL << 52;

void take_text(const JsonValue& value, std::string& to) {
    if (const auto text = value.text(); text) to = *text;
}
void take_number(const JsonValue& value, std::optional<std::int64_t>& to) {
    if (const auto number = value.integer(any_low, any_high); number) to = *number;
}

void take_status(DeviceRow& row, const JsonValue& status) {
    take_text(status["app"], row.app);
    take_text(status["ver"], row.ver);
    take_text(status["hw"], row.hw);
    take_text(status["ip"], row.ip);
    take_number(status["seq"], row.seq);
    take_number(status["rssi"], row.rssi);
    take_number(status["up"], row.uptime);
}

SafeText number_text(const std::optional<std::int64_t>& number) {
    SafeText text;
    if (number) text << *number;
    return text;
}

std::string span_text(const std::optional<std::int64_t>& seconds) {
    if (!seconds || *seconds < 0) return "";
    const auto s = *seconds;
    if (s < 60) return std::to_string(s) + "s";
    if (s < 3600) return std::to_string(s / 60) + "m" + std::to_string(s % 60) + "s";
    if (s < 86400) return std::to_string(s / 3600) + "h" + std::to_string(s % 3600 / 60) + "m";
    return std::to_string(s / 86400) + "d" + std::to_string(s % 86400 / 3600) + "h";
}

constexpr std::size_t columns = 9;
constexpr std::string_view titles[columns] = {"IDENTITY", "ONLINE", "APP", "VERSION", "SEQ",
                                              "ADDRESS",  "RSSI",   "UP",  "UPDATE"};
using Cells = std::array<SafeText, columns>;

Cells cells(const std::string& identity, const DeviceRow& row) {
    const auto word = [](std::string_view text) { return SafeText().word(text); };
    return {word(identity),        word(!row.online ? "?" : *row.online ? "yes" : "no"),
            word(row.app),         word(row.ver),
            number_text(row.seq),  word(row.ip),
            number_text(row.rssi), word(span_text(row.uptime)),
            word(row.update)};
}

}  // namespace

void DeviceTable::take(std::string_view topic, std::string_view payload) {
    const auto from = split_topic(topic);
    if (!from) return;
    if (from->leaf == "online") {
        if (payload == "1" || payload == "0") rows_[from->identity].online = payload == "1";
        return;
    }
    if (from->leaf != "status" && from->leaf != "ota/status") return;
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document || !document->root().is_object()) return;
    auto& row = rows_[from->identity];
    if (from->leaf == "status") return take_status(row, document->root());
    take_text(document->root()["state"], row.update);
}

SafeText DeviceTable::text() const {
    SafeText text;
    if (rows_.empty()) return text << "no device has reported yet\n";
    std::vector<Cells> lines(1);
    for (std::size_t i = 0; i < columns; ++i) lines[0][i] << titles[i];
    for (const auto& [identity, row] : rows_) lines.push_back(cells(identity, row));
    std::array<std::size_t, columns> widths{};
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    for (const auto& line : lines) {
        std::size_t last = columns;
        while (last > 1 && line[last - 1].empty()) --last;
        for (std::size_t i = 0; i < last; ++i) {
            text << line[i] << std::string(i + 1 < last ? widths[i] - line[i].size() + 2 : 0, ' ');
        }
        text << '\n';
    }
    return text;
}

JsonText DeviceTable::json() const {
    const auto text_member = [](JsonWriter& json, std::string_view name, const std::string& value) {
        if (!value.empty()) json.key(name).text(value);
    };
    const auto number_member = [](JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& value) {
        if (value) json.key(name).number(*value);
    };
    return json_text([&](JsonWriter& json) {
        json.begin_array();
        for (const auto& [identity, row] : rows_) {
            json.begin_object().key("ident").text(identity);
            if (row.online) json.key("online").boolean(*row.online);
            text_member(json, "app", row.app);
            text_member(json, "ver", row.ver);
            text_member(json, "hw", row.hw);
            number_member(json, "seq", row.seq);
            text_member(json, "ip", row.ip);
            number_member(json, "rssi", row.rssi);
            number_member(json, "up", row.uptime);
            text_member(json, "update", row.update);
            json.end_object();
        }
        json.end_array();
    });
}

}  // namespace esb::cli
