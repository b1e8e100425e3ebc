// The mosquitto that runs with a folder's configuration: found, and told that its files have changed.
#pragma once

#include "host/cli/outcome.hpp"

#include <chrono>
#include <filesystem>

namespace esb::cli {

// What became of a running broker after a change.
enum class Reload {
    reloaded,
    outdated,  // the same, but it was started with an earlier mosquitto.conf
    not_running,
};

// Sends SIGHUP and waits until the broker says in the folder's mosquitto.log that it reads its files again, so that who
// connects next is judged by them. A broker that logs elsewhere gives no sign: then it is told, and that is all.
Outcome<Reload> reload_mosquitto(const std::filesystem::path& folder,
                                 std::chrono::milliseconds patience = std::chrono::seconds(2));

}  // namespace esb::cli
