// `esb ca serve`: listens, gives each connection a thread of its own, bounded in number and time.
#pragma once

#include "host/cli/authority.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct EstOptions {
    std::string bind = "127.0.0.1";
    std::uint16_t port = 8443;
    std::vector<std::string> hosts;  // what the server's certificate is for
};

inline constexpr std::size_t est_connections = 8;  // at once; further ones are closed at once
inline constexpr unsigned est_seconds = 10;        // for a whole connection

// Runs until `stop()`. `tell` gets where it listens and what happens, a line each, from any thread but one at a time.
// The server's own certificate is in the authority's folder (serve.key, serve.crt), and is made anew when it is for other
// hosts or two thirds of its life are over; once a day the certificates of the authority's brokers are looked at, too.
Outcome<void> serve_est(const Authority& authority, const EstOptions& options, const std::function<bool()>& stop,
                        const std::function<void(const std::string&)>& tell);

}  // namespace esb::cli
