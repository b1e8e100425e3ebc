#include "esb/mqtt/engine.hpp"
#if ESB_MQTT5
#include "esb/mqtt/reasons.hpp"
#endif

namespace esb::mqtt {
namespace {

using State = Client::State;

// From mqtt_overrun being known to the end of the connection.
constexpr Duration drain_time = 2s;

#if !ESB_MQTT5
const ErrorKind& refusal(std::uint8_t code) {
    switch (code) {
        case 1:
            return errors::mqtt_refused_version;
        case 2:
            return errors::mqtt_refused_client_id;
        case 3:
            return errors::mqtt_refused_unavailable;
        case 4:
            return errors::mqtt_refused_credentials;
        case 5:
            return errors::mqtt_refused_not_authorized;
        default:
            return errors::mqtt_refused_unknown;
    }
}
#endif

}  // namespace

std::size_t Engine::receive(ConstBytes bytes, Instant now) {
    now_ = now;
    const std::size_t given = bytes.size();
    // A callback may stop the client: then the rest is not looked at.
    while (listening() && !bytes.empty() && !stalled()) {
        const std::size_t before = bytes.size();
        const auto event = decoder_.next(bytes);
        note_flow(before - bytes.size());
        if (event == Decoder::Event::packet) take_packet();
        if (event == Decoder::Event::piece) take_piece();
        if (event == Decoder::Event::error) close_for(decoder_.error());
    }
    if constexpr (with_mqtt_keep) flush_session();
    return listening() ? given - bytes.size() : given;
}

inline void Engine::note_flow(std::size_t count) {
    if (decoder_.between_packets()) {
        if (connection_.held && connection_.flowed) connection_.asked_at = now_;  // now the answer can come
        connection_.flow = 0;
        connection_.flowed = false;
        return;
    }
    // One packet may hold the judgement up; more of them would never let it come.
    if (connection_.held && !connection_.flowed) return;
    connection_.flow += count;
    if (connection_.flow < flow_step) return;
    connection_.flow = 0;
    connection_.flowed = true;
    connection_.flowed_at = now_;
}

bool Engine::wants_input() const {
    if (state_ != State::connected) return true;
    return control_.room() >= control_.capacity() / 2 && !stalled();
}

inline void Engine::take_packet() {
    const Packet& packet = decoder_.packet();
    // CONNACK comes first and once (MQTT-3.2.0-1, section 3.2).
    if ((packet.type == PacketType::connack) == connection_.connected) return refuse_packet();
    if constexpr (with_mqtt5) {
        if (packet.type == PacketType::disconnect) return take_disconnect(packet);
    }
    connection_.answered = now_;
    connection_.asked = false;
    connection_.held = false;
    if (packet.type == PacketType::connack) return take_connack(packet);
    if (packet.type == PacketType::pingresp) return;  // an answer like any other
    if (packet.type != PacketType::pubrec && packet.type != PacketType::pubrel) return take_final_ack(packet);
    if constexpr (with_mqtt5) {
        if (packet.type == PacketType::pubrec && packet.code >= 0x80) return take_final_ack(packet);
    }
    if (!ack_room()) return begin_draining();  // unanswered it comes again on a resume
    if constexpr (with_mqtt5) {
        answer5(packet);
    } else if (packet.type == PacketType::pubrel) {
        session_.remove_received(packet.id);
        append(PacketType::pubcomp, packet.id);  // always, also for an unknown one: MQTT-4.3.3-2
    } else if (is_answer(session_.on_pubrec(packet.id))) {
        append(PacketType::pubrel, packet.id);
    }
}

inline void Engine::take_connack(const Packet& packet) {
    if constexpr (with_mqtt5) {
        if (connection_.v5.on && packet.code >= 0x80) return take_refusal5(packet);
    }
    if (packet.code != 0) {
        close_now(refusal(packet.code));
        connection_.reason = Error(connection_.reason.kind(), packet.code);
        return;
    }
    const bool connect_sent = connection_.connect_written == connection_.connect_size && control_.empty();
    // MQTT-3.2.2-1: no session can be present when we asked for a clean one. (Without the clean flag it may be,
    // though we know of none: a device restarts, its session at the broker stays.)
    const bool impossible = packet.session_present && connection_.clean_session;
    if (!connect_sent || impossible) return refuse_packet();
    if constexpr (with_mqtt5) {
        if (connection_.v5.on && !take_connack5(packet)) return;
    }
    take_accepted(packet.session_present);
}

inline void Engine::take_accepted(bool session_present) {
    state_ = State::connected;
    connection_.connected = true;
    connection_.began = now_;
    ++statistics_.connects;
    if (session_present) {
        session_.resume();
        for (const auto& release : session_.releases()) {
            append(PacketType::pubrel, release.id);
            ++statistics_.resends;
        }
    } else {
        lose_session();
    }
#if ESB_MQTT5
    v5_.has_session = true;  // whichever version the next connection speaks
#endif
    if (state_ == State::connected) handler_->on_connected(session_present);
}

inline void Engine::take_piece() {
    const MessagePiece& piece = decoder_.piece();
    if (!connection_.connected) return refuse_packet();
    if (piece.offset == 0) begin_message(piece);
    const bool last = piece.is_last();
    if (connection_.message == Incoming::delivered) {
        if (!decoder_.too_large()) {
#if ESB_MQTT_DEFER
            connection_.deferrable = last && piece.qos != Qos::at_most_once;
#endif
            handler_->on_message(piece);
#if ESB_MQTT_DEFER
            connection_.deferrable = false;
#endif
        } else if (last) {
            report_too_large(piece);
        }
    }
    if (last) end_message(piece.qos);
}

inline void Engine::report_too_large(const MessagePiece& piece) {
    ++statistics_.too_large_in;
    handler_->on_too_large({piece.topic, decoder_.topic_size(), piece.total, piece.qos, piece.retain, piece.duplicate});
}

// There must be room to remember and to acknowledge a message before any of it is delivered.
inline void Engine::begin_message(const MessagePiece& piece) {
    connection_.message = Incoming::delivered;
    if (piece.qos == Qos::at_most_once) return;
    const bool remembers = piece.qos == Qos::exactly_once;
    const bool known = remembers && session_.is_received(decoder_.piece_id());
    if (known) connection_.message = Incoming::duplicate;
    bool no_room = !ack_room() || (remembers && !known && session_.received_full());
#if ESB_MQTT_DEFER
    no_room = no_room || (!known && deferred_.full());
#endif
    if (no_room) begin_draining();
    if (connection_.draining) connection_.message = Incoming::left;
}

// The broker has more in flight than we can hold. From here to the end of the connection its messages of QoS 1 and 2
// are left unanswered, all of them, so that their order stays: they come again on the next connection. All else goes
// on for a moment, so that exchanges under way get finished on both sides and every connection makes headway.
void Engine::begin_draining() {
    if (connection_.draining) return;
    connection_.draining = true;
    connection_.closing_until = now_ + drain_time;
}

// Also after stop() within the last piece: what was delivered is remembered and acknowledged.
inline void Engine::end_message(Qos qos) {
    if (connection_.message == Incoming::left) return;
    const bool duplicate = connection_.message == Incoming::duplicate;
    if (duplicate || !decoder_.too_large()) ++(duplicate ? statistics_.duplicates_in : statistics_.messages_in);
    if (qos == Qos::at_most_once) return;
    const bool remembers = qos == Qos::exactly_once;
    if (remembers) session_.add_received(decoder_.piece_id());
    if constexpr (with_mqtt_defer) {
        if (any_deferred() && !is_free(decoder_.piece_id(), qos, duplicate)) return answer_deferred();
    }
    // Also for a duplicate (MQTT-4.3.3-2).
    append(remembers ? PacketType::pubrec : PacketType::puback, decoder_.piece_id());
}

// The last one of an exchange.
inline void Engine::take_final_ack(const Packet& packet) {
    Token token = 0;
    if (!is_answer(session_.on_final_ack(packet.type, packet.id, token))) return;
    const ErrorKind* why = packet.code > 2 ? &errors::mqtt_subscribe_refused : nullptr;
    auto granted = static_cast<Qos>(packet.code);
    if constexpr (with_mqtt5) {
        if (connection_.v5.on) why = problem5(packet);
        if (packet.type == PacketType::unsuback) granted = Qos::at_most_once;  // its codes are none
    }
    if (packet.type <= PacketType::pubcomp) return complete_publish(token, why);
    complete_subscribe(token, why, granted);
}

// Whether the acknowledgement has a consequence; one that its packet cannot get ends the connection.
bool Engine::is_answer(Session::Ack ack) {
    if (ack == Session::Ack::violation) refuse_packet();
    return ack == Session::Ack::done || ack == Session::Ack::accepted;
}

void Engine::refuse_packet() {
    decoder_.reject();
    close_for(decoder_.error());
}

}  // namespace esb::mqtt
