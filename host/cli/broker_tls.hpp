// The certificates of a broker's folder: its own, and whom it trusts.
#pragma once

#include "host/cli/authority.hpp"
#include "host/cli/outcome.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

// Which credentials devices may come with.
struct BrokerTls {
    bool keys = true;           // a listener for pre-shared keys
    bool certificates = false;  // one with a certificate, for clients with certificates or passwords
    bool passwords = false;     // the latter
    std::string authority;      // the folder of an authority of `esb ca`, which signs the broker's certificate
    std::vector<std::string> hosts;
    // Or files of another authority's.
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string list_file;  // what that authority has revoked; may be empty
};

Outcome<void> check_broker_tls(const BrokerTls& tls);

// In a folder of a broker, `tls/`: ca.crt, server.crt, server.key, crl.pem (if there is a list).
Outcome<void> make_broker_tls(const std::filesystem::path& broker_folder, const BrokerTls& tls);

// The brokers that an authority of `esb ca` has signed for, in the file `brokers` of its folder, get what has changed:
// the list, and a renewed certificate of theirs. A line for each that could not be told.
std::vector<std::string> tell_brokers(const Authority& authority, const CertificateFacts* renewed = nullptr);

// Their certificates of which two thirds are over are signed again and brought to them. A line for what happened.
std::vector<std::string> renew_brokers(const Authority& authority);

}  // namespace esb::cli
