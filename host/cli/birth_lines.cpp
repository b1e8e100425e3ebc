#include "host/cli/birth_lines.hpp"

#include "esb/base/file_text.hpp"
#include "esb/base/identity.hpp"

#include <algorithm>
#include <cstddef>

namespace esb::cli {
namespace {

constexpr std::string_view prefix = "AP ssid=";
constexpr std::string_view key_prefix = "MQTT ident=";
constexpr std::string_view key_between = " psk=";
constexpr std::size_t psk_max = 64;  // 32 bytes, the longest key there is
constexpr std::string_view between = " pass=";
constexpr std::size_t password_min = 8;
constexpr std::size_t password_max = 63;
constexpr std::size_t read_max = 1024 * 1024;
constexpr std::size_t line_max = 4096;

std::unexpected<Failure> not_found(std::string_view ssid) {
    const auto whose = ssid.empty() ? std::string() : " of " + std::string(ssid);
    return failure("there is no birth line" + whose + " (AP ssid=... pass=...)");
}

bool is_wanted(const std::optional<AccessPoint>& found, std::string_view ssid) {
    return found && (ssid.empty() || found->ssid == ssid);
}

}  // namespace

std::optional<DeviceKey> parse_key_line(std::string_view line) {
    line = without_mark(line);
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with(key_prefix)) return std::nullopt;
    line.remove_prefix(key_prefix.size());
    const auto end = line.find(key_between);
    if (end == std::string_view::npos || !make_identity(line.substr(0, end))) return std::nullopt;
    const auto psk = line.substr(end + key_between.size());
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (psk.empty() || psk.size() > psk_max || psk.size() % 2 != 0 || !std::all_of(psk.begin(), psk.end(), is_hex))
        return std::nullopt;
    return DeviceKey{std::string(line.substr(0, end)), std::string(psk)};
}

std::optional<AccessPoint> parse_birth_line(std::string_view line) {
    line = without_mark(line);
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.starts_with(prefix)) return std::nullopt;
    line.remove_prefix(prefix.size());
    const auto end = line.find(between);
    if (end == std::string_view::npos || !make_identity(line.substr(0, end))) return std::nullopt;
    return AccessPoint{std::string(line.substr(0, end)), std::string(line.substr(end + between.size()))};
}

Outcome<AccessPoint> find_access_point(std::string_view log, std::string_view ssid) {
    std::optional<AccessPoint> latest;
    while (!log.empty()) {
        const auto end = std::min(log.find('\n'), log.size());
        if (auto found = parse_birth_line(log.substr(0, end)); is_wanted(found, ssid)) latest = std::move(found);
        log.remove_prefix(std::min(end + 1, log.size()));
    }
    if (!latest) return not_found(ssid);
    return *latest;
}

Outcome<AccessPoint> wait_for_access_point(std::istream& in, std::string_view ssid) {
    std::string line;
    for (std::size_t taken = 0; taken < read_max; ++taken) {
        const int c = in.get();
        if (c == std::istream::traits_type::eof()) break;
        if (c != '\n') {
            if (line.size() < line_max) line += static_cast<char>(c);
            continue;
        }
        if (is_utf16(line)) return failure("the log is UTF-16; save it as UTF-8");
        if (auto found = parse_birth_line(line); is_wanted(found, ssid)) return *found;
        line.clear();
    }
    return not_found(ssid);
}

Outcome<void> check_access_point_password(std::string_view password) {
    if (password.empty()) return failure("the password is empty; an access point without one is not allowed");
    if (password.size() < password_min || password.size() > password_max) {
        return failure("the password must have 8 to 63 characters");
    }
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (!std::all_of(password.begin(), password.end(), printable)) {
        return failure("the password may have printable ASCII characters only");
    }
    return {};
}

}  // namespace esb::cli
