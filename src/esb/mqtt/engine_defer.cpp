// Acknowledgements that wait for their author (deferred.hpp).
#include "esb/mqtt/engine.hpp"

namespace esb::mqtt {

Result<Ticket> Engine::defer() {
    if (!connection_.deferrable) return fail(errors::invalid_argument);
    return deferred_.defer(decoder_.piece_id(), decoder_.piece().qos);
}

Status Engine::acknowledge(Ticket ticket) {
    if (!deferred_.acknowledge(ticket)) return fail(errors::not_found);
#if ESB_MQTT_KEEP
    keeper_.session_changed();
    flush_session();  // done is done, also after a restart
#endif
    answer_deferred();
    return {};
}

bool Engine::is_free(PacketId id, Qos qos, bool duplicate) {
    return duplicate ? deferred_.is_free_again(id) : deferred_.is_free(id, qos);
}

// It may be a handler that sets them free: then the answer to its own message, and PINGREQ, must still have room.
void Engine::answer_deferred() {
    constexpr std::size_t room = 2 * ack_size + 2;
    while (state_ == Client::State::connected && control_.room() >= room) {
        const auto answer = deferred_.next_answer();
        if (!answer) break;
        append(answer->exactly_once ? PacketType::pubrec : PacketType::puback, answer->id);
    }
    check_stall();
}

// While nothing is read, nobody can say that the broker is silent; but an author who never acknowledges must not keep a
// connection that may be dead.
void Engine::note_stall() {
    const bool stalls = !connection_.v5.on && deferred_.full() && state_ == Client::State::connected;
    if (stalls == connection_.stalled) {
        if (stalls && now_ >= connection_.stalled_at + longest_defer_) close_now(errors::mqtt_deferred);
        return;
    }
    connection_.stalled = stalls;
    connection_.stalled_at = now_;
    if (!stalls && connection_.asked) connection_.asked_at = now_;
}

}  // namespace esb::mqtt
