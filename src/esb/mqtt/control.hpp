// The short packets that go before all others (acknowledgements, PINGREQ, DISCONNECT), back to back, so that
// many leave in one write. Also the place where CONNECT is written slice by slice.
#pragma once

#include "esb/base/secret.hpp"

namespace esb::mqtt {

class ControlBuffer {
public:
    void use(MutBytes memory) { memory_ = memory; }

    bool empty() const { return head_ == tail_; }
    std::size_t capacity() const { return memory_.size(); }
    std::size_t room() const { return memory_.size() - (tail_ - head_); }
    ConstBytes pending() const { return {memory_.data() + head_, tail_ - head_}; }

    // Room for one more packet, to be written at once. There must be as much.
    MutBytes append(std::size_t size);
    void consume(std::size_t count);
    // The whole buffer, to be filled from its front; commit() tells how much was. It must be empty.
    MutBytes space() { return memory_; }
    void commit(std::size_t count) { tail_ = count; }
    // Empties it and overwrites what it held: CONNECT contains the password.
    void clear();

private:
    MutBytes memory_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

}  // namespace esb::mqtt
