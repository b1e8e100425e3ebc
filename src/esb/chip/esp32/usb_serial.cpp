#include <sdkconfig.h>

#if CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG
#include "esb/chip/esp32/usb_serial.hpp"

#include "esb/base/features.hpp"

#include <driver/usb_serial_jtag.h>
#include <esp_err.h>
#if __has_include(<hal/usb_serial_jtag_ll.h>)
#include <hal/usb_serial_jtag_ll.h>
#define ESB_USB_ENDPOINT 1
#else
#define ESB_USB_ENDPOINT 0
#endif

#include <algorithm>

namespace esb::chip::esp32 {
namespace {

constexpr TickType_t send_patience = pdMS_TO_TICKS(50);
// The driver does not say when its 256 bytes have left; a host that reads fetches 64 bytes every millisecond.
constexpr TickType_t leave_time = pdMS_TO_TICKS(50);
constexpr TickType_t drain_patience = pdMS_TO_TICKS(500);
// The driver drops what does not fit and tells nobody, and a host sends a pasted text within a few milliseconds.
constexpr std::uint32_t receive_buffer = with_certificates ? 4608 : 1024;  // bytes

// What the driver has taken was fetched by the host.
bool fetched() {
#if ESB_USB_ENDPOINT
    return usb_serial_jtag_ll_txfifo_writable() != 0;  // ESP-IDF 5.1 has nothing above this
#else
    return usb_serial_jtag_wait_tx_done(leave_time) == ESP_OK;
#endif
}

}  // namespace

UsbSerial::UsbSerial(Wake& wake)
    : SerialPort(wake), input_(xStreamBufferCreateStatic(input_size, 1, input_bytes_.data(), &input_memory_)) {
    usb_serial_jtag_driver_config_t config = USB_SERIAL_JTAG_DRIVER_CONFIG_DEFAULT();
    config.rx_buffer_size = receive_buffer;
    ESP_ERROR_CHECK(usb_serial_jtag_driver_install(&config));
    start_task();
}

std::size_t UsbSerial::read(MutBytes out) { return xStreamBufferReceive(input_, out.data(), out.size(), 0); }

// The driver calls a host with a closed port connected, and takes 256 bytes for it.
bool UsbSerial::host_connected() const {
    for (TickType_t waited = 0; waited < drain_patience && !drained(); ++waited) vTaskDelay(1);
    return is_taking() && drained() && fetched();
}

bool UsbSerial::is_taking() const { return usb_serial_jtag_is_connected() && taken_; }

void UsbSerial::send(ConstBytes bytes) {
    // A host that has stopped reading is not waited for a second time.
    const TickType_t patience = is_taking() ? send_patience : 0;
    taken_ = usb_serial_jtag_write_bytes(bytes.data(), bytes.size(), patience) == static_cast<int>(bytes.size());
    sent_at_ = xTaskGetTickCount();
}

bool UsbSerial::input() {
    std::array<std::uint8_t, 64> piece;
    bool arrived = false;
    for (;;) {
        const std::size_t room = std::min(piece.size(), xStreamBufferSpacesAvailable(input_));
        if (room == 0) return arrived;  // the rest waits in the driver until the reactor has read
        const int got = usb_serial_jtag_read_bytes(piece.data(), static_cast<std::uint32_t>(room), 0);
        if (got <= 0) return arrived;
        xStreamBufferSend(input_, piece.data(), static_cast<std::size_t>(got), 0);
        arrived = true;
    }
}

bool UsbSerial::sent() const { return xTaskGetTickCount() - sent_at_ >= leave_time; }

}  // namespace esb::chip::esp32
#endif
