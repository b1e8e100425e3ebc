// The world around a virtual chip as a small JSON file, watched while the chip runs:
//   {"on": true,
//    "networks": [{"ssid": "Home", "passphrase": "...", "rssi": -48, "channel": 6, "auth": "wpa2",
//                  "dhcp": true, "hidden": false, "drops_after": 2000, "bssid": "02:00:00:00:00:01",
//                  "address": "10.0.3.7"}],
//    "phones": ["02:00:00:00:00:10"],
//    "button": false,
//    "cable": true,
//    "ahead": 0}
// A network may also have "server": {"authority": "<SHA-256>", "name": "radius.example.org", "user": "u", "password": "p",
// "station": "<SHA-256>"}: it asks for enterprise credentials. All members are optional but "ssid". "auth" is a name of chip::Auth; without it, a network with a passphrase is
// wpa2 and one without is open. An "ssid" that is not text is "hex:<digits>". "drops_after" (ms): it ends every join so
// long after it gave the address. "address": what its DHCP hands out; a station that comes with an address of another /24
// reaches nobody there. "phones" join the chip's access point while it is on. "cable": plugged into the board's socket
// or not; without the member, when the chip is switched on, the board has none. "ahead" (seconds): of the chip's clocks
// before the host's; a change is a jump.
#pragma once

#include "esb/base/result.hpp"
#include "host/vchip/virtual_radio.hpp"
#include "host/vchip/wait_source.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>

namespace esb::errors {
inline constexpr ErrorKind board_bad_json{"board.bad_json", "the radio file is not JSON, or longer than 64 KiB"};
inline constexpr ErrorKind board_bad_network{"board.bad_network", "the radio file describes an impossible network"};
inline constexpr ErrorKind board_bad_member{"board.bad_member", "a member of the radio file has the wrong type"};
}  // namespace esb::errors

namespace esb::vchip {

inline constexpr std::size_t board_file_max = 64 * 1024;  // bytes

struct Board {
    Air air;
    bool button = false;
    std::optional<bool> cable;  // plugged in; empty: the file does not say
    std::chrono::seconds ahead{0};
};

// Parses the file's text. board_bad_network's detail is the network's index.
Result<Board> parse_board(std::string_view json);
// "AA:BB:CC:DD:EE:FF", either case; bad_encoding otherwise.
Result<chip::Mac> parse_mac(std::string_view text);
std::string mac_text(const chip::Mac& mac);

// Watches the file and hands every new, well-formed version to `changed`. A version that does not parse is
// reported once and otherwise ignored; a missing file is a world without networks.
class BoardFile final : public WaitSource {
public:
    using Changed = std::function<void(const Board&)>;
    using Complaint = std::function<void(const Error&)>;

    BoardFile(std::filesystem::path path, Changed changed, Complaint complaint = {});
    ~BoardFile() override;
    BoardFile(const BoardFile&) = delete;
    BoardFile& operator=(const BoardFile&) = delete;

    int fd() const override { return inotify_; }
    // Looks at the file if it may have changed since the last look.
    void poll() override;

private:
    void read_file();

    std::filesystem::path path_;
    Changed changed_;
    Complaint complaint_;
    int inotify_ = -1;
    bool looked_ = false;
    bool present_ = false;
    struct stat seen_ {};
};

}  // namespace esb::vchip
