// The process's stdin and stdout as the chip's serial port.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/uart.hpp"
#include "host/vchip/serial_output.hpp"
#include "host/vchip/wait_source.hpp"

#include <cstdint>

namespace esb::vchip {

// Works on pipes, pseudo-terminals, files and sockets. The end of the input is silence, not an error; output that nobody
// reads is lost (SerialOutput).
class StdioUart final : public chip::Uart, public WaitSource {
public:
    StdioUart(chip::Wake& wake, int in_fd = 0, int out_fd = 1);
    ~StdioUart() override;
    StdioUart(const StdioUart&) = delete;
    StdioUart& operator=(const StdioUart&) = delete;

    std::size_t read(MutBytes out) override;
    std::size_t write(ConstBytes bytes) override { return out_.write(bytes); }
    bool drained() const override { return true; }
    bool host_connected() const override { return true; }

    // Nothing is taken from stdin while 1 KiB is waiting to be read.
    int fd() const override { return ended_ || received_.full() ? -1 : in_; }
    void poll() override;

private:
    void receive();

    chip::Wake& wake_;
    int in_;
    SerialOutput out_;
    bool ended_ = false;
    bool more_ = true;  // the latest read(2) was not short: until the next poll() nothing else can be there
    FixedQueue<std::uint8_t, 1024> received_;
};

}  // namespace esb::vchip
