// What an update says of itself: <base>/ota/status, the console and the set-up page show it.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/network.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::ota {

enum class State : std::uint8_t {
    idle,
    downloading,
    verifying,
    rebooting,
    trial,
    confirmed,
    failed,
    rolled_back,
    waiting,  // for what `hold` says
};
std::string_view name(State state);

// What an update waits for before anything of it is fetched.
enum class Hold : std::uint8_t {
    nothing,
    ask,        // somebody's word
    window,     // the hours that the owner allows; or, within them, the network
    clock,      // the same, and nobody knows what time it is
    postponed,  // the time that somebody has stated
};
std::string_view name(Hold hold);   // "", "ask", "window", "clock", "postponed"
std::string_view words(Hold hold);  // "somebody's word", ...

// Which of an update's files it comes from; the manifest's member.
enum class Fetched : std::uint8_t { image, packed, delta, data };
std::string_view name(Fetched fetched);  // "", "z", "from", "data"

// What <base>/ota/status says.
struct Progress {
    State state = State::idle;
    FixedString<16> id;   // first 16 hex digits of the envelope's digest
    FixedString<31> ver;  // of the update
    std::uint32_t done = 0;
    std::uint32_t size = 0;
    std::optional<Error> error;      // why failed or rolled back; while downloading: why the latest try has failed
    FixedString<chip::max_host_name> host;  // the web server that the error is about, if it is about one
    bool freshness_unknown = false;  // an "exp" could not be judged: no wall clock yet
    Fetched fetched = Fetched::image;
    Hold hold = Hold::nothing;      // while waiting
    std::optional<UnixTime> until;  // postponed: then, if the time is known
    bool fell_back = false;         // that is fetched because the form before it has failed of `error`
};

// Why, in words: with the status of a web server, and which one it is. `out` has at least why_max characters.
inline constexpr std::size_t why_max = 384;
std::string_view why(const Progress& progress, std::span<char> out);

}  // namespace esb::ota
