// What the device says by itself on the console, as much as the setting log.level allows.
#pragma once

#include "esb/console/output.hpp"

#include <cstdint>
#include <string_view>

namespace esb {

// Failures are always said.
class Voice {
public:
    explicit Voice(console::Output& output) : output_(output) {}

    // "error", "info" or "debug": the setting's words.
    void use(std::string_view level) {
        level_ = level == "error" ? Level::error : level == "debug" ? Level::debug : Level::info;
    }
    // What happens.
    bool info() const { return level_ >= Level::info; }
    // Details.
    bool debug() const { return level_ >= Level::debug; }

    console::Output& out() { return output_; }
    // "<what>: error: ..." if it failed. True if it did not.
    template <typename T>
    bool tell(std::string_view what, const Result<T>& outcome) {
        if (!outcome) failed(what, outcome.error());
        return outcome.has_value();
    }
    void failed(std::string_view what, const Error& why) { output_.text(what).text(": ").error(why); }

private:
    enum class Level : std::uint8_t { error, info, debug };

    console::Output& output_;
    Level level_ = Level::info;
};

}  // namespace esb
