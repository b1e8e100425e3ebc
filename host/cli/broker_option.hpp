// --broker HOST:PORT and --broker-dir DIR, the same for every command that talks to a broker.
#pragma once

#include "host/cli/mqtt_session.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace esb::cli {

struct BrokerOption {
    std::string address;  // empty: where the folder's broker listens, or 127.0.0.1:1884
    std::string folder;   // empty: the one that this user has made for the address

    // Where to connect and as whom.
    Outcome<BrokerAccess> access() const;
};

void add_broker_address_option(CLI::App& command, BrokerOption& option);
void add_broker_option(CLI::App& command, BrokerOption& option);

}  // namespace esb::cli
