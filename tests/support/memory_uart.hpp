// A serial port in memory whose other end is the test.
#pragma once

#include "esb/chip/uart.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace esb::test {

class MemoryUart final : public chip::Uart {
public:
    // What the person types.
    void type(std::string_view text) { typed_ += text; }
    // What has been sent since the last call.
    std::string sent() { return std::exchange(sent_, {}); }
    // Bytes that write() takes until it is told anew; a slow port.
    void set_room(std::size_t bytes) { room_ = bytes; }
    void set_connected(bool connected) { connected_ = connected; }
    // write() calls that took something.
    unsigned writes() const { return writes_; }

    std::size_t read(MutBytes out) override {
        const auto count = std::min(out.size(), typed_.size());
        copy(as_bytes(typed_).first(count), out);
        typed_.erase(0, count);
        return count;
    }
    std::size_t write(ConstBytes bytes) override {
        const auto count = std::min(room_, bytes.size());
        sent_ += as_text(bytes.first(count));
        if (room_ != unlimited) room_ -= count;
        if (count > 0) ++writes_;
        return count;
    }
    bool drained() const override { return true; }
    bool host_connected() const override { return connected_; }

private:
    static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

    std::string typed_;
    std::string sent_;
    std::size_t room_ = unlimited;
    unsigned writes_ = 0;
    bool connected_ = true;
};

}  // namespace esb::test
