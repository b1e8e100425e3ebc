// What a press of the button means: a brief one, or one held long enough.
#pragma once

#include "esb/base/time.hpp"

#include <optional>

namespace esb {

enum class Press : std::uint8_t { none, brief, held };

class ButtonPress {
public:
    static constexpr Duration shortest = std::chrono::milliseconds(50);  // what is shorter is a bouncing contact
    static constexpr Duration brief_limit = std::chrono::seconds(2);     // what is longer, but not held, is neither

    explicit ButtonPress(Duration held) : held_(held) {}

    // At every turn: `held` once in each press, as soon as it has lasted long enough; `brief` when one ends. What is
    // pressed from the start on does not count before it was released: a pin that is always low is no button.
    Press step(bool pressed, Instant now) {
        if (!pressed) return release(now);
        if (!armed_) return Press::none;
        if (!since_) since_ = now;
        if (now - *since_ < held_) return Press::none;
        since_.reset();
        armed_ = false;
        return Press::held;
    }
    std::optional<Instant> deadline() const { return since_ ? std::optional(*since_ + held_) : std::nullopt; }

private:
    Press release(Instant now) {
        armed_ = true;
        if (!since_) return Press::none;
        const auto lasted = now - *since_;
        since_.reset();
        return lasted >= shortest && lasted <= brief_limit ? Press::brief : Press::none;
    }

    Duration held_;
    std::optional<Instant> since_;
    bool armed_ = false;
};

}  // namespace esb
