// How `esb ota` shows updates as they go: on a terminal in place, elsewhere line by line.
#pragma once

#include "esb/base/time.hpp"
#include "host/cli/safe_text.hpp"
#include "host/cli/update_watch.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace esb::cli {

// Bytes a second over the last few reports.
class DownloadRate {
public:
    void note(std::uint32_t done, Instant now);
    // Nothing before a second has gone by.
    std::optional<std::uint32_t> rate() const;

private:
    struct Sample {
        std::uint32_t done;
        Instant at;
    };
    std::deque<Sample> samples_;
};

// Of one device a bar, and a line for each state; of several, a line for each device, all of them drawn anew with each
// report. Without `in_place` a line for each state and each tenth of a download.
class UpdateScreen {
public:
    UpdateScreen(Printer& out, bool in_place, std::size_t width, std::vector<std::string> devices);

    void show(std::size_t device, const UpdateReport& report, Instant now);
    // What stands there stays.
    void end();

private:
    struct Device {
        std::string name;
        DownloadRate rate;
        std::string state;
        std::uint64_t tenth = 0;
        std::string line;  // of several, in place
    };
    bool several() const { return devices_.size() > 1; }
    void show_one(Device& device, const UpdateReport& report, bool downloading);
    void show_line(Device& device, const UpdateReport& report, bool downloading);
    void draw_all(Device& device, const UpdateReport& report, bool downloading);

    Printer& out_;
    bool in_place_;
    std::size_t width_;
    std::vector<Device> devices_;
    bool drawn_ = false;
};

}  // namespace esb::cli
