#include <sdkconfig.h>

#if CONFIG_ESP_CONSOLE_UART
#include "esb/chip/esp32/uart.hpp"

#include <esp_err.h>

namespace esb::chip::esp32 {
namespace {

constexpr auto port = static_cast<uart_port_t>(CONFIG_ESP_CONSOLE_UART_NUM);
constexpr int receive_buffer = 1024;  // bytes

Uart* the_uart = nullptr;

}  // namespace

// Pins and speed stay as the start-up code has set them. Without a send buffer uart_write_bytes() waits for the
// hardware's FIFO; the queue is SerialPort's.
Uart::Uart(Wake& wake) : SerialPort(wake) {
    the_uart = this;
    ESP_ERROR_CHECK(uart_driver_install(port, receive_buffer, 0, 0, nullptr, 0));
    start_task();
    uart_set_select_notif_callback(port, on_event);
}

void Uart::on_event(uart_port_t, uart_select_notif_t event, BaseType_t* switch_task) {
    if (event != UART_SELECT_READ_NOTIF) return;
    the_uart->arrived_ = true;
    the_uart->input_from_interrupt(*switch_task);
}

std::size_t Uart::read(MutBytes out) {
    const int got = uart_read_bytes(port, out.data(), static_cast<std::uint32_t>(out.size()), 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

void Uart::send(ConstBytes bytes) { uart_write_bytes(port, bytes.data(), bytes.size()); }

bool Uart::sent() const { return uart_wait_tx_done(port, 0) == ESP_OK; }

}  // namespace esb::chip::esp32
#endif
