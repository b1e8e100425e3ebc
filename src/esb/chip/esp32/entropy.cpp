#include "esb/chip/esp32/entropy.hpp"

#include <bootloader_random.h>
#include <esp_random.h>

namespace esb::chip::esp32 {

Status Entropy::fill(MutBytes out) {
    const Lock lock(filling_);
    if (radio_.on()) {
        esp_fill_random(out.data(), out.size());
        return {};
    }
    bootloader_random_enable();
    esp_fill_random(out.data(), out.size());
    bootloader_random_disable();  // the ADC and the radio need it off
    return {};
}

}  // namespace esb::chip::esp32
