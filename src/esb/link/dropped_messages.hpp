// Messages that were too large are told once: not again when one comes again because its acknowledgement was lost, nor
// when a retained one comes with every subscription.
#pragma once

#include "esb/base/encoding.hpp"
#include "esb/mqtt/types.hpp"

#include <algorithm>
#include <array>

namespace esb::link {

class DroppedMessages {
public:
    // False when it is one that was told before.
    bool is_new(const mqtt::TooLarge& message) {
        const Mark mark{crc32(as_bytes(message.topic)), static_cast<std::uint32_t>(message.topic_size),
                        static_cast<std::uint32_t>(message.size)};
        const bool told = std::find(told_.begin(), told_.end(), mark) != told_.end();
        if (told) return !message.retain && !message.duplicate;
        told_[next_] = mark;
        next_ = (next_ + 1) % told_.size();
        return true;
    }

private:
    struct Mark {
        std::uint32_t topic = 0;
        std::uint32_t topic_size = 0;  // never 0 of a message
        std::uint32_t size = 0;
        friend bool operator==(const Mark&, const Mark&) = default;
    };
    std::array<Mark, 4> told_{};
    std::size_t next_ = 0;
};

}  // namespace esb::link
