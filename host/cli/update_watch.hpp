// Follows one update by what the device says on <base>/ota/status.
#pragma once

#include "host/cli/safe_text.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

struct UpdateReport {
    std::string state;
    std::string ver;
    std::uint32_t done = 0;  // bytes
    std::uint32_t size = 0;
    std::string error;  // named cause: "ota.hash"; "" while all is well
    std::string why;    // the same in words
    std::int64_t detail = 0;  // a number that says more: the status of a web server
    std::string host = {};    // the web server that the error is about
};

class UpdateWatch {
public:
    // `id`: the envelope's, see envelope_id().
    explicit UpdateWatch(std::string id) : id_(std::move(id)) {}

    // The report when the payload speaks of this update and says something new. Nothing for what is malformed, for
    // another update (a stale one), and for a retained failure: that was an earlier try with the same envelope. A live
    // refusal without an id is ours: the device could not even read what we sent.
    std::optional<UpdateReport> take(std::string_view payload, bool retained);

    bool ended() const { return confirmed() || failed(); }
    bool confirmed() const { return last_.state == "confirmed"; }
    bool failed() const { return is_failure(last_.state); }
    const UpdateReport& last() const { return last_; }

private:
    static bool is_failure(std::string_view state) { return state == "failed" || state == "rolled_back"; }

    std::string id_;
    UpdateReport last_;
};

// "[#########---------------]  38 %  312 of 812 KiB  104 KiB/s, 5 s left", for a terminal of 80 columns. `rate`: bytes a
// second, if that is known.
std::string progress_bar(const UpdateReport& report, std::optional<std::uint32_t> rate = {}, std::size_t width = 32);
// One line without the bar: "downloading 1.4.0: 38 %, 319488 of 831488 bytes, 106496 bytes/s".
SafeText progress_line(const UpdateReport& report, std::optional<std::uint32_t> rate = {});
// "the image in flash does not have the manifest's SHA-256 (ota.hash)"
std::string reason_text(const UpdateReport& report);
JsonText progress_json(std::string_view identity, std::string_view id, const UpdateReport& report);

}  // namespace esb::cli
