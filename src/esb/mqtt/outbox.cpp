#include "esb/mqtt/outbox.hpp"

#include <cstring>
#include <new>

namespace esb::mqtt {

static_assert(sizeof(Record) == 16);

void Outbox::use(MutBytes arena) {
    const std::size_t skip = -reinterpret_cast<std::uintptr_t>(arena.data()) % alignof(Record);
    if (skip > arena.size()) return;
    base_ = arena.data() + skip;
    capacity_ = arena.size() - skip;
}

bool Outbox::could_hold(std::size_t packet_size) const { return footprint(packet_size) <= capacity_; }

Record* Outbox::add(Record::Kind kind, Token token, std::size_t packet_size) {
    const std::size_t needed = footprint(packet_size);
    if (needed > capacity_ - live_) return nullptr;
    if (needed > capacity_ - tail_) compact();
    auto* record = new (base_ + tail_)
        Record{static_cast<std::uint32_t>(packet_size), token, 0, kind, Record::Phase::queued, false, false};
    tail_ += needed;
    live_ += needed;
    if (unsent_ == nullptr) unsent_ = record;
    return record;
}

void Outbox::remove(Record& record) {
    record.phase = Record::Phase::removed;
    live_ -= footprint(record.size);
    if (current_ == &record) current_ = nullptr;
    if (live_ == 0) {
        head_ = tail_ = 0;
        unsent_ = nullptr;
        return;
    }
    if (unsent_ == &record) unsent_ = after(record);
    while (at(head_)->phase == Record::Phase::removed) head_ += footprint(at(head_)->size);
}

Record* Outbox::after(Record& record) {
    const auto offset = static_cast<std::size_t>(reinterpret_cast<std::uint8_t*>(&record) - base_);
    return live_at(offset + footprint(record.size));
}

inline Record* Outbox::at(std::size_t offset) { return std::launder(reinterpret_cast<Record*>(base_ + offset)); }

Record* Outbox::live_at(std::size_t offset) {
    for (; offset < tail_; offset += footprint(at(offset)->size)) {
        if (at(offset)->phase != Record::Phase::removed) return at(offset);
    }
    return nullptr;
}

inline void Outbox::compact() {
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
