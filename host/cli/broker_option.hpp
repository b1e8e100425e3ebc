// --broker HOST:PORT, the same for every command that talks to a broker.
#pragma once

#include "host/cli/mqtt_session.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace esb::cli {

inline void add_broker_option(CLI::App& command, std::string& target) {
    target = "127.0.0.1:1884";
    command.add_option("--broker", target, "The broker's plain port for tools")
        ->envname("ESB_BROKER")
        ->type_name("HOST:PORT")
        ->capture_default_str()
        ->check([](const std::string& text) {
            const auto parsed = parse_broker(text);
            return parsed ? std::string() : parsed.error().line;
        });
}

}  // namespace esb::cli
