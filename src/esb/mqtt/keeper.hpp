// Which messages of a session lie in which slot of the Storage, and how often it may be written.
//
// A message is written once when it is accepted, with the identifier that it will have, and erased when it is complete; one of
// QoS 2 also when its PUBREC has come. Of QoS 2 messages that come in the identifiers are written, all in one record, before
// their PUBREC and their PUBCOMP go out.
#pragma once

#include "esb/base/time.hpp"
#include "esb/mqtt/kept_record.hpp"
#include "esb/mqtt/storage.hpp"

#include <optional>
#include <span>

namespace esb::mqtt {

class Keeper {
public:
    struct Slot {
        std::uint32_t order = 0;
        PacketId id = 0;  // 0: free
    };

    // `scratch` has 2 bytes for each QoS 2 message that may be open.
    void use(std::span<Slot> slots, MutBytes scratch, std::uint32_t writes_per_hour, Statistics& statistics);
    void keep_in(Storage& storage) { storage_ = &storage; }
    void set_owner(std::string_view client_id) { owner_ = owner_of(client_id); }
    bool on() const { return storage_ != nullptr; }

    // Whether another message could be kept: closed (no storage), full (no slot), mqtt_kept_worn (the hour's writes).
    // `place`: of the record that it is to be written over; 0: a free slot.
    Status admit(Qos qos, Instant now, PacketId place);
    // After that. The storage's errors; the record that was there is then to be dropped.
    Status keep(PacketId place, PacketId id, Qos qos, bool five, ConstBytes packet);
    // PUBREC has come for it.
    void release(PacketId id);
    // It is complete.
    void drop(PacketId id);
    bool holds(PacketId id) const { return find(id) != nullptr; }

    // The session's own record: what is in it has changed. write_session() before anything of it is told.
    void session_changed() { dirty_ = on(); }
    void settle() { dirty_ = false; }
    void set_present(bool present);
    bool present() const { return present_; }
    bool dirty() const { return dirty_; }
    MutBytes scratch() const { return scratch_; }
    // `ids` is a part of scratch().
    void write_session(ConstBytes ids, Instant now);
    // What could not be written is tried again: identifiers that are not true any more would let new messages pass for duplicates.
    void try_again() {
        if (failed_) session_changed();
        failed_ = false;
    }

    // Everything, in the storage as well.
    void forget();

    // --- at the start ---
    // The record of slot 0. Its identifiers live until the next call of anything.
    Result<KeptRecord> read_session();
    // Looks through the slots: those without a record of ours are free afterwards. Returns how many records were refused.
    std::size_t find_messages();
    // The message behind this order; nullptr when there is none. `after` 0 begins.
    const Slot* next_message(std::uint32_t after) const;
    Result<KeptRecord> read_message(const Slot& slot);

private:
    const Slot* find(PacketId id) const;
    bool has_order(std::uint32_t order) const;
    Slot* find(PacketId id) { return const_cast<Slot*>(static_cast<const Keeper*>(this)->find(id)); }
    std::size_t number_of(const Slot& slot) const { return static_cast<std::size_t>(&slot - slots_.data()) + 1; }
    Result<KeptRecord> read(std::size_t number);
    Status write(std::size_t number, const KeptRecord& record);
    void erase(std::size_t number);
    void begin_hour(Instant now);
    void count_failure(const Status& status);

    Storage* storage_ = nullptr;
    std::span<Slot> slots_;
    MutBytes scratch_;
    Statistics* statistics_ = nullptr;
    std::uint32_t owner_ = 0;
    std::uint32_t last_order_ = 0;
    std::uint32_t writes_per_hour_ = 0;
    std::uint32_t writes_left_ = 0;  // in this hour
    Instant hour_began_;
    std::optional<std::uint32_t> session_written_;  // checksum of the session's record as it was written last
    bool present_ = false;
    bool dirty_ = false;
    bool failed_ = false;  // the latest write of the session's record
    bool paused_ = false;  // the session's record is empty until the next hour
};

}  // namespace esb::mqtt
