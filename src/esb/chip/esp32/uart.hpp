// chip::Uart on the UART that ESP-IDF's console uses (UART0 by default), at its speed.
#pragma once

#include "esb/chip/esp32/serial_port.hpp"

#include <driver/uart.h>
#include <driver/uart_select.h>

namespace esb::chip::esp32 {

// One object: the driver's callback has no place for a pointer.
class Uart final : public SerialPort {
public:
    explicit Uart(Wake& wake);

    std::size_t read(MutBytes out) override;
    bool host_connected() const override { return true; }

private:
    static void on_event(uart_port_t port, uart_select_notif_t event, BaseType_t* switch_task);  // interrupt

    void send(ConstBytes bytes) override;
    bool input() override { return arrived_.exchange(false); }
    TickType_t input_period() const override { return portMAX_DELAY; }
    bool sent() const override;

    std::atomic<bool> arrived_{false};
};

}  // namespace esb::chip::esp32
