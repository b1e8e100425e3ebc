// Ends a select() of lwIP from anywhere: any task, lwIP's own, an interrupt.
#pragma once

#include "esb/base/result.hpp"

#include <atomic>
#include <cstdint>

struct tcpip_callback_msg;
struct udp_pcb;

namespace esb::chip::esp32 {

// raise() sets a flag and posts one message, prepared at start(), to lwIP's task, which sends one byte over the
// loopback interface to fd(). So raising costs one queue entry, may be done by lwIP's task itself (where any socket
// call would wait for itself for ever) and by an interrupt, and many calls before the next take() cost one message.
//
// lwIP's queue may be full. Then nothing is posted, but the flag stands: whoever waits must look at pending() from
// time to time.
class WakeSignal {
public:
    // lwIP must run. Later calls do nothing.
    Status start();

    // Before start() only the flag is set.
    void raise();
    // From an interrupt. True if a task of higher priority became ready: pass it to portYIELD_FROM_ISR.
    bool raise_from_isr();

    bool pending() const { return raised_.load(); }
    // Empties fd() and clears the flag; true if it was set. The waiting task only.
    bool take();
    // What to select for reading.
    int fd() const { return fd_; }

private:
    static void send_byte(void* self);

    std::atomic<bool> raised_{false};
    int fd_ = -1;
    std::uint16_t port_ = 0;                             // fd_'s, in host order
    std::atomic<tcpip_callback_msg*> message_{nullptr};  // set last by start(): others may raise() meanwhile
    udp_pcb* sender_ = nullptr;                          // lwIP's task only
};

}  // namespace esb::chip::esp32
