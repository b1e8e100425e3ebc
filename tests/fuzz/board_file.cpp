// The radio file's parser: whatever the bytes, the result keeps the limits that the radio relies on.
#include "host/vchip/board_file.hpp"

#include <cstdlib>

using namespace esb;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto board = vchip::parse_board(as_text({data, size}));
    if (!board) return 0;
    const auto check = [](bool holds) {
        if (!holds) std::abort();
    };
    check(size <= vchip::board_file_max);
    check(board->air.networks.size() <= vchip::air_networks_max);
    check(board->air.phones.size() <= vchip::air_phones_max);
    for (const auto& network : board->air.networks) {
        check(!network.ssid.empty());
        check(network.passphrase.size() <= chip::Passphrase::capacity());
        check(network.channel >= 1 && network.channel <= 14);
        check(network.rssi <= 0);
    }
    for (const auto& phone : board->air.phones) check(vchip::parse_mac(vchip::mac_text(phone)) == phone);
    return 0;
}
