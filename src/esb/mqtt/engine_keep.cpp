// What the engine does for a session that is kept over restarts (keeper.hpp).
#include "esb/mqtt/engine.hpp"

namespace esb::mqtt {
namespace {

// What lies there is sent as it is: it has to be a PUBLISH as one may be sent.
bool is_message(const KeptRecord& record) {
    if (record.kind != KeptRecord::Kind::publish) return true;
    if (record.flag && !with_mqtt5) return false;
    std::uint8_t no_room[1];  // topic and properties are checked, not held
    Decoder decoder(no_room, max_remaining_length);
    if constexpr (with_mqtt5) {
        decoder.use_five(no_room, max_remaining_length + 5);
        decoder.reset(record.flag);
    }
    ConstBytes rest = record.body;
    return decoder.next(rest) == Decoder::Event::piece && rest.empty() && decoder.piece().is_last() &&
           decoder.piece().qos != Qos::at_most_once && !decoder.piece().duplicate && decoder.piece_id() == record.id;
}

}  // namespace

Result<Client::Restored> Engine::restore(Storage& storage) {
    if (state_ != Client::State::stopped || pending_ != 0 || keeper_.on()) return fail(errors::invalid_argument);
    keeper_.keep_in(storage);
    keeper_.set_owner(options_.client_id);
    Client::Restored result;
    const auto session = keeper_.read_session();
    if (session) {
        for (auto ids = session->body; !ids.empty(); ids = ids.subspan(2)) {
            session_.add_received(static_cast<PacketId>(ids[0] << 8 | ids[1]));
        }
    } else if (session.error() != errors::not_found) {
        ++result.refused;
    }
    result.refused += keeper_.find_messages();
    const Keeper::Slot* slot = keeper_.next_message(0);
    while (slot != nullptr) {
        const Keeper::Slot at = *slot;
        const auto record = keeper_.read_message(*slot);
        if (record && is_message(*record) && session_.restore(*record)) {
            ++result.messages;
            ++pending_;
        } else {
            ++result.refused;
            keeper_.drop(at.id);
        }
        slot = keeper_.next_message(at.order);
    }
    keeper_.settle();
#if ESB_MQTT5
    v5_.has_session = keeper_.present();
#endif
    return result;
}

// The record that it is written over: that of the message whose place it takes, so that one of them is there whenever the
// power goes. 0: none.
PacketId Engine::place_for([[maybe_unused]] const Publish& message) {
#if ESB_MQTT_OFFLINE
    if (message.waiting != Waiting::latest) return 0;
    Record* older = session_.waiting_for(message.topic);
    if (older != nullptr && older->kept) return packet_id_of(Outbox::packet(*older));
#endif
    return 0;
}

// Admitted once more: a handler that was told of a message that had to go may have kept others, or forgotten them all.
Status Engine::keep(Record& record, Qos qos, PacketId place) {
    if (!keeper_.holds(place)) place = 0;
    Status kept = keeper_.admit(qos, now_, place);
    if (kept) {
        const PacketId id = session_.reserve_id();
        set_packet_id(Outbox::packet(record), id);
        bool five = false;
#if ESB_MQTT5
        five = record.five != 0;
#endif
        kept = keeper_.keep(place, id, qos, five, Outbox::packet(record));
    }
    if (kept) {
        record.kept = true;
    } else {
        session_.drop(record);
        keeper_.drop(place);
    }
    return kept;
}

// From CONNECT on the broker may have a session of ours, though nobody may live to see its CONNACK.
void Engine::keep_session() { keeper_.set_present(!options_.clean_session); }

// When all that came has been delivered, and before anything goes out that says so.
void Engine::write_session() {
    std::size_t size = 0;
    for (const PacketId id : session_.received()) {
#if ESB_MQTT_DEFER
        if (deferred_.waits_for_author(id)) continue;  // not taken yet: it is to come again
#endif
        keeper_.scratch()[size++] = static_cast<std::uint8_t>(id >> 8);
        keeper_.scratch()[size++] = static_cast<std::uint8_t>(id & 0xFF);
    }
    keeper_.write_session(keeper_.scratch().first(size), now_);
}

}  // namespace esb::mqtt
