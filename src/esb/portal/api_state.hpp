// GET /api/state: who the device is and how it is now, a section a piece.
#pragma once

#include "esb/portal/attempt.hpp"
#include "esb/portal/host.hpp"

namespace esb::portal {

// As HttpSite::on_more() wants it.
std::size_t write_state(const Host& host, const Attempt& attempt, std::uint32_t& cursor, MutBytes out);

// The identity that the device shows its first broker.
std::string_view broker_identity(const Host& host);
// True while POST /api/key tells the key.
bool key_is_shown(const Host& host);

}  // namespace esb::portal
