#include "esb/mqtt/engine.hpp"

namespace esb::mqtt {
namespace {

using State = Client::State;

// From mqtt_overrun being known to the end of the connection.
constexpr Duration drain_time = 2s;

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

}  // namespace

void Engine::receive(ConstBytes bytes, Instant now) {
    // A callback may stop the client: then the rest is not looked at.
    while (listening() && !bytes.empty()) {
        const std::size_t before = bytes.size();
        const auto event = decoder_.next(bytes);
        note_flow(before - bytes.size(), now);
        switch (event) {
            case Decoder::Event::more:
                break;
            case Decoder::Event::packet:
                take_packet(now);
                break;
            case Decoder::Event::piece:
                take_piece(now);
                break;
            case Decoder::Event::error:
                close_now(Error(decoder_.error()));
                break;
        }
    }
}

void Engine::note_flow(std::size_t count, Instant now) {
    if (decoder_.between_packets()) {
        if (connection_.held && connection_.flowed) connection_.asked = now;  // now the answer can come
        connection_.flow = 0;
        connection_.flowed.reset();
        return;
    }
    // One packet may hold the judgement up; more of them would never let it come.
    if (connection_.held && !connection_.flowed) return;
    connection_.flow += count;
    if (connection_.flow < flow_step) return;
    connection_.flow = 0;
    connection_.flowed = now;
}

bool Engine::wants_input() const { return state_ != State::connected || control_.room() >= control_.capacity() / 2; }

void Engine::take_packet(Instant now) {
    const Packet packet = decoder_.packet();
    if ((packet.type == PacketType::connack) == connection_.connected) {
        // CONNACK comes first and once (MQTT-3.2.0-1, section 3.2).
        return close_now(Error(errors::mqtt_unexpected));
    }
    connection_.answered = now;
    connection_.asked.reset();
    connection_.held = false;
    const bool needs_answer = packet.type == PacketType::pubrec || packet.type == PacketType::pubrel;
    if (needs_answer && !ack_room()) return begin_draining(now);  // unanswered it comes again on a resume
    switch (packet.type) {
        case PacketType::connack:
            return take_connack(now);
        case PacketType::puback:
        case PacketType::pubcomp:
            return take_final_ack();
        case PacketType::pubrec:
            return take_pubrec(packet.id);
        case PacketType::pubrel:
            session_.remove_received(packet.id);
            return append_ack(PacketType::pubcomp, packet.id);  // always, also for an unknown one: MQTT-4.3.3-2
        case PacketType::suback:
        case PacketType::unsuback:
            return take_suback();
        default:
            return;  // PINGRESP: an answer like any other
    }
}

void Engine::take_connack(Instant now) {
    const Packet packet = decoder_.packet();
    if (packet.code != 0) return close_now(Error(refusal(packet.code), packet.code));
    const bool connect_sent = connection_.connect_written == connection_.connect_size && control_.empty();
    // MQTT-3.2.2-1: no session can be present when we asked for a clean one. (Without the clean flag it may be,
    // though we know of none: a device restarts, its session at the broker stays.)
    const bool impossible = packet.session_present && connection_.clean_session;
    if (!connect_sent || impossible) return close_now(Error(errors::mqtt_unexpected));
    take_accepted(packet.session_present, now);
}

void Engine::take_accepted(bool session_present, Instant now) {
    state_ = State::connected;
    connection_.connected = true;
    connection_.began = now;
    ++statistics_.connects;
    if (session_present) {
        session_.resume();
        for (const auto& release : session_.releases()) {
            append_ack(PacketType::pubrel, release.id);
            ++statistics_.resends;
        }
    } else {
        session_.lost();
        complete_doomed(errors::mqtt_session_lost);
    }
    if (state_ == State::connected) handler_.on_connected(session_present);
}

void Engine::take_piece(Instant now) {
    const MessagePiece& piece = decoder_.piece();
    if (!connection_.connected) return close_now(Error(errors::mqtt_unexpected));
    if (piece.offset == 0) begin_message(now);
    const bool report = connection_.message == Incoming::delivered;
    if (report && !decoder_.too_large()) handler_.on_message(piece);
    if (!piece.is_last()) return;
    if (report && decoder_.too_large()) report_too_large();
    end_message();
}

void Engine::report_too_large() {
    const MessagePiece& piece = decoder_.piece();
    ++statistics_.too_large_in;
    handler_.on_too_large({piece.topic, decoder_.topic_size(), piece.total, piece.qos, piece.retain, piece.duplicate});
}

// There must be room to remember and to acknowledge a message before any of it is delivered.
void Engine::begin_message(Instant now) {
    connection_.message = Incoming::delivered;
    const Qos qos = decoder_.piece().qos;
    if (qos == Qos::at_most_once) return;
    const bool known = qos == Qos::exactly_once && session_.is_received(decoder_.piece_id());
    if (known) connection_.message = Incoming::duplicate;
    const bool remembers = qos == Qos::exactly_once && !known;
    if (!ack_room() || (remembers && session_.received_full())) begin_draining(now);
    if (connection_.draining) connection_.message = Incoming::left;
}

// The broker has more in flight than we can hold. From here to the end of the connection its messages of QoS 1 and 2
// are left unanswered, all of them, so that their order stays: they come again on the next connection. All else goes
// on for a moment, so that exchanges under way get finished on both sides and every connection makes headway.
void Engine::begin_draining(Instant now) {
    if (connection_.draining) return;
    connection_.draining = true;
    connection_.closing_until = now + drain_time;
}

// Also after stop() within the last piece: what was delivered is remembered and acknowledged.
void Engine::end_message() {
    const Qos qos = decoder_.piece().qos;
    if (connection_.message == Incoming::left) return;
    const bool duplicate = connection_.message == Incoming::duplicate;
    if (duplicate || !decoder_.too_large()) ++(duplicate ? statistics_.duplicates_in : statistics_.messages_in);
    if (qos == Qos::at_least_once) return append_ack(PacketType::puback, decoder_.piece_id());
    if (qos != Qos::exactly_once) return;
    session_.add_received(decoder_.piece_id());
    append_ack(PacketType::pubrec, decoder_.piece_id());  // also for a duplicate (MQTT-4.3.3-2)
}

void Engine::take_final_ack() {
    const Packet packet = decoder_.packet();
    Token token = 0;
    const bool puback = packet.type == PacketType::puback;
    const auto ack = puback ? session_.on_puback(packet.id, token) : session_.on_pubcomp(packet.id, token);
    if (is_answer(ack)) complete_publish(token, {});
}

void Engine::take_pubrec(PacketId id) {
    if (is_answer(session_.on_pubrec(id))) append_ack(PacketType::pubrel, id);
}

void Engine::take_suback() {
    const Packet packet = decoder_.packet();
    Token token = 0;
    const bool subscribed = packet.type == PacketType::suback;
    const auto ack = subscribed ? session_.on_suback(packet.id, token) : session_.on_unsuback(packet.id, token);
    if (!is_answer(ack)) return;
    if (packet.code > 2) return handler_.on_subscribed(token, fail(errors::mqtt_subscribe_refused));
    handler_.on_subscribed(token, static_cast<Qos>(packet.code));
}

// Whether the acknowledgement has a consequence; one that its packet cannot get ends the connection.
bool Engine::is_answer(Session::Ack ack) {
    if (ack == Session::Ack::violation) close_now(Error(errors::mqtt_unexpected));
    return ack == Session::Ack::done || ack == Session::Ack::accepted;
}

void Engine::append_ack(PacketType type, PacketId id) {
    std::uint8_t bytes[ack_size];
    write_ack(type, id, bytes);
    control_.append(bytes);
}

}  // namespace esb::mqtt
