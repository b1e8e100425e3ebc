#include "host/cli/mac_list.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"

#include <algorithm>
#include <set>

namespace esb::cli {
namespace {

constexpr std::size_t digits = 12;
constexpr std::uint8_t group_bit = 1;  // of the first byte (IEEE 802)

// With separators, all of them the same.
std::string without_separators(std::string_view text) {
    constexpr std::size_t separated = digits + digits / 2 - 1;
    if (text.size() != separated || (text[2] != ':' && text[2] != '-')) return std::string(text);
    std::string bare;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i % 3 != 2) bare += text[i];
        if (i % 3 == 2 && text[i] != text[2]) return {};
    }
    return bare;
}

}  // namespace

Outcome<chip::Mac> parse_station_mac(std::string_view text) {
    chip::Mac mac{};
    const auto bare = without_separators(text);
    if (bare.size() != digits || !hex_decode(bare, mac)) return failure("'" + std::string(text) + "' is not a MAC");
    const bool zero = std::all_of(mac.begin(), mac.end(), [](std::uint8_t byte) { return byte == 0; });
    if (zero || (mac[0] & group_bit) != 0) return failure("'" + std::string(text) + "' is not a station's MAC");
    return mac;
}

Outcome<std::vector<chip::Mac>> parse_mac_list(std::string_view text) {
    text = without_mark(text);
    std::vector<chip::Mac> macs;
    std::set<chip::Mac> known;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto word = bare_text(line);
        if (word.empty() || word.starts_with('#')) continue;
        const auto mac = parse_station_mac(word);
        if (!mac) return failure("line " + std::to_string(number) + ": " + mac.error().line);
        if (!known.insert(*mac).second)
            return failure("line " + std::to_string(number) + ": " + std::string(word) + " comes twice");
        macs.push_back(*mac);
    }
    if (macs.empty()) return failure("there is no MAC");
    return macs;
}

}  // namespace esb::cli
