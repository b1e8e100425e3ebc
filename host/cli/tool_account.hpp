// The broker's accounts that are no devices: one for `esb` and whoever operates the fleet, one for services that only
// read. Their names have a dot, which no identity has.
#pragma once

#include "esb/net/tls_stream.hpp"
#include "host/cli/mqtt_session.hpp"
#include "host/cli/outcome.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace esb::cli {

struct ToolAccount {
    std::string_view name;
    std::string_view folder;  // its credentials lie there, inside the broker's folder
    std::string_view access;  // as an ACL says it
};
inline constexpr ToolAccount operator_account{"esb.operator", "operator", "readwrite"};
inline constexpr ToolAccount reader_account{"esb.reader", "reader", "read"};
inline constexpr std::array tool_accounts{operator_account, reader_account};

// A folder of credentials holds the same text under two names, so that it can be the XDG_CONFIG_HOME of mosquitto_sub
// and mosquitto_pub: options, one a line, which then stand on no command line.
inline constexpr std::array<std::string_view, 2> credential_files{"mosquitto_sub", "mosquitto_pub"};

// Random keys, the broker's two files about them (`tools.psk`, `tools.acl`) and the credentials. Files that exist are
// replaced.
Outcome<void> make_tool_accounts(const std::filesystem::path& broker_folder, std::uint16_t port);
bool has_tool_accounts(const std::filesystem::path& broker_folder);

// The operator's credentials from a broker's folder. Refused when others may read the file.
Outcome<BrokerAccess> operator_access(const std::filesystem::path& broker_folder);

// Where `esb` looks when no folder is named: $XDG_CONFIG_HOME/esb/brokers or ~/.config/esb/brokers, a line
// `HOST:PORT FOLDER` for each broker that this user has made.
Outcome<void> remember_broker(const BrokerAddress& address, const std::filesystem::path& broker_folder);
Outcome<std::filesystem::path> remembered_broker(const BrokerAddress& address);

}  // namespace esb::cli
