// GET /api/networks: what was heard, strongest first, each name once.
#pragma once

#include "esb/portal/host.hpp"

namespace esb::portal {

// As HttpSite::on_more() wants it.
std::size_t write_networks(const Host& host, std::uint32_t& cursor, MutBytes out);

// A network's name as the settings take it: text, or hex:<digits>. `out` has network_name_max characters.
inline constexpr std::size_t network_name_max = 4 + 2 * 32;
std::string_view network_name(const Host& host, std::string_view ssid, std::span<char> out);

}  // namespace esb::portal
