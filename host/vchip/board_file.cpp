#include "host/vchip/board_file.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"
#include "esb/base/json.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

// Each of these leaves `value` alone when the member is absent and fails when it has another type.
Status take(const JsonValue& item, bool& value) {
    if (!item.is_present()) return {};
    const auto found = item.boolean();
    if (!found) return fail(errors::board_bad_member);
    value = *found;
    return {};
}

template <typename Integer>
Status take(const JsonValue& item, int low, int high, Integer& value) {
    if (!item.is_present()) return {};
    const auto found = item.integer(low, high);
    if (!found) return fail(errors::board_bad_member);
    value = static_cast<Integer>(*found);
    return {};
}

Status take(const JsonValue& item, std::string& value) {
    if (!item.is_present()) return {};
    const auto found = item.text();
    if (!found) return fail(errors::board_bad_member);
    value = *found;
    return {};
}

Result<chip::Auth> auth_from(std::string_view text) {
    for (int i = 0; i <= static_cast<int>(chip::Auth::enterprise); ++i) {
        const auto auth = static_cast<chip::Auth>(i);
        if (chip::name(auth) == text) return auth;
    }
    return fail(errors::board_bad_member);
}

Result<chip::DisconnectReason> refusal_from(std::string_view text) {
    using enum chip::DisconnectReason;
    for (const auto reason : {wrong_password, auth_refused, association_refused}) {
        if (chip::name(reason) == text) return reason;
    }
    return fail(errors::board_bad_member);
}

// As settings take it: text, or hex:<digits> for a name that is not text.
Status take_ssid(std::string_view text, chip::Ssid& ssid) {
    constexpr std::string_view mark = "hex:";
    if (!text.starts_with(mark)) return ssid.assign(text);
    text.remove_prefix(mark.size());
    std::array<std::uint8_t, chip::Ssid::capacity()> bytes{};
    const auto decoded = hex_decode(text, bytes);
    if (!decoded) return fail(decoded.error());
    return ssid.assign(as_text(*decoded));
}

Status take_texts(const JsonValue& item, AirNetwork& network) {
    std::string ssid;
    std::string auth;
    std::string bssid;
    std::string refuses;
    std::string address;
    ESB_TRY(take(item["ssid"], ssid));
    ESB_TRY(take(item["passphrase"], network.passphrase));
    ESB_TRY(take(item["auth"], auth));
    ESB_TRY(take(item["bssid"], bssid));
    ESB_TRY(take(item["refuses"], refuses));
    ESB_TRY(take(item["address"], address));
    if (ssid.empty() || network.passphrase.size() > chip::Passphrase::capacity()) return fail(errors::out_of_range);
    ESB_TRY(take_ssid(ssid, network.ssid));
    if (network.ssid.empty()) return fail(errors::out_of_range);
    network.auth = network.passphrase.empty() ? chip::Auth::open : chip::Auth::wpa2;
    if (!auth.empty()) {
        const auto named = auth_from(auth);
        if (!named) return fail(named.error());
        network.auth = *named;
    }
    if (!refuses.empty()) {
        const auto reason = refusal_from(refuses);
        if (!reason) return fail(reason.error());
        network.refuses = *reason;
    }
    if (!address.empty()) {
        const auto parsed = chip::parse_ipv4(address);
        if (!parsed) return fail(parsed.error());
        network.address = *parsed;
    }
    if (bssid.empty()) return {};
    const auto mac = parse_mac(bssid);
    if (!mac) return fail(mac.error());
    network.bssid = *mac;
    return {};
}

Status take(const JsonValue& item, chip::Enterprise::Certificate& value) {
    std::string digits;
    ESB_TRY(take(item, digits));
    if (digits.empty()) return {};
    const auto bytes = hex_decode(digits, value);
    return bytes && bytes->size() == value.size() ? Status() : fail(errors::board_bad_member);
}

Status take_server(const JsonValue& item, AirNetwork& network) {
    if (!item.is_present()) return {};
    if (!item.is_object()) return fail(errors::board_bad_member);
    network.server = AirNetwork::Server{};
    auto& server = *network.server;
    network.auth = chip::Auth::enterprise;
    ESB_TRY(take(item["authority"], server.authority));
    ESB_TRY(take(item["name"], server.name));
    ESB_TRY(take(item["user"], server.user));
    ESB_TRY(take(item["password"], server.password));
    return take(item["station"], server.station);
}

