#include "esb/mqtt/outbox.hpp"

#include <algorithm>
#include <cstring>

namespace esb::mqtt {

static_assert(sizeof(Record) == 16);

void Outbox::use(MutBytes arena) {
    const std::size_t skip = -reinterpret_cast<std::uintptr_t>(arena.data()) % alignof(Record);
    if (skip > arena.size()) return;
    base_ = arena.data() + skip;
    capacity_ = std::min(arena.size() - skip, max_remaining_length);  // so all that fits can be said
}

bool Outbox::could_hold(std::size_t packet_size) const { return footprint(packet_size) <= capacity_; }

#if ESB_MQTT_BORROW
ConstBytes Outbox::payload_of(Record& record) {
    ConstBytes payload;
    std::memcpy(&payload, packet(record).data() + packet(record).size(), sizeof payload);
    return payload;
}

void Outbox::borrow(Record& record, ConstBytes payload) {
    record.borrowed = true;
    std::memcpy(packet(record).data() + packet(record).size(), &payload, sizeof payload);
}
#endif

Record* Outbox::after(Record& record) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<std::uint8_t*>(&record) - base_);
    return live_at(offset + footprint(record.size));
}

Record* Outbox::live_at(std::size_t offset) {
    for (; offset < tail_; offset += footprint(at(offset)->size)) {
        if (at(offset)->phase != Record::Phase::removed) return at(offset);
    }
    return nullptr;
}

void Outbox::compact() {
    std::size_t to = 0;
    Record* moved_current = nullptr;
    Record* moved_unsent = nullptr;
    for (std::size_t from = head_; from < tail_;) {
        Record* record = at(from);
        const std::size_t size = footprint(record->size);
        if (record->phase != Record::Phase::removed) {
            if (record == current_) moved_current = at(to);
            if (record == unsent_) moved_unsent = at(to);
            std::memmove(base_ + to, base_ + from, size);
            to += size;
        }
        from += size;
    }
    current_ = moved_current;
    unsent_ = moved_unsent;
    head_ = 0;
    tail_ = to;
}

}  // namespace esb::mqtt
