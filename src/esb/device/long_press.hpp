// A button held long enough.
#pragma once

#include "esb/base/time.hpp"

#include <optional>

namespace esb {

class LongPress {
public:
    explicit LongPress(Duration length) : length_(length) {}

    // At every turn; true once in each press that has lasted long enough. A contact that bounces begins anew. What is
    // pressed from the start on does not count before it was released: a pin that is always low is no button.
    bool step(bool pressed, Instant now) {
        if (!pressed) {
            due_.reset();
            armed_ = true;
            return false;
        }
        if (!armed_) return false;
        if (!due_) due_ = now + length_;
        if (now < *due_) return false;
        due_.reset();
        armed_ = false;
        return true;
    }
    std::optional<Instant> deadline() const { return due_; }

private:
    Duration length_;
    std::optional<Instant> due_;
    bool armed_ = false;
};

}  // namespace esb
