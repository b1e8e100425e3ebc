// A byte stream to a named peer, however it is protected.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esb::net {

// Called from the reactor's task, never from within open(), read(), write() or close().
class StreamHandler {
public:
    virtual ~StreamHandler() = default;
    virtual void on_open() = 0;
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;
    // The stream could not be opened, or ended; it is closed already. `closed`: the peer ended it in good order.
    virtual void on_closed(const Error& why) = 0;
};

class Stream {
public:
    virtual ~Stream() = default;

    // Starts opening: on_open or on_closed follows within `open_timeout`. `busy` unless closed.
    virtual Status open(std::string_view host, std::uint16_t port, StreamHandler& handler) = 0;
    // At least one byte, or would_block (on_readable follows), or why it ended.
    virtual Result<std::size_t> read(MutBytes out) = 0;
    // Takes at least one byte, or would_block (on_writable follows), or why it ended. After would_block the next
    // write must begin with the same bytes.
    virtual Result<std::size_t> write(ConstBytes bytes) = 0;
    // Ends it in good order as far as that needs no waiting; no callback comes afterwards. Idempotent.
    virtual void close() = 0;
    virtual bool is_open() const = 0;
};

}  // namespace esb::net
