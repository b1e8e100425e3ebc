// The process's stdin and stdout as the chip's serial port.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/uart.hpp"
#include "host/vchip/wait_source.hpp"

#include <cstdint>
#include <mutex>

namespace esb::vchip {

// Works on pipes, pseudo-terminals, files and sockets. The descriptors' own flags stay as they were (a shell may
// share them): pipes and terminals are opened once more, non-blocking. The end of the input is silence, not an
// error; output that nobody reads any more is lost, as on a wire.
class StdioUart final : public chip::Uart, public WaitSource {
public:
    StdioUart(chip::Wake& wake, int in_fd = 0, int out_fd = 1);
    ~StdioUart() override;
    StdioUart(const StdioUart&) = delete;
    StdioUart& operator=(const StdioUart&) = delete;

    std::size_t read(MutBytes out) override;
    // Callable from any thread; waits up to 50 ms for room.
    std::size_t write(ConstBytes bytes) override;
    bool drained() const override { return true; }
    bool host_connected() const override { return true; }

    // Nothing is taken from stdin while 1 KiB is waiting to be read.
    int fd() const override { return ended_ || received_.full() ? -1 : in_; }
    void poll() override;

private:
    void receive();

    chip::Wake& wake_;
    int in_;
    int out_;
    bool ended_ = false;
    FixedQueue<std::uint8_t, 1024> received_;
    std::mutex writing_;
};

}  // namespace esb::vchip
