// What a press of the chip's button does: the set-up page, or a factory reset.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/button_press.hpp"
#include "esb/device/network.hpp"

namespace esb {

class Button final : public Task {
public:
    static constexpr Duration reset_length = std::chrono::seconds(10);  // that it is held for a factory reset

    Button(chip::Chip& chip, Network& network, Restart& restart, Voice& voice)
        : chip_(chip), network_(network), restart_(restart), voice_(voice) {}

    void step(Instant now) override {
        const auto press = press_.step(chip_.button.pressed(), now);
        if (press == Press::brief) voice_.tell("portal", network_.open_portal());
        if (press != Press::held) return;
        voice_.out().line("factory reset: the button was held");
        voice_.tell("factory reset", restart_.reset(chip_.key_value, false));
    }
    std::optional<Instant> deadline() const override { return press_.deadline(); }

private:
    chip::Chip& chip_;
    Network& network_;
    Restart& restart_;
    Voice& voice_;
    ButtonPress press_{reset_length};
};

}  // namespace esb
