// Accounts for a broker as a table of comma-separated values, of `esb factory` or of a spreadsheet.
#pragma once

#include "host/cli/birth_lines.hpp"
#include "host/cli/outcome.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// Hex digits of a key that devices' TLS can use.
inline constexpr std::size_t psk_digits_min = 32;
inline constexpr std::size_t psk_digits_max = 64;

// The first line names the columns: `ident` and `psk` must be among them, others are ignored. Values may stand in
// quotation marks, without any inside. Fails with the line's number for: a column that is missing or comes twice, too few
// or too many values, no identity, a key that is not 32 to 64 hex digits, an identity that comes twice.
Outcome<std::vector<DeviceKey>> parse_accounts_csv(std::string_view text);
std::string accounts_csv(const std::vector<DeviceKey>& accounts);

}  // namespace esb::cli
