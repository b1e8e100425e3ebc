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

bool Session::uses_token(Token token) {
    for (const auto& release : releases()) {
        if (release.token == token) return true;
    }
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->token == token) return true;
    }
    return false;
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
    if constexpr (with_mqtt_keep) {
        if (is_kept(*record)) release_kept(*record);
    }
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
#if ESB_MQTT_KEEP
    if (keeps()) keeper_->session_changed();
#endif
}

void Session::remove_received(PacketId id) {
    std::size_t index = find_received(id);
    if (index == received_count_) return;
    if (index < confirmed_) {
        received_[index] = received_[--confirmed_];
        index = confirmed_;
    }
    received_[index] = received_[--received_count_];
#if ESB_MQTT_KEEP
    if (keeps()) keeper_->session_changed();
#endif
}

Record* Session::unanswered() {
    Record* r = outbox_.first();
    while (r != nullptr && r->phase != Phase::sent) r = outbox_.after(*r);
    return r;
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
#if ESB_MQTT_KEEP
    if (keeps()) keeper_->session_changed();
#endif
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

// The identifier that a record has though it was not begun in this connection: of one that is kept over restarts.
static PacketId kept_id([[maybe_unused]] Record& record) {
    if constexpr (with_mqtt_keep) return packet_id_of(Outbox::packet(record));
    return 0;
}

void Session::give_id(Record& record) {
    record.id = is_kept(record) ? kept_id(record) : next_id();
    ++record_ids_;
    if (record.in_session()) {
        ++publish_ids_;
    } else {
        --others_queued_;
    }
    set_packet_id(Outbox::packet(record), record.id);
}

inline void Session::drop_id(Record& record) {
    if (record.id == 0) return;
    --record_ids_;
    if (record.in_session()) --publish_ids_;
    record.id = 0;
}

#if ESB_MQTT_OFFLINE || ESB_MQTT_KEEP
Token Session::drop(Record& record) {
    const Token token = record.token;
    remove(record);
    return token;
}
#endif

void Session::remove(Record& record) {
    if constexpr (with_mqtt_keep) {
        if (is_kept(record)) drop_kept(record);
    }
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
#if ESB_MQTT_KEEP
    if (keeps()) keeper_->drop(release->id);
#endif
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

#if ESB_MQTT_KEEP
PacketId Session::reserve_id() { return next_id(); }
#endif

// How many identifiers from this one on nobody uses.
inline PacketId Session::free_from(PacketId id) {
    PacketId free = 0xFFFF;
    for (const auto& release : releases()) free = std::min(free, static_cast<PacketId>(release.id - id));
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        const PacketId used = r->id == 0 && is_kept(*r) ? kept_id(*r) : r->id;
        if (used != 0) free = std::min(free, static_cast<PacketId>(used - id));
    }
    return free;
}

}  // namespace esb::mqtt