Status take_network(const JsonValue& item, AirNetwork& network) {
    ESB_TRY(take_texts(item, network));
    ESB_TRY(take_server(item["server"], network));
    ESB_TRY(take(item["rssi"], -127, 0, network.rssi));
    ESB_TRY(take(item["channel"], 1, 14, network.channel));
    ESB_TRY(take(item["dhcp"], network.dhcp));
    std::int32_t drops_after = -1;
    ESB_TRY(take(item["drops_after"], 0, 86'400'000, drops_after));
    if (drops_after >= 0) network.drops_after = Duration(drops_after);
    return take(item["hidden"], network.hidden);
}

Status take_networks(const JsonValue& list, std::vector<AirNetwork>& out) {
    if (list.is_present() && !list.is_array()) return fail(errors::board_bad_member);
    for (JsonValue item = list.first(); item.is_present(); item = item.next()) {
        AirNetwork network;
        if (out.size() == air_networks_max) return fail(errors::full);
        const bool good = item.is_object() && take_network(item, network).has_value();
        if (!good) return fail(errors::board_bad_network, static_cast<std::int32_t>(out.size()));
        out.push_back(std::move(network));
    }
    return {};
}

Status take_phones(const JsonValue& list, std::vector<chip::Mac>& out) {
    if (list.is_present() && !list.is_array()) return fail(errors::board_bad_member);
    for (JsonValue item = list.first(); item.is_present(); item = item.next()) {
        if (out.size() == air_phones_max) return fail(errors::full);
        const auto text = item.text();
        const auto mac = parse_mac(text ? *text : std::string_view());
        if (!mac) return fail(errors::board_bad_member);
        out.push_back(*mac);
    }
    return {};
}

bool same_file(const struct stat& a, const struct stat& b) {
    return a.st_ino == b.st_ino && a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
           a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Result<chip::Mac> parse_mac(std::string_view text) {
    chip::Mac mac{};
    if (text.size() != 17) return fail(errors::bad_encoding);
    for (std::size_t i = 0; i < mac.size(); ++i) {
        if (i > 0 && text[3 * i - 1] != ':') return fail(errors::bad_encoding);
        if (!hex_decode(text.substr(3 * i, 2), {&mac[i], 1})) return fail(errors::bad_encoding);
    }
    return mac;
}

std::string mac_text(const chip::Mac& mac) {
    std::string text;
    for (const std::uint8_t byte : mac) {
        constexpr char digits[] = "0123456789ABCDEF";
        if (!text.empty()) text += ':';
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

Result<Board> parse_board(std::string_view json) {
    const auto document = JsonDocument::parse(as_bytes(bare_text(json)), {.max_size = board_file_max, .max_depth = 4});
    if (!document) return fail(errors::board_bad_json, document.error().detail());
    const JsonValue root = document->root();
    if (!root.is_object()) return fail(errors::board_bad_json);
    Board board;
    ESB_TRY(take(root["on"], board.air.on));
    ESB_TRY(take(root["button"], board.button));
    if (root["cable"].is_present()) ESB_TRY(take(root["cable"], board.cable.emplace()));
    std::int32_t ahead = 0;
    ESB_TRY(take(root["ahead"], 0, std::numeric_limits<std::int32_t>::max(), ahead));
    board.ahead = std::chrono::seconds(ahead);
    ESB_TRY(take_networks(root["networks"], board.air.networks));
    ESB_TRY(take_phones(root["phones"], board.air.phones));
    return board;
}

BoardFile::BoardFile(std::filesystem::path path, Changed changed, Complaint complaint)
    : path_(std::move(path)), changed_(std::move(changed)), complaint_(std::move(complaint)) {
    // The folder is watched, since editors replace files. Without inotify the file is still looked at whenever
    // the reactor turns for another reason.
    const auto folder = path_.has_parent_path() ? path_.parent_path() : std::filesystem::path(".");
    inotify_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    constexpr std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
    if (inotify_ >= 0 && inotify_add_watch(inotify_, folder.c_str(), events) < 0) {
        close(inotify_);
        inotify_ = -1;
    }
}

BoardFile::~BoardFile() {
    if (inotify_ >= 0) close(inotify_);
}

void BoardFile::poll() {
    std::array<char, 4096> discarded{};
    bool told = inotify_ < 0 || !looked_;
    while (inotify_ >= 0 && ::read(inotify_, discarded.data(), discarded.size()) > 0) told = true;
    if (!told) return;
    struct stat now {};
    const bool present = !path_.empty() && stat(path_.c_str(), &now) == 0;
    if (looked_ && present == present_ && (!present || same_file(now, seen_))) return;
    looked_ = true;
    present_ = present;
    seen_ = now;
    if (present) return read_file();
    changed_({});
}

void BoardFile::read_file() {
    std::ifstream file(path_, std::ios::binary);
    std::string text(board_file_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    const auto board = parse_board(text);
    if (board) return changed_(*board);
    if (complaint_) complaint_(board.error());
}

}  // namespace esb::vchip
