#include "esb/mqtt/keeper.hpp"

#include "esb/base/crc32.hpp"
#include "esb/mqtt/errors.hpp"

#include <algorithm>
#include <utility>

namespace esb::mqtt {
namespace {

constexpr std::size_t session_slot = 0;
constexpr std::uint32_t last_possible_order = 0xFFFF'FFFF;  // there is one after each

// Written, erased; with QoS 2 also released.
std::uint32_t writes_of(Qos qos) { return qos == Qos::exactly_once ? 3 : 2; }

}  // namespace

void Keeper::use(std::span<Slot> slots, MutBytes scratch, std::uint32_t writes_per_hour, Statistics& statistics) {
    slots_ = slots;
    scratch_ = scratch;
    writes_per_hour_ = writes_left_ = writes_per_hour;
    statistics_ = &statistics;
}

void Keeper::begin_hour(Instant now) {
    if (now < hour_began_ + std::chrono::hours(1)) return;
    hour_began_ = now;
    writes_left_ = writes_per_hour_;
    if (std::exchange(paused_, false)) dirty_ = true;
}

Status Keeper::admit(Qos qos, Instant now, PacketId place) {
    if (!on()) return fail(errors::closed);
    if (find(place) == nullptr) return fail(errors::full);
    begin_hour(now);
    if (writes_left_ < writes_of(qos)) return fail(errors::mqtt_kept_worn);
    return {};
}

Status Keeper::keep(PacketId place, PacketId id, Qos qos, bool five, ConstBytes packet) {
    writes_left_ -= writes_of(qos);
    Slot& slot = *find(place);
    const std::uint32_t order = last_order_ + 1;
    ESB_TRY(write(number_of(slot), {KeptRecord::Kind::publish, owner_, order, id, five, packet}));
    last_order_ = order;
    slot = {order, id};
    return {};
}

void Keeper::release(PacketId id) {
    const Slot* slot = find(id);
    if (slot == nullptr) return;
    count_failure(write(number_of(*slot), {KeptRecord::Kind::release, owner_, slot->order, id, false, {}}));
}

void Keeper::drop(PacketId id) {
    Slot* slot = id != 0 ? find(id) : nullptr;
    if (slot == nullptr) return;
    slot->id = 0;
    erase(number_of(*slot));
}

void Keeper::set_present(bool present) {
    if (present != present_) session_changed();
    present_ = present;
}

// When the hour's writes run out, the record is emptied with the last one: identifiers that are not true any more would let
// new messages pass for duplicates.
void Keeper::write_session(ConstBytes ids, Instant now) {
    dirty_ = false;
    begin_hour(now);
    if (paused_) return;
    if (writes_left_ <= 1) {
        paused_ = true;
        ids = {};
    }
    const KeptRecord record{KeptRecord::Kind::session, owner_, 0, 0, present_, ids};
    std::uint8_t head[KeptRecord::head_size];
    record.write_head(head);
    const std::uint32_t checksum = crc32(head);
    if (session_written_ == checksum) return;  // it says the same
    session_written_ = checksum;
    writes_left_ -= std::min<std::uint32_t>(writes_left_, 1);
    const Status written = write(session_slot, record);
    count_failure(written);
    failed_ = !written;
    if (failed_) session_written_.reset();
}

void Keeper::forget() {
    if (!on()) return;
    present_ = dirty_ = failed_ = false;
    session_written_.reset();
    erase(session_slot);
    for (Slot& slot : slots_) {
        if (slot.id != 0) erase(number_of(slot));
        slot.id = 0;
    }
}

Result<KeptRecord> Keeper::read_session() {
    const auto record = read(session_slot);
    if (!record && record.error() != errors::not_found) erase(session_slot);
    if (record) present_ = record->flag;
    return record;
}

std::size_t Keeper::find_messages() {
    std::size_t refused = 0;
    for (Slot& slot : slots_) {
        const auto record = read(number_of(slot));
        slot = {};
        if (!record && record.error() == errors::not_found) continue;
        if (!record || find(record->id) != nullptr || has_order(record->order)) {
            ++refused;
            erase(number_of(slot));
            continue;
        }
        slot = {record->order, record->id};
        last_order_ = std::max(last_order_, record->order);
    }
    return refused;
}

bool Keeper::has_order(std::uint32_t order) const {
    return std::ranges::any_of(slots_, [order](const Slot& slot) { return slot.id != 0 && slot.order == order; });
}

const Keeper::Slot* Keeper::next_message(std::uint32_t after) const {
    const Slot* next = nullptr;
    for (const Slot& slot : slots_) {
        if (slot.id != 0 && slot.order > after && (next == nullptr || slot.order < next->order)) next = &slot;
    }
    return next;
}

Result<KeptRecord> Keeper::read_message(const Slot& slot) { return read(number_of(slot)); }

const Keeper::Slot* Keeper::find(PacketId id) const {
    for (const Slot& slot : slots_) {
        if (slot.id == id) return &slot;
    }
    return nullptr;
}

Result<KeptRecord> Keeper::read(std::size_t number) {
    const auto bytes = storage_->read(number);
    if (!bytes) return fail(bytes.error());
    const auto record = read_kept(*bytes);
    if (!record) return record;
    const bool in_place = (number == session_slot) == (record->kind == KeptRecord::Kind::session);
    const bool ordered = number == session_slot || (record->order != 0 && record->order != last_possible_order);
    if (!in_place || !ordered || record->owner != owner_) return fail(errors::mqtt_kept_damaged);
    return record;
}

Status Keeper::write(std::size_t number, const KeptRecord& record) {
    std::uint8_t head[KeptRecord::head_size];
    record.write_head(head);
    ++statistics_->kept_writes;
    return storage_->write(number, head, record.body);
}

void Keeper::erase(std::size_t number) {
    ++statistics_->kept_writes;
    count_failure(storage_->erase(number));
}

void Keeper::count_failure(const Status& status) {
    if (!status) ++statistics_->kept_failures;
}

}  // namespace esb::mqtt
