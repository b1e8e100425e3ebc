#include "esb/mqtt/session.hpp"

#include <algorithm>

namespace esb::mqtt {

using Phase = Record::Phase;
using Kind = Record::Kind;

namespace {

Kind answered_by(PacketType type) {
    if (type == PacketType::puback) return Kind::qos1;
    if (type == PacketType::suback) return Kind::subscribe;
    if (type == PacketType::unsuback) return Kind::unsubscribe;
    if constexpr (with_mqtt5) {
        if (type == PacketType::pubrec) return Kind::qos2;  // that says no
    }
    return Kind::qos0;  // PUBCOMP: no record may get it
}

}  // namespace

Record* Session::add(Kind kind, std::size_t packet_size) {
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

inline bool Session::uses_token(Token token) {
    for (const auto& release : releases()) {
        if (release.token == token) return true;
    }
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->token == token) return true;
    }
    return false;
}

Record* Session::start_next() {
    Record* record = outbox_.unsent();
    if (record == nullptr) return nullptr;
    while (record->phase == Phase::sent) {
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
    if (record->phase == Phase::resend) {
        ++statistics_->resends;
        set_duplicate(Outbox::packet(*record), true);
    } else {
        if (!record->in_session()) --others_queued_;
        if (record->kind != Kind::qos0) give_id(*record);
    }
    record->phase = Phase::sending;
    outbox_.set_current(record);
    return record;
}

inline bool Session::window_open() {
    if constexpr (with_mqtt5) {
        if (!quota_left()) return false;
    }
    return publish_ids_ + release_count_ < releases_.size();
}

inline bool Session::may_start(const Record& record) {
    if constexpr (with_mqtt5) {
        if (record.phase == Phase::resend) return quota_left();
    }
    if (record.phase != Phase::queued) return record.phase == Phase::resend;
    if (record.kind == Kind::qos0) return true;
    const bool id_free = ids_in_use() < 0xFFFF;
    return id_free && (!record.in_session() || window_open());
}

Token Session::finish_current() {
    Record& record = *outbox_.current();
    outbox_.set_current(nullptr);
    record.phase = Phase::sent;
    if (record.kind != Kind::qos0 && !record.completed) return 0;
    const Token token = record.completed ? 0 : record.token;
    remove(record);
    return token;
}

// An answer counts only when its packet has gone out in full. While a packet is being sent (again), the rest of
// it must follow anyway, and the broker has to answer that too.
inline Session::Ack Session::judge(const Record* record, Kind kind) {
    if (record == nullptr || record->phase == Phase::sending) return Ack::ignored;
    return record->kind == kind ? Ack::done : Ack::violation;  // a QoS 0 record has no identifier
}

Session::Ack Session::on_final_ack(PacketType type, PacketId id, Token& token) {
    Release* release = find_release(id);
    bool ends_release = type == PacketType::pubcomp;
    if constexpr (with_mqtt5) ends_release = ends_release || type == PacketType::pubrec;
    if (ends_release && release != nullptr) {
        token = release->token;
        remove_release(release);
        return Ack::done;
    }
    if (type == PacketType::puback && release != nullptr) return Ack::violation;
    Record* record = find_record(id);
    const Ack ack = judge(record, answered_by(type));
    if (ack != Ack::done) return ack;
    token = record->token;
    remove(*record);
    return ack;
}

Session::Ack Session::on_pubrec(PacketId id) {
    if (find_release(id) != nullptr) return Ack::accepted;
    Record* record = find_record(id);
    // PUBREL even for an identifier we do not know: the broker keeps state for it and would wait forever.
    if (record == nullptr) return Ack::accepted;
    const Ack ack = judge(record, Kind::qos2);
    if (ack != Ack::done) return ack;
    releases_[release_count_++] = {id, record->token, false};
    remove(*record);
    return Ack::accepted;
}

void Session::add_received(PacketId id) {
    std::size_t at = find_received(id);
    if (at < confirmed_ || received_full()) return;
    if (at == received_.size()) --at;  // in place of one that the broker has not mentioned
    if (at == received_count_) ++received_count_;
    received_[at] = received_[confirmed_];
    received_[confirmed_++] = id;
}

void Session::remove_received(PacketId id) {
    std::size_t index = find_received(id);
    if (index == received_count_) return;
    if (index < confirmed_) {
        received_[index] = received_[--confirmed_];
        index = confirmed_;
    }
    received_[index] = received_[--received_count_];
}

void Session::connection_lost() {
    if (Record* record = outbox_.current()) {
        outbox_.set_current(nullptr);
        record->phase = Phase::sent;
        if (record->completed) remove(*record);
    }
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (!r->in_session() && !r->outlives_connection()) doom(*r);
    }
}

