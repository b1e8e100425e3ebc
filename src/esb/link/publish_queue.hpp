// The way of a publish from any task to the reactor: a bounded queue without locks.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/link/message.hpp"
#include "esb/mqtt/types.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace esb::link {

// push() from any task; the rest from the reactor's.
class PublishQueue {
public:
    static constexpr std::size_t name_max = 96;  // bytes of a topic below its root

    struct Item {
        FixedString<name_max> topic;
        Root root = Root::app;
        ConstBytes payload;
        PublishOptions options;
    };

    // `slots` must be a power of two, so that tickets may wrap around.
    PublishQueue(std::size_t slots, std::size_t max_payload);

    // Copies everything. `full` when every slot is taken, too_long.
    Status push(const Topic& topic, ConstBytes payload, const PublishOptions& options);
    // The oldest item, if it is completely written; it stays until pop().
    const Item* front();
    void pop();

private:
    enum class Phase : std::uint8_t { free, writing, ready };
    struct Slot {
        std::atomic<Phase> phase{Phase::free};
        std::uint32_t ticket = 0;
        Item item;
    };

    std::size_t slots_;
    std::size_t max_payload_;
    std::unique_ptr<Slot[]> slot_;
    std::unique_ptr<std::uint8_t[]> payload_;
    std::atomic<std::uint32_t> next_ticket_{0};  // of the next push
    std::uint32_t front_ticket_ = 0;             // of the item that front() shows
};

}  // namespace esb::link
