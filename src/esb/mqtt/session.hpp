// The session state of a client (section 3.1.2.4): publishes on their way out, QoS 2 messages on their way in.
// Pure: it decides what is to be sent and what an acknowledgement means; the engine moves bytes and calls back.
//
// A publish of QoS 2 has its packet in the outbox until PUBREC; then only its identifier is kept, in `releases`,
// until PUBCOMP: a PUBLISH can never follow its PUBREL (MQTT-4.3.3-1).
#pragma once

#include "esb/mqtt/outbox.hpp"
#if ESB_MQTT_KEEP
#include "esb/mqtt/keeper.hpp"
#endif

#include <optional>
#include <span>

namespace esb::mqtt {

class Session {
public:
    struct Release {
        PacketId id;
        Token token;
        bool doomed;
    };
    struct Doomed {
        Token token;
        bool publish;  // otherwise SUBSCRIBE or UNSUBSCRIBE
    };
    enum class Ack : std::uint8_t {
        done,       // the operation is complete
        accepted,   // PUBREC: answer with PUBREL
        ignored,    // no such identifier, or its packet is still going out and will be answered again
        violation,  // an answer of a kind that packet cannot get
    };

    // `releases` has as many elements as publishes may be in flight, `received` as many as incoming QoS 2
    // messages may be open.
    Session(MutBytes arena, std::span<Release> releases, std::span<PacketId> received, Statistics& statistics) {
        use(arena, releases, received, statistics);
    }
    Session() = default;
    void use(MutBytes arena, std::span<Release> releases, std::span<PacketId> received, Statistics& statistics) {
        outbox_.use(arena);
        releases_ = releases;
        received_ = received;
        statistics_ = &statistics;
    }

    // The next identifier, the next token, is the first free one after this.
    void seed_ids(PacketId last) {
        last_id_ = last;
        free_ids_ = 0;
    }
    void seed_tokens(Token last) { last_token_ = last; }

    // --- going out ---
    bool could_hold(std::size_t packet_size) const { return outbox_.could_hold(packet_size); }
    // MQTT 5.0: in what form publishes go, and how many of QoS 1 and 2 the broker takes at once.
    void use_version(bool five, std::size_t window);
    // A new record, with a token, whose packet the caller writes; nullptr when full.
    Record* add(Record::Kind kind, std::size_t packet_size);
#if ESB_MQTT_OFFLINE
    // A publish that waits by Waiting::latest for this topic; nullptr if none does.
    Record* waiting_for(std::string_view topic);
    // The oldest publish of QoS 0 that waits for a connection; nullptr if none does.
    Record* oldest_waiting();
    // There is room for a packet, or would be without this record; or without any that oldest_waiting() gives.
    bool fits(std::size_t packet_size, const Record* without) const;
    bool fits_without_waiting(std::size_t packet_size);
#endif
#if ESB_MQTT_OFFLINE || ESB_MQTT_KEEP
    // Removes one that is not on its way. Gives its token.
    Token drop(Record& record);
#endif
#if ESB_MQTT_KEEP
    // session_keep.cpp: what is done with kept messages is done in the storage as well.
    void keep_in(Keeper& keeper) { keeper_ = &keeper; }
    // An identifier for a publish that is to be kept before it is begun.
    PacketId reserve_id();
    // A message of an earlier life, in their order, before start(); true when there was room. What exceeds the window waits.
    bool restore(const KeptRecord& record);
    std::span<const PacketId> received() const { return received_.first(received_count_); }
#endif
    // The packet being sent; nullptr between packets.
    Record* current() { return outbox_.current(); }
    // Chooses the next packet to send and makes it current; nullptr when nothing may go now. Publishes of QoS 1
    // and 2 keep their order and wait for the window; nothing else waits for it. There must be no current one.
    Record* start_next();
    // The current packet is sent completely. Gives the token of a QoS 0 publish, for it is complete; else 0.
    Token finish_current();
    // Acknowledgements. `token` is set when the answer is `done`.
    Ack on_puback(PacketId id, Token& token) { return on_final_ack(PacketType::puback, id, token); }
    Ack on_suback(PacketId id, Token& token) { return on_final_ack(PacketType::suback, id, token); }
    Ack on_unsuback(PacketId id, Token& token) { return on_final_ack(PacketType::unsuback, id, token); }
    Ack on_pubcomp(PacketId id, Token& token) { return on_final_ack(PacketType::pubcomp, id, token); }
    Ack on_final_ack(PacketType type, PacketId id, Token& token);
    Ack on_pubrec(PacketId id);
    // PUBREC has come for it, PUBCOMP has not.
    bool is_release(PacketId id) { return find_release(id) != nullptr; }
    // Identifiers in PUBREL phase, in the order of their PUBRECs (MQTT-4.6.0-4).
    std::span<const Release> releases() const { return releases_.first(release_count_); }

    // --- coming in, QoS 2 ---
    bool is_received(PacketId id) const { return find_received(id) < received_count_; }
    bool received_full() const { return confirmed_ == received_.size(); }
    // Also for one that is known: the broker has mentioned it in this connection. After a resume it mentions all that it
    // still remembers, in order, before it sends anything new (MQTT-4.4.0-1, MQTT-4.6.0-1); others may have to make room,
    // for it may have lost its session and the answer that would have told us so.
    void add_received(PacketId id);
    void remove_received(PacketId id);

    // The first packet that has gone whole and has no answer yet; nullptr: there is none.
    Record* unanswered();

