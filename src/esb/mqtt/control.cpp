#include "esb/mqtt/control.hpp"

#include <algorithm>

namespace esb::mqtt {

MutBytes ControlBuffer::append(std::size_t size) {
    if (size > memory_.size() - tail_) {
        copy(pending(), memory_);
        tail_ -= head_;
        head_ = 0;
    }
    tail_ += size;
    return {memory_.data() + tail_ - size, size};
}

void ControlBuffer::consume(std::size_t count) {
    head_ += std::min(count, tail_ - head_);
    if (empty()) head_ = tail_ = 0;
}

void ControlBuffer::clear() {
    wipe(memory_);
    head_ = tail_ = 0;
}

}  // namespace esb::mqtt
