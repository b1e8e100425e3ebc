// Publishes that wait by a policy of their own (Waiting): which of them make room for others.
#include "esb/mqtt/engine.hpp"

#if ESB_MQTT_OFFLINE

namespace esb::mqtt {

Record* Session::waiting_for(std::string_view topic) {
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (!r->outlives_connection() || r->waiting != Waiting::latest || r->doomed) continue;
        if (topic_of(Outbox::packet(*r)) == topic) return r;
    }
    return nullptr;
}

Record* Session::oldest_waiting() {
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->kind == Record::Kind::qos0 && r->outlives_connection() && !r->doomed) return r;
    }
    return nullptr;
}

bool Session::fits(std::size_t packet_size, const Record* without) const {
    const std::size_t freed = without != nullptr ? Outbox::footprint(without->size) : 0;
    return Outbox::footprint(packet_size) <= outbox_.room() + freed;
}

bool Session::fits_without_waiting(std::size_t packet_size) {
    std::size_t freed = 0;
    for (Record* r = outbox_.first(); r != nullptr; r = outbox_.after(*r)) {
        if (r->kind == Record::Kind::qos0 && r->outlives_connection() && !r->doomed) freed += Outbox::footprint(r->size);
    }
    return Outbox::footprint(packet_size) <= outbox_.room() + freed;
}

void Engine::end_waiting(Record& record, const ErrorKind& why) { complete_publish(session_.drop(record), &why); }

// Nothing is given up for a message that has no room even then.
Record* Engine::add_waiting(Record::Kind kind, std::size_t size, const Publish& message) {
    if (message.waiting == Waiting::latest) {
        Record* older = session_.waiting_for(message.topic);
        if (older != nullptr && session_.fits(size, older)) {
            ++statistics_.replaced_out;
#if ESB_MQTT_KEEP
            if (message.keep) older->kept = false;  // its record stays until the newer one takes its place: keep()
#endif
            end_waiting(*older, errors::mqtt_replaced);
        }
    } else if (session_.fits_without_waiting(size)) {
        // Looked up anew each time: the handler may publish as well.
        for (Record* oldest = session_.oldest_waiting(); oldest != nullptr && !session_.fits(size, nullptr);
             oldest = session_.oldest_waiting()) {
            ++statistics_.dropped_out;
            end_waiting(*oldest, errors::mqtt_dropped);
        }
    }
    Record* record = session_.add(kind, size);
    if (record != nullptr) record->waiting = message.waiting;
    return record;
}

}  // namespace esb::mqtt

#endif
