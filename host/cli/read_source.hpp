// A descriptor that the reactor looks after beside its sockets.
#pragma once

#include "host/vchip/sockets_posix.hpp"

#include <functional>
#include <utility>

namespace esb::cli {

// Calls `ready` when there is something to read, and wakes the reactor then. `descriptor` says which it is now; -1: none.
class ReadSource final : public vchip::WaitSource {
public:
    ReadSource(vchip::PosixSockets& sockets, std::function<int()> descriptor, std::function<void()> ready)
        : sockets_(sockets), descriptor_(std::move(descriptor)), ready_(std::move(ready)) {
        sockets.add_source(*this);
    }
    ReadSource(const ReadSource&) = delete;
    ReadSource& operator=(const ReadSource&) = delete;

    int fd() const override { return descriptor_(); }
    void poll() override {
        ready_();
        sockets_.wake();
    }

private:
    vchip::PosixSockets& sockets_;
    std::function<int()> descriptor_;
    std::function<void()> ready_;
};

}  // namespace esb::cli
