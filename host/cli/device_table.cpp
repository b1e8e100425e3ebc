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

std::string number_text(const std::optional<std::int64_t>& number) { return number ? std::to_string(*number) : ""; }

std::string span_text(const std::optional<std::int64_t>& seconds) {
    if (!seconds || *seconds < 0) return "";
    const auto s = *seconds;
    if (s < 60) return std::to_string(s) + "s";
    if (s < 3600) return std::to_string(s / 60) + "m" + std::to_string(s % 60) + "s";
    if (s < 86400) return std::to_string(s / 3600) + "h" + std::to_string(s % 3600 / 60) + "m";
    return std::to_string(s / 86400) + "d" + std::to_string(s % 86400 / 3600) + "h";
}

constexpr std::size_t columns = 9;
using Cells = std::array<std::string, columns>;

Cells cells(const std::string& identity, const DeviceRow& row) {
    const std::string online = !row.online ? "?" : *row.online ? "yes" : "no";
    return {identity,
            online,
            printable(row.app),
            printable(row.ver),
            number_text(row.seq),
            printable(row.ip),
            number_text(row.rssi),
            span_text(row.uptime),
            printable(row.update)};
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

std::string DeviceTable::text() const {
    if (rows_.empty()) return "no device has reported yet\n";
    std::vector<Cells> lines{{"IDENTITY", "ONLINE", "APP", "VERSION", "SEQ", "ADDRESS", "RSSI", "UP", "UPDATE"}};
    for (const auto& [identity, row] : rows_) lines.push_back(cells(identity, row));
    std::array<std::size_t, columns> widths{};
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], line[i].size());
    }
    std::string text;
    for (const auto& line : lines) {
        std::string row;
        for (std::size_t i = 0; i < columns; ++i) row += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
        row.erase(row.find_last_not_of(' ') + 1);
        text += row + '\n';
    }
    return text;
}

std::string DeviceTable::json() const {
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
