// Non-blocking sockets, and the one place where the reactor waits.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/errors.hpp"
#include "esb/chip/network.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace esb::chip {

// Wakes a reactor that waits. Callable from any task; several calls may count as one.
class Wake {
public:
    virtual ~Wake() = default;
    virtual void wake() = 0;  // from any task, and from interrupts: wait() returns
};

enum class SocketId : std::int32_t { none = -1 };  // the port's number

struct Interest {                      // one socket that wait() looks at
    SocketId socket = SocketId::none;  // which one
    bool read = false;                 // wants to know when there is something to read, or to accept
    bool write = false;                // wants to know when it can write, or when a connect has ended
    bool ready_read = false;           // out: there is something, or it has ended
    bool ready_write = false;          // both are set on an error, which the next call then reports
};

struct Datagram {      // what has come by UDP
    Endpoint from;     // who has sent it
    std::size_t size;  // in bytes
};

// wake() may be called from any task. Nothing blocks but wait().
// `would_block` (base) means: wait for readiness. `closed` (base): the other side has ended the stream.
class Sockets : public Wake {
public:
    // Starts a TCP connection; it is up, or has failed, when the socket becomes writable.
    virtual Result<SocketId> connect(const Endpoint& to) = 0;
    // The outcome of connect(): success, would_block while it is under way, or why it failed.
    virtual Status connected(SocketId socket) = 0;
    // Listens for TCP connections. Port 0 lets the system choose; local() tells which. At the access point's own
    // address only what comes in through the access point is accepted: the station's network must not reach it.
    virtual Result<SocketId> listen(const Endpoint& at, int backlog) = 0;
    virtual Result<SocketId> accept(SocketId listener) = 0;
    // Opens a UDP socket bound to `at`; at the access point's address as listen().
    virtual Result<SocketId> bind_udp(const Endpoint& at) = 0;

    virtual Result<std::size_t> send(SocketId socket, ConstBytes bytes) = 0;  // how many; would_block, socket_ errors
    // At least one byte, or would_block, or closed, or an error.
    virtual Result<std::size_t> receive(SocketId socket, MutBytes out) = 0;
    virtual Status send_to(SocketId socket, const Endpoint& to, ConstBytes bytes) = 0;
    virtual Result<Datagram> receive_from(SocketId socket, MutBytes out) = 0;

    virtual Result<Endpoint> local(SocketId socket) = 0;  // its own end
    // Closes at once; what was sent is still delivered by the network stack. `none` is ignored.
    virtual void close(SocketId socket) = 0;

    // Waits until an interest is ready, wake() is called (before or during), something arrives that another
    // part of the chip reports (UART, radio, resolver, button), or `timeout` is over. Fills the ready flags.
    virtual Status wait(std::span<Interest> interests, Duration timeout) = 0;
};

}  // namespace esb::chip
