// Takes the birth lines out of what a serial port says: they come once in a device's life.
#pragma once

#include "host/cli/birth_lines.hpp"
#include "host/cli/screen.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

inline constexpr Source birth_source{"birth", "1;33"};

struct BirthOptions {
    std::string file = "births.txt";  // appended to, for its owner alone
    std::string label;                // .svg or .png; empty: none
    std::string broker;               // a folder of esb broker; empty: no account
};

class BirthKeeper {
public:
    BirthKeeper(const BirthOptions& options, Screen& screen) : options_(options), screen_(screen) {}

    // Does what the options say as the lines come. A failure does not lose a line: it is in the file first.
    Outcome<void> take(std::string_view line);
    // A device's lines were all there.
    bool complete() const { return complete_; }

private:
    Outcome<void> take_key(const DeviceKey& key);
    Outcome<void> take_access_point(const AccessPoint& access_point);
    Outcome<void> keep(std::string_view line) const;
    void end();

    const BirthOptions& options_;
    Screen& screen_;
    std::string identity_;  // whose lines are coming
    bool complete_ = false;
};

}  // namespace esb::cli
