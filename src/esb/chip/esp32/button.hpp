// chip::Button on one GPIO.
#pragma once

#include "esb/chip/button.hpp"
#include "esb/chip/sockets.hpp"

namespace esb::chip::esp32 {

// Pressed = low, as the BOOT button is wired. CONFIG_ESB_BUTTON_GPIO names the pin; -1: there is none.
class Button final : public chip::Button {
public:
    // Each change of the pin calls wake().
    explicit Button(Wake& wake);
    bool pressed() const override;

private:
    static void on_change(void* self);  // interrupt

    Wake& wake_;
};

}  // namespace esb::chip::esp32
