// --broker, --broker-dir and how a broker elsewhere is known: the same for every command that talks to a broker.
#pragma once

#include "host/cli/broker_words.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace esb::cli {

struct BrokerOption {
    std::string address;  // HOST:PORT or a URL; empty: where the folder's broker listens, or 127.0.0.1:1884
    std::string folder;   // empty: the one that this user has made for the address
    BrokerWords words = {};

    // Where to connect and as whom. Without address and folder the configuration file counts.
    Outcome<BrokerAccess> access(Shell& shell) const;
};

void add_broker_address_option(CLI::App& command, BrokerOption& option);
void add_broker_option(CLI::App& command, BrokerOption& option);

}  // namespace esb::cli
