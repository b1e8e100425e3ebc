// A byte stream to a named peer, however it is protected.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::net {

// How long each part of opening may take, in all.
struct StreamLimits {
    Duration open_timeout = std::chrono::seconds(15);       // name look-up and TCP: dns.failed, socket.timed_out
    Duration handshake_timeout = std::chrono::seconds(15);  // TLS: tls.handshake_timeout
};

// Called from the reactor's task, never from within open(), read(), write() or close(). All members of the stream may
// be called from within; the stream may not be destroyed from within.
class StreamHandler {
public:
    virtual ~StreamHandler() = default;
    virtual void on_open() = 0;
    // Something can be read, the end included. Comes again every turn until it has been read.
    virtual void on_readable() = 0;
    // Once after each write that would have blocked.
    virtual void on_writable() = 0;
    // The stream could not be opened, or ended; it is closed already. `closed`: the peer ended it in good order.
    // Follows as well when read() or write() have told of the end already, unless close() is called first.
    virtual void on_closed(const Error& why) = 0;
};

class Stream {
public:
    virtual ~Stream() = default;

    // Starts opening: on_open or on_closed follows within `open_timeout`. `busy` unless closed.
    virtual Status open(std::string_view host, std::uint16_t port, StreamHandler& handler) = 0;
    // At least one byte, or would_block (on_readable follows), or why it ended. `out` must not be empty.
    virtual Result<std::size_t> read(MutBytes out) = 0;
    // True only when read() would block now: it need not be asked before on_readable.
    virtual bool read_empty() const { return false; }
    // Takes at least one byte, or would_block (on_writable follows), or why it ended. After would_block the next
    // write must begin with the same bytes, all of them. `bytes` must not be empty.
    virtual Result<std::size_t> write(ConstBytes bytes) = 0;
    // While it is paused on_readable does not come, and nothing is noticed of the other side. open() ends that.
    virtual void pause(bool paused) = 0;
    // Ends it in good order as far as that needs no waiting; no callback comes afterwards. Idempotent.
    virtual void close() = 0;
    virtual bool is_open() const = 0;
};

}  // namespace esb::net
