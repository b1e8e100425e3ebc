#include "esb/link/publish_queue.hpp"

namespace esb::link {

PublishQueue::PublishQueue(std::size_t slots, std::size_t max_payload)
    : slots_(slots),
      max_payload_(max_payload),
      slot_(std::make_unique<Slot[]>(slots)),
      payload_(std::make_unique<std::uint8_t[]>(slots * max_payload)) {}

Status PublishQueue::push(const Topic& topic, ConstBytes payload, const PublishOptions& options) {
    if (topic.name.size() > name_max || payload.size() > max_payload_) return fail(errors::too_long);
#if ESB_MQTT5
    if (options.properties.overflowed()) return fail(errors::too_long);
#endif
    // A ticket names its slot (ticket % slots), so pushes keep their order however the tasks interleave.
    auto ticket = next_ticket_.load();
    for (;;) {
        auto& slot = slot_[ticket % slots_];
        auto free = Phase::free;
        if (!slot.phase.compare_exchange_strong(free, Phase::writing)) {
            const auto latest = next_ticket_.load();
            if (latest == ticket) return fail(errors::full);
            ticket = latest;
            continue;
        }
        auto expected = ticket;
        if (next_ticket_.compare_exchange_strong(expected, ticket + 1)) break;
        slot.phase.store(Phase::free);  // another task took this ticket meanwhile
        ticket = expected;
    }
    const auto index = ticket % slots_;
    auto& slot = slot_[index];
    const MutBytes room(payload_.get() + index * max_payload_, payload.size());
    copy(payload, room);
    static_cast<void>(slot.item.topic.assign(topic.name));
    slot.item.root = topic.root;
    slot.item.payload = room;
    slot.item.options = options;
    slot.ticket = ticket;
    slot.phase.store(Phase::ready);
    return {};
}

const PublishQueue::Item* PublishQueue::front() {
    auto& slot = slot_[front_ticket_ % slots_];
    if (slot.phase.load() != Phase::ready || slot.ticket != front_ticket_) return nullptr;
    return &slot.item;
}

void PublishQueue::pop() {
    auto& slot = slot_[front_ticket_ % slots_];
    slot.item.options = {};
    ++front_ticket_;
    slot.phase.store(Phase::free);
}

}  // namespace esb::link
