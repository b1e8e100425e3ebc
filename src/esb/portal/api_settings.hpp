// GET /api/settings: the whole schema with the values in use, except those of secrets.
#pragma once

#include "esb/portal/host.hpp"

namespace esb::portal {

// As HttpSite::on_more() wants it.
std::size_t write_settings(const Host& host, std::uint32_t& cursor, MutBytes out);

}  // namespace esb::portal
