// chip::Uart on the USB-Serial-JTAG controller of newer chips (CONFIG_ESP_CONSOLE_USB_SERIAL_JTAG).
#pragma once

#include "esb/chip/esp32/serial_port.hpp"

namespace esb::chip::esp32 {

// Unlike a UART it can tell whether anybody is there. What is written while nobody reads is lost, as on a wire.
class UsbSerial final : public SerialPort {
public:
    explicit UsbSerial(Wake& wake);

    std::size_t read(MutBytes out) override;
    // A host at the cable's end where somebody has read all that was written; waits for that, half a second at most.
    bool host_connected() const override;

private:
    bool is_taking() const;
    void send(ConstBytes bytes) override;
    bool input() override;
    // Its driver tells nobody that something has arrived.
    TickType_t input_period() const override { return pdMS_TO_TICKS(20); }
    bool sent() const override;

    static constexpr std::size_t input_size = 512;  // bytes
    StaticStreamBuffer_t input_memory_{};
    std::array<std::uint8_t, input_size + 1> input_bytes_{};
    StreamBufferHandle_t input_ = nullptr;
    std::atomic<bool> taken_{true};  // the host has taken what was sent last
    std::atomic<TickType_t> sent_at_{0};
};

}  // namespace esb::chip::esp32
