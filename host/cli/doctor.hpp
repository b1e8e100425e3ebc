// What this machine has of what the work needs.
#pragma once

#include "host/cli/serial_port.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

enum class Purpose {
    virtual_chip,  // esb new, esb run
    test,          // the test of a project
    board,         // a real chip at USB
};

struct Finding {
    std::string what;
    Purpose purpose;
    bool found = false;
    std::string detail;  // found: which; missing: how to get it
};

std::vector<Finding> examine();
// Alone, for ports as they may be.
std::vector<Finding> examine_ports(const std::vector<SerialPort>& ports);
// The numbers in front of each point of "mosquitto version 2.0.11"; empty when there is none.
std::vector<unsigned> version_in(std::string_view text);

}  // namespace esb::cli
