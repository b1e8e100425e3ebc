// How patient and how strict the update engine is.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/time.hpp"
#include "esb/net/tls_config.hpp"

#include <cstddef>

namespace esb::ota {

// Times and tries. May be changed until the first turn of the reactor.
struct UpdatePolicy {
    Duration trial_timeout = std::chrono::minutes(5);   // to become healthy
    Duration retry_first = std::chrono::minutes(1);     // back-off after a failed download or trial: doubles,
    Duration retry_longest = std::chrono::minutes(30);  // with jitter
    Duration download_first = std::chrono::seconds(3);  // the first wait of a download, if it is shorter
    unsigned download_tries = 10;                       // rounds over all URLs that bring nothing new
    unsigned download_refusals = 4;       // the same, if every URL gave a definite answer (404, wrong size)
    unsigned failure_limit = 3;           // failures of one envelope that wore the flash, in all starts
    unsigned crash_limit = 2;             // then the image is quarantined
    unsigned trial_limit = 3;             // trials that end silent or by loss of power
    std::size_t heap_needed = 20 * 1024;  // free bytes before a download starts
    bool legacy_md5 = false;              // accept URL|md5 (setting ota.legacy_md5)
    FixedString<255> hosts;               // that images may come from (setting ota.hosts); empty: any
    net::TlsCredentials* web = nullptr;   // whom https servers are trusted by; null: nobody
};

}  // namespace esb::ota
