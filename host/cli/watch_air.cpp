#include "host/cli/watch_air.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/foreign.hpp"
#include "host/cli/files.hpp"
#include "host/cli/json_text.hpp"

namespace esb::cli {
namespace {

constexpr chip::Mac phone{0x02, 0x00, 0x00, 0x00, 0x00, 0x10};

vchip::Board laboratory() {
    vchip::Board board;
    vchip::AirNetwork network;
    static_cast<void>(network.ssid.assign("Laboratory"));
    network.passphrase = "loopback only";
    network.rssi = -48;
    board.air.networks.push_back(network);
    return board;
}

// As parse_board() takes it: text, or hex:<digits>.
std::string ssid_text(const chip::Ssid& ssid) {
    if (is_plain(ssid.view()) && !ssid.view().starts_with("hex:")) return std::string(ssid.view());
    std::string digits(2 * ssid.size(), '0');
    static_cast<void>(hex_encode(as_bytes(ssid.view()), digits));
    return "hex:" + digits;
}

void put(JsonWriter& json, const vchip::AirNetwork& network) {
    json.begin_object().key("ssid").text(ssid_text(network.ssid));
    json.key("passphrase").text(network.passphrase);
    json.key("auth").text(chip::name(network.auth));
    json.key("rssi").number(network.rssi).key("channel").number(network.channel);
    json.key("dhcp").boolean(network.dhcp).key("hidden").boolean(network.hidden);
    if (network.refuses) json.key("refuses").text(chip::name(*network.refuses));
    if (network.drops_after) json.key("drops_after").number(network.drops_after->count());
    if (network.bssid != chip::Mac{}) json.key("bssid").text(vchip::mac_text(network.bssid));
    json.end_object();
}

}  // namespace

std::string board_text(const vchip::Board& board) {
    return json_text([&board](JsonWriter& json) {
               json.begin_object().key("on").boolean(board.air.on).key("button").boolean(board.button);
               if (board.cable) json.key("cable").boolean(*board.cable);
               json.key("ahead").number(board.ahead.count());
               json.key("networks").begin_array();
               for (const auto& network : board.air.networks) put(json, network);
               json.end_array().key("phones").begin_array();
               for (const auto& one : board.air.phones) json.text(vchip::mac_text(one));
               json.end_array().end_object();
           })
               .text() +
           "\n";
}

Outcome<void> WatchAir::start(const std::filesystem::path& source, const std::filesystem::path& file) {
    file_ = file;
    board_ = laboratory();
    if (!source.empty()) {
        const auto text = read_text(source, vchip::board_file_max);
        if (!text) return std::unexpected(text.error());
        const auto board = vchip::parse_board(*text);
        if (!board) return failure(source.string(), board.error());
        board_ = *board;
    }
    on_.assign(board_.air.networks.size(), true);
    // What the radio makes up depends on the place in the table: one that is switched off must not rename the others.
    for (std::size_t i = 0; i < on_.size(); ++i) {
        auto& bssid = board_.air.networks[i].bssid;
        if (bssid == chip::Mac{}) bssid = {0x02, 0x00, 0x00, 0x00, 0x01, static_cast<std::uint8_t>(i)};
    }
    if (!write()) return failure(file.string() + ": cannot be written");
    return {};
}

bool WatchAir::set_on(bool on) {
    board_.air.on = on;
    return write();
}

bool WatchAir::set_network(std::size_t number, bool on) {
    if (number >= on_.size()) return false;
    on_[number] = on;
    return write();
}

bool WatchAir::set_phone(bool near) {
    std::erase(board_.air.phones, phone);
    if (near) board_.air.phones.push_back(phone);
    return write();
}

bool WatchAir::set_button(bool pressed) {
    board_.button = pressed;
    return write();
}

// A network that is off is not there.
bool WatchAir::write() const {
    auto board = board_;
    board.air.networks.clear();
    for (std::size_t i = 0; i < on_.size(); ++i) {
        if (on_[i]) board.air.networks.push_back(board_.air.networks[i]);
    }
    return replace_file(file_, board_text(board), 0600).has_value();
}

std::string WatchAir::json() const {
    return json_text([this](JsonWriter& json) {
               json.begin_object().key("on").boolean(board_.air.on).key("button").boolean(board_.button);
               json.key("phone").boolean(!board_.air.phones.empty()).key("networks").begin_array();
               for (std::size_t i = 0; i < on_.size(); ++i) {
                   const auto& network = board_.air.networks[i];
                   json.begin_object().key("ssid").text(network.ssid.view()).key("rssi").number(network.rssi);
                   json.key("lock").boolean(network.auth != chip::Auth::open).key("on").boolean(on_[i]).end_object();
               }
               json.end_array().end_object();
           })
        .text();
}

}  // namespace esb::cli
