// How patient and how strict the update engine is.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/local_time.hpp"
#include "esb/base/time.hpp"
#include "esb/net/tls_config.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::ota {

// When an update is installed (setting ota.when).
enum class When : std::uint8_t {
    now,     // as soon as it comes
    window,  // in certain hours of the day, or when somebody says so
    ask,     // when somebody says so
};
std::string_view name(When when);

// A stored download starts then even if nobody says that the link is up.
inline constexpr Duration network_grace = std::chrono::seconds(30);

// Words need no signature, and a message may be repeated: none of it may wear the flash out. So many at once, and then
// one a period: of records, and of what failed downloads have written, in whole slots.
inline constexpr Duration write_period = std::chrono::minutes(1);
inline constexpr int writes_at_once = 10;
inline constexpr Duration slot_period = std::chrono::minutes(10);
inline constexpr int slots_at_once = 12;

// Times and tries. May be changed until the first turn of the reactor.
struct UpdatePolicy {
    Duration trial_timeout = std::chrono::minutes(5);   // to become healthy
    Duration retry_first = std::chrono::minutes(1);     // back-off after a failed download or trial: doubles,
    Duration retry_longest = std::chrono::minutes(30);  // with jitter
    Duration download_first = std::chrono::seconds(3);  // the first wait of a download, if it is shorter
    unsigned download_tries = 10;                       // rounds over all URLs that bring nothing new
    unsigned download_refusals = 4;                   // the same, if every URL gave a definite answer (404, wrong size)
    unsigned failure_limit = 3;                       // failures of one envelope that wore the flash, in all starts
    unsigned crash_limit = 2;                         // then the image is quarantined
    unsigned trial_limit = 3;                         // trials that end silent or by loss of power
    std::size_t heap_needed = 20 * 1024;              // free bytes before a download starts
    bool legacy_md5 = false;                          // accept URL|md5 (setting ota.legacy_md5)
    FixedString<255> hosts;                           // that images may come from (setting ota.hosts); empty: any
    When when = When::now;                            // setting ota.when
    DailyWindow window;                               // setting ota.window, in the local time of
    TimeZone zone;                                    // setting time.zone
    Duration heard_lately = std::chrono::minutes(3);  // a window counts while the device was healthy so long ago
    net::TlsCredentials* web = nullptr;               // whom https servers are trusted by; null: nobody
};

}  // namespace esb::ota
