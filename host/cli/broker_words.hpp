// Where a broker is, how it is known and who comes, as options, variables and the configuration file say it.
#pragma once

#include "host/cli/mqtt_session.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/shell.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

struct BrokerWords {
    std::string url;  // mqtts://[USER@]HOST[:PORT]
    std::string ca;   // files
    std::string cert;
    std::string cert_key;
    std::vector<std::string> pins;  // SHA-256 of a public key (SubjectPublicKeyInfo), 64 hex digits
    std::string psk_identity;
    std::string psk_file;
    std::string password_file;
    std::string psk;  // secrets themselves: from variables or the file
    std::string password;

    // Anything but a URL.
    bool any_beside_url() const;
    // The secrets of ESB_PSK and ESB_PASSWORD, where no file was named.
    void take_variables();
    // What this does not say is taken from there.
    void fill_from(const BrokerWords& other);
};

inline constexpr std::string_view broker_scheme = "mqtts://";

struct BrokerUrl {
    BrokerAddress address;
    std::string user;
};
// Port 8883 when there is none. Refuses other schemes, passwords and paths.
Outcome<BrokerUrl> parse_broker_url(std::string_view text);

// Reads the files and, where it is needed and there is a terminal, asks for the secret. Fails when nothing says how the
// broker is known.
Outcome<BrokerAccess> access_of(BrokerWords words, Shell& shell);

}  // namespace esb::cli