void Session::resume() {
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->in_session() && r->phase == Phase::sent) r->phase = Phase::resend;
    }
    outbox_.set_unsent(outbox_.first());
    confirmed_ = 0;
}

void Session::lost() {
    drop_exchanges();
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (!r->in_session() || r->id == 0) continue;
        drop_id(*r);
        set_duplicate(Outbox::packet(*r), false);
        r->phase = Phase::queued;
    }
    outbox_.set_unsent(outbox_.first());
}

void Session::forget() {
    drop_exchanges();
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) doom(*r);
}

// What is known by identifier only.
void Session::drop_exchanges() {
    received_count_ = confirmed_ = 0;
    for (auto& release : releases_.first(release_count_)) {
        if (!release.doomed) ++doomed_count_;
        release.doomed = true;
    }
}

std::optional<Session::Doomed> Session::take_doomed() {
    if (doomed_count_ == 0) return std::nullopt;
    --doomed_count_;
    if (release_count_ > 0 && releases_[0].doomed) {
        const Token token = releases_[0].token;
        remove_release(releases_.data());
        return Doomed{token, true};
    }
    Record* record = outbox_.first();
    while (!record->doomed) record = outbox_.after(*record);
    const Doomed doomed{record->token, record->is_publish()};
    record->doomed = false;
    record->completed = true;
    // Half of its bytes may be with the transport: the rest must follow, or the stream breaks.
    if (record != outbox_.current()) remove(*record);
    return doomed;
}

inline void Session::give_id(Record& record) {
    record.id = next_id();
    ++record_ids_;
    if (record.in_session()) ++publish_ids_;
    set_packet_id(Outbox::packet(record), record.id);
}

inline void Session::drop_id(Record& record) {
    if (record.id == 0) return;
    --record_ids_;
    if (record.in_session()) --publish_ids_;
    record.id = 0;
}

void Session::remove(Record& record) {
    drop_id(record);
    if (record.phase == Phase::queued && !record.in_session()) --others_queued_;
    outbox_.remove(record);
}

inline void Session::doom(Record& record) {
    if (!record.doomed && !record.completed) {
        record.doomed = true;
        ++doomed_count_;
    }
}

// Records with identifiers stand near the front; the search ends when all of them were seen.
Record* Session::find_record(PacketId id) {
    std::size_t left = record_ids_;
    for (Record* r = outbox_.first(); left > 0; r = outbox_.after(*r)) {
        if (r->id == id) return r;
        if (r->id != 0) --left;
    }
    return nullptr;
}

Session::Release* Session::find_release(PacketId id) {
    for (auto& release : releases_.first(release_count_)) {
        if (release.id == id) return &release;
    }
    return nullptr;
}

void Session::remove_release(Release* release) {
    --release_count_;
    for (const Release* end = releases_.data() + release_count_; release != end; ++release) *release = release[1];
}

std::size_t Session::find_received(PacketId id) const {
    std::size_t index = 0;
    while (index < received_count_ && received_[index] != id) ++index;
    return index;
}

// Given in turn; which of them are in use is looked up only when no more are known to be free.
inline PacketId Session::next_id() {
    for (;;) {
        ++last_id_;
        if (free_ids_ == 0) free_ids_ = free_from(last_id_);
        if (free_ids_ == 0) continue;
        --free_ids_;
        if (last_id_ != 0) return last_id_;
    }
}

// How many identifiers from this one on nobody uses.
inline PacketId Session::free_from(PacketId id) {
    PacketId free = 0xFFFF;
    for (const auto& release : releases()) free = std::min(free, static_cast<PacketId>(release.id - id));
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->id != 0) free = std::min(free, static_cast<PacketId>(r->id - id));
    }
    return free;
}

}  // namespace esb::mqtt
