// Outgoing packets in one fixed arena, in the order they were accepted. A removed record leaves a hole that the
// next add() closes when it needs the room: whatever is not in use is always available, in any record sizes.
#pragma once

#include "esb/mqtt/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <new>

namespace esb::mqtt {

// What stands before each packet in the arena.
struct Record {
    enum class Kind : std::uint8_t { qos0, qos1, qos2, subscribe, unsubscribe };
    enum class Phase : std::uint8_t {
        queued,   // not begun
        resend,   // was sent on an earlier connection, goes again with DUP
        sending,  // the transport may have a part of it
        sent,     // waits for its acknowledgement
        removed,
    };

    std::uint32_t size;  // of the packet and what stands before it
    Token token;
    PacketId id;  // 0 until the packet is begun
    Kind kind;
    Phase phase;
    bool doomed;     // its completion (with an error) is due
#if ESB_MQTT_OFFLINE || ESB_MQTT_KEEP || ESB_MQTT_BORROW
    bool completed : 1;  // already completed; only the rest of its bytes must still go
#else
    bool completed;
#endif
#if ESB_MQTT_OFFLINE
    Waiting waiting : 2 = Waiting::refuse;  // of a publish
#endif
#if ESB_MQTT_KEEP
    bool kept : 1 = false;  // lies in the storage, and has its identifier in its packet before it is begun
#endif
#if ESB_MQTT_BORROW
    bool borrowed : 1 = false;  // its payload lies with the author; where, stands behind the rest of the packet
#endif
#if ESB_MQTT5
    // Bytes before the packet, which the other version's form may need (restyle()), and in which form it is.
    std::uint16_t front : 15 = 0;
    std::uint16_t five : 1 = 0;
#endif

    // QoS 1 and 2 publishes belong to the session; all else dies with the connection.
    static bool in_session(Kind kind) { return kind == Kind::qos1 || kind == Kind::qos2; }
    bool in_session() const { return in_session(kind); }
    bool is_publish() const { return kind <= Kind::qos2; }
    // Waits for another connection although it is not of the session.
    bool outlives_connection() const {
#if ESB_MQTT_OFFLINE
        return phase == Phase::queued && waiting != Waiting::refuse;
#else
        return false;
#endif
    }
};

class Outbox {
public:
    explicit Outbox(MutBytes arena) { use(arena); }
    Outbox() = default;
    void use(MutBytes arena);

    // Arena bytes that a packet takes.
    static constexpr std::size_t footprint(std::size_t packet_size) {
        return (sizeof(Record) + packet_size + alignof(Record) - 1) / alignof(Record) * alignof(Record);
    }
    // Whether a packet of that size could be held by the empty outbox.
    bool could_hold(std::size_t packet_size) const;
    // A queued record at the end, its packet to be written by the caller; nullptr when there is no room.
    // May move all records: pointers to others are void afterwards.
    Record* add(Record::Kind kind, Token token, std::size_t packet_size);
    void remove(Record& record);
    // Arena bytes that no record has.
    std::size_t room() const { return capacity_ - live_; }
    // Without a payload that is borrowed.
    static MutBytes packet(Record& record) {
        MutBytes bytes = whole(record);
#if ESB_MQTT5
        bytes = bytes.subspan(record.front);
#endif
#if ESB_MQTT_BORROW
        if (record.borrowed) bytes = bytes.first(bytes.size() - sizeof(ConstBytes));
#endif
        return bytes;
    }
#if ESB_MQTT_BORROW
    static ConstBytes borrowed(Record& record) { return record.borrowed ? payload_of(record) : ConstBytes(); }
    static void borrow(Record& record, ConstBytes payload);
#else
    static ConstBytes borrowed(Record&) { return {}; }
#endif
    // Bytes of it that the broker gets.
    static std::size_t sent_size(Record& record) { return packet(record).size() + borrowed(record).size(); }
    // What lies together of the bytes from there on.
    static ConstBytes rest(Record& record, std::size_t from) {
        const ConstBytes bytes = packet(record);
        if constexpr (with_mqtt_borrow) {
            if (from >= bytes.size()) return borrowed(record).subspan(from - bytes.size());
        }
        return bytes.subspan(from);
    }
    // With what stands before the packet.
    static MutBytes whole(Record& record) {
        return {reinterpret_cast<std::uint8_t*>(&record) + sizeof(Record), record.size};
    }

    // In the order of add(): for (Record* r = first(); r != nullptr; r = after(*r)).
    Record* first() { return live_at(head_); }
    Record* after(Record& record);

    // The record being sent, kept right when records move; nullptr if none.
    Record* current() { return current_; }
    void set_current(Record* record) { current_ = record; }

    // Where to look for a record to be sent: none before it is queued or to be sent again. nullptr: none at all.
    Record* unsent() { return unsent_; }
    void set_unsent(Record* record) { unsent_ = record; }

private:
#if ESB_MQTT_BORROW
    static ConstBytes payload_of(Record& record);
#endif
    Record* at(std::size_t offset);
    Record* live_at(std::size_t offset);
    void compact();

    std::uint8_t* base_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t head_ = 0;  // everything before is free
    std::size_t tail_ = 0;  // everything from here is free
    std::size_t live_ = 0;  // bytes of records in use
    Record* current_ = nullptr;
    Record* unsent_ = nullptr;
};

// Here because each has one caller.
inline Record* Outbox::at(std::size_t offset) { return std::launder(reinterpret_cast<Record*>(base_ + offset)); }

inline Record* Outbox::add(Record::Kind kind, Token token, std::size_t packet_size) {
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

inline void Outbox::remove(Record& record) {
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

}  // namespace esb::mqtt
