#include "esb/portal/api_networks.hpp"

#include "esb/base/json.hpp"
#include "esb/portal/answers.hpp"

#include <algorithm>
#include <array>

namespace esb::portal {
namespace {

constexpr std::size_t networks_max = 24;
// {"ssid":"<68>","rssi":-128,"auth":"enterprise"} and what closes the list.
constexpr std::size_t entry_max = 128;

// The cursor: which network is next, and what has been written before it.
constexpr std::uint32_t begun = 1U << 16;      // the list is open
constexpr std::uint32_t not_first = 1U << 17;  // a comma is needed
constexpr std::uint32_t ended = 1U << 18;
constexpr std::uint32_t index_mask = 0xFFFF;

using Networks = std::span<const chip::ScanEntry>;

bool is_shown(Networks all, std::size_t index) {
    const auto same = [&](const chip::ScanEntry& earlier) { return earlier.ssid == all[index].ssid; };
    return !all[index].ssid.empty() &&
           std::none_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(index), same);
}

void put(const Host& host, const chip::ScanEntry& entry, JsonWriter& json) {
    std::array<char, network_name_max> text;
    json.begin_object().key("ssid").text(network_name(host, entry.ssid, text));
    json.key("rssi").number(entry.rssi).key("auth").text(chip::name(entry.auth)).end_object();
}

}  // namespace

std::size_t write_networks(const Host& host, std::uint32_t& cursor, MutBytes out) {
    if ((cursor & ended) != 0) return 0;
    std::array<chip::ScanEntry, networks_max> entries;
    const auto all = Networks(entries).first(host.radio().scan_results(entries));
    JsonWriter json(as_chars(out));
    if ((cursor & begun) == 0) {
        json.begin_object().key("scans").number(host.snapshot().scans).key("networks").begin_array();
        cursor |= begun;
    }
    if ((cursor & not_first) != 0) json.following();
    for (; (cursor & index_mask) < all.size(); ++cursor) {
        if (json.written().size() + entry_max > out.size()) return json.written().size();
        if (!is_shown(all, cursor & index_mask)) continue;
        put(host, all[cursor & index_mask], json);
        cursor |= not_first;
    }
    json.end_array().end_object();
    cursor |= ended;
    return json.written().size();
}

std::string_view network_name(const Host& host, std::string_view ssid, std::span<char> out) {
    const auto* setting = host.schema().find(settings::names::wifi_ssid);
    return settings::format(*setting, as_bytes(ssid), out).value_or(std::string_view());
}

}  // namespace esb::portal