    // --- life of connections ---
    // The connection is gone: what does not belong to the session is doomed.
    void connection_lost();
    // CONNACK with Session Present 1: what was in flight is to be sent again (MQTT-4.4.0-1).
    void resume();
    // CONNACK with Session Present 0: publishes in flight become new messages; those in PUBREL phase are doomed,
    // as the broker may or may not have passed them on and their bytes are gone.
    void lost();
    // Drops everything: all is doomed.
    void forget();
    // Removes and gives the next doomed operation, oldest first. Call until empty.
    std::optional<Doomed> take_doomed();
    // MQTT 5.0, between two packets: removes and gives the first publish that `refusal` (called with its first byte and size) gives a
    // cause for. Call until the cause is nullptr.
    struct Refused {
        Token token;
        const ErrorKind* why;
    };
    using Refusal = const ErrorKind* (*)(const void* by, std::uint8_t first, std::size_t size);
    Refused take_refused(Refusal refusal, const void* by);

    // Identifiers in use.
    std::size_t ids_in_use() const { return record_ids_ + release_count_; }

private:
    [[gnu::noinline]] void give_id(Record& record);
    void drop_id(Record& record);
    void remove(Record& record);
    void doom(Record& record);
    void drop_exchanges();
    bool window_open();
#if ESB_MQTT5
    bool is_other_form(const Record& record) const {
        return record.five != (five_ ? 1U : 0U) && record.is_publish();
    }
    bool quota_left() {
        const std::size_t in_flight = publish_ids_ + release_count_;
        return in_flight < window_ || quota_left_of(in_flight);
    }
#else
    bool is_other_form(const Record& record) const;
    bool quota_left();
#endif
    [[gnu::noinline]] bool quota_left_of(std::size_t in_flight);
    bool may_start(const Record& record);
    Record* find_record(PacketId id);
    Release* find_release(PacketId id);
    void remove_release(Release* release);
    std::size_t find_received(PacketId id) const;
    PacketId next_id();
    PacketId free_from(PacketId id);
    Token next_token();
    [[gnu::noinline]] bool uses_token(Token token);
#if ESB_MQTT_KEEP
    static bool is_kept(const Record& record) { return record.kept; }
    bool keeps() const { return keeper_ != nullptr && keeper_->on(); }
#else
    static bool is_kept(const Record&) { return false; }
#endif
    void drop_kept(Record& record);
    void release_kept(Record& record);
    static Ack judge(const Record* record, Record::Kind kind);
    [[gnu::noinline]] void bring_up(Record& record);

    Outbox outbox_;
    PacketId last_id_ = 0;
    PacketId free_ids_ = 0;  // so many after it are known to be free
    bool tokens_wrapped_ = false;
    Token last_token_ = 0;
    std::span<Release> releases_;
    std::span<PacketId> received_;
    Statistics* statistics_ = nullptr;
    std::size_t release_count_ = 0;
    std::size_t received_count_ = 0;
    std::size_t confirmed_ = 0;  // so many at the front were mentioned by the broker in this connection
    std::size_t doomed_count_ = 0;     // records and releases together
    std::size_t record_ids_ = 0;       // records that have an identifier
    std::size_t publish_ids_ = 0;      // publishes among them
    std::size_t others_queued_ = 0;    // queued records that are not of the session
#if ESB_MQTT_KEEP
    Keeper* keeper_ = nullptr;
#endif
#if ESB_MQTT5
    std::size_t window_ = max_remaining_length;
    bool five_ = false;
#endif
};

// Here because each has one caller, who asks for every message.
inline Record* Session::add(Record::Kind kind, std::size_t packet_size) {
    Record* record = outbox_.add(kind, 0, packet_size);
    if (record == nullptr) return nullptr;
    if (!record->in_session()) ++others_queued_;
    record->token = next_token();
    return record;
}

// After 2^32 operations numbers come again; one that is still open must not.
inline Token Session::next_token() {
    do {
        ++last_token_;
        if (last_token_ == 0) tokens_wrapped_ = true;
    } while (last_token_ == 0 || (tokens_wrapped_ && uses_token(last_token_)));
    return last_token_;
}

inline bool Session::window_open() {
    if constexpr (with_mqtt5) {
        if (!quota_left()) return false;
    }
    return publish_ids_ + release_count_ < releases_.size();
}

inline bool Session::may_start(const Record& record) {
    if constexpr (with_mqtt5) {
        if (record.phase == Record::Phase::resend) return quota_left();
    }
    if (record.phase != Record::Phase::queued) return record.phase == Record::Phase::resend;
    if (record.kind == Record::Kind::qos0) return true;
    const bool id_free = ids_in_use() < 0xFFFF;
    return id_free && (!record.in_session() || window_open());
}

inline Record* Session::start_next() {
    Record* record = outbox_.unsent();
    if (record == nullptr) return nullptr;
    while (record->phase == Record::Phase::sent) {
        record = outbox_.after(*record);
        outbox_.set_unsent(record);
        if (record == nullptr) return nullptr;
    }
    // Those that wait for the window are in order: behind one only what is not of the session may go.
    while (!may_start(*record)) {
        record = others_queued_ > 0 ? outbox_.after(*record) : nullptr;
        if (record == nullptr) return nullptr;
    }
    if constexpr (with_mqtt5) {
        if (is_other_form(*record)) bring_up(*record);
    }
    if (record->phase == Record::Phase::resend) {
        ++statistics_->resends;
        set_duplicate(Outbox::packet(*record), true);
    } else if (record->kind == Record::Kind::qos0) {
        --others_queued_;
    } else {
        give_id(*record);
    }
    record->phase = Record::Phase::sending;
    outbox_.set_current(record);
    return record;
}

inline Token Session::finish_current() {
    Record& record = *outbox_.current();
    if (record.kind != Record::Kind::qos0 && !record.completed) {
        outbox_.set_current(nullptr);
        record.phase = Record::Phase::sent;
        return 0;
    }
    const Token token = record.completed ? 0 : record.token;
    remove(record);
    return token;
}

}  // namespace esb::mqtt
