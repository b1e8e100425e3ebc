// What of a session is kept over restarts, beside what it does in memory.
#include "esb/mqtt/session.hpp"

namespace esb::mqtt {

void Session::drop_kept(Record& record) { keeper_->drop(packet_id_of(Outbox::packet(record))); }

// The packet is gone with this, and the identifier stays.
void Session::release_kept(Record& record) {
    keeper_->release(record.id);
    record.kept = false;
}

bool Session::restore(const KeptRecord& record) {
    const bool within_window = publish_ids_ + release_count_ < releases_.size();
    if (record.kind == KeptRecord::Kind::release) {
        if (within_window) releases_[release_count_++] = {record.id, next_token(), false};
        return within_window;
    }
    const std::size_t front = with_mqtt5 && !record.flag ? spare_front : 0;
    Record* made = add(static_cast<Record::Kind>(record.body[0] >> 1 & 3), record.body.size() + front);
    if (made == nullptr) return false;
    copy(record.body, Outbox::whole(*made).subspan(front));
#if ESB_MQTT5
    made->five = record.flag ? 1U : 0U;
    made->front = front & 3U;
#endif
    made->kept = true;
    if (!within_window) return true;
    made->phase = Record::Phase::sent;
    made->id = record.id;
    ++record_ids_;
    ++publish_ids_;
    return true;
}

}  // namespace esb::mqtt
