// What comes out of a virtual chip's serial port: the firmware's lines and the boot loader's.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <mutex>

namespace esb::vchip {

// A descriptor of our own for what `fd` is connected to, non-blocking where that matters; -1: it is closed. The
// descriptor's own flags stay as they were (a shell may share them): pipes and terminals are opened once more.
int own_descriptor(int fd, int access);

// Works on pipes, pseudo-terminals, files and sockets. A chip goes on when nobody reads its serial port: bytes that find
// no room are lost, as on a wire.
class SerialOutput {
public:
    explicit SerialOutput(int fd);
    ~SerialOutput();
    SerialOutput(const SerialOutput&) = delete;
    SerialOutput& operator=(const SerialOutput&) = delete;

    // How many of the bytes have gone out. Waits up to 50 ms for room, once: until there is room again, later calls do
    // not wait. Callable from any thread.
    std::size_t write(ConstBytes bytes);

private:
    bool wait_for_room(std::int64_t deadline);

    int fd_;
    bool stalled_ = false;  // the latest wait was in vain
    std::mutex writing_;
};

}  // namespace esb::vchip
