// Station MACs of chips, as a factory reads them (esptool read_mac).
#pragma once

#include "esb/chip/radio.hpp"
#include "host/cli/outcome.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// C4:4F:33:0A:9C:35, C4-4F-33-0A-9C-35 or C44F330A9C35, in either case. Fails for a group's address and for 0 too.
Outcome<chip::Mac> parse_station_mac(std::string_view text);
// One a line; empty lines and those that begin with '#' do not count. Fails with the line's number, also for one that
// comes twice.
Outcome<std::vector<chip::Mac>> parse_mac_list(std::string_view text);

}  // namespace esb::cli
