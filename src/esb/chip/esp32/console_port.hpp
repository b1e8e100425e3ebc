// The serial port that ESP-IDF's configuration chose for the console.
#pragma once

#include <sdkconfig.h>

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
#include "esb/chip/esp32/usb_serial.hpp"
#elif CONFIG_ESP_CONSOLE_UART
#include "esb/chip/esp32/uart.hpp"
#else
#error "ESP32 Secure Base needs a console: choose a UART or USB-Serial-JTAG in ESP System Settings"
#endif

namespace esb::chip::esp32 {

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
using ConsolePort = UsbSerial;
#else
using ConsolePort = Uart;
#endif

}  // namespace esb::chip::esp32
