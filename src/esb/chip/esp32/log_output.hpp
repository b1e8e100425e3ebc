// ESP-IDF's log lines on their way through the console's port.
#pragma once

#include "esb/chip/uart.hpp"

namespace esb::chip::esp32 {

// From now on esp_log writes to `uart`, each line in one piece, so that it cannot stand in the middle of a line of
// the console. Lines longer than 255 bytes are cut. `uart` must live for ever.
void send_log_to(chip::Uart& uart);

}  // namespace esb::chip::esp32
