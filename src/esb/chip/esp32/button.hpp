// chip::Button on one GPIO.
#pragma once

#include "esb/chip/button.hpp"
#include "esb/chip/esp32/sockets.hpp"

namespace esb::chip::esp32 {

// Pressed = low, as the BOOT button is wired. CONFIG_ESB_BUTTON_GPIO names the pin; -1: there is none.
class Button final : public chip::Button {
public:
    // Each change of the pin wakes `sockets`.
    explicit Button(Sockets& sockets);
    bool pressed() const override;

private:
    static void on_change(void* self);  // interrupt

    Sockets& sockets_;
};

}  // namespace esb::chip::esp32
