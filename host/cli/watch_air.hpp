// The air around a watched chip, as the page's switches have it: a radio file of its own that the chip follows.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/safe_text.hpp"
#include "host/vchip/board_file.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

// The text of a radio file that parse_board() reads as this board.
std::string board_text(const vchip::Board& board);

class WatchAir {
public:
    // Begins with what `source` says now, which is neither watched nor written; empty: one network, the one that `esb run`
    // has ("Laboratory", "loopback only"). Writes `file`, which the chip is given.
    Outcome<void> start(const std::filesystem::path& source, const std::filesystem::path& file);

    // Each writes the file anew. False for a network that there is not.
    bool set_on(bool on);
    bool set_network(std::size_t number, bool on);
    bool set_phone(bool near);
    bool set_button(bool pressed);

    // {"on":true,"button":false,"phone":false,"networks":[{"ssid":"Home","rssi":-48,"lock":true,"on":true}]}: no passwords.
    std::string json() const;

private:
    bool write() const;

    std::filesystem::path file_;
    vchip::Board board_;
    std::vector<bool> on_;  // the networks
};

}  // namespace esb::cli
