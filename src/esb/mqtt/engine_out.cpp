#include "esb/mqtt/engine.hpp"

#include <algorithm>

namespace esb::mqtt {

namespace {

using State = Client::State;

// MQTT 5.0 may give a session to whom it gives an identifier.
bool needs_id(const ConnectOptions& options) {
#if ESB_MQTT5
    if (options.version == Version::v5) return false;
#endif
    return !options.clean_session;
}

}  // namespace

inline const ErrorKind* Engine::problem_with(std::string_view topic, Qos qos, bool filter) const {
    if (topic.size() > max_topic_) return &errors::too_long;
    if (!(filter ? is_topic_filter(topic) : is_topic_name(topic))) return &errors::mqtt_bad_topic;
    if (qos > Qos::exactly_once) return &errors::invalid_argument;
    return nullptr;
}

Status Engine::configure(const ConnectOptions& options) {
    const auto& will = options.will;
    const ErrorKind* problem = nullptr;
    if (options.client_id.size() > max_text || options.user_name.size() > max_text ||
        options.password.size() > max_text) {
        problem = &errors::too_long;
    } else if (!is_text(options.client_id) || !is_text(options.user_name) ||
               // MQTT-3.1.3-7: no identifier, no session. MQTT-3.1.2-22: no password without a user name.
               (options.client_id.empty() && needs_id(options)) ||
               (options.user_name.empty() && !options.password.empty()) || options.connack_timeout.count() <= 0) {
        problem = &errors::invalid_argument;
    } else if (!will.topic.empty()) {
        problem =
            will.payload.size() > max_text ? &errors::too_long : problem_with(will.topic, will.qos, false);
    }
    if constexpr (with_mqtt5) {
        if (problem == nullptr && !is_good5(options)) problem = &errors::invalid_argument;
    }
    if (problem != nullptr) return fail(*problem);
    options_ = options;
#if ESB_MQTT_KEEP
    if (keeper_.on()) keeper_.set_owner(options_.client_id);
#endif
    if constexpr (with_mqtt5) forget_fall_back();
    // A CONNECT of which the rest would be written from the new options.
    const bool half_written = connection_.connect_written < connection_.connect_size;
    if (state_ == State::connecting && half_written) cancel();
    return {};
}

Result<Token> Engine::submit(PacketType type, const Publish& message) {
    const bool publish = type == PacketType::publish;
    const ErrorKind* problem = problem_with(message.topic, message.qos, !publish);
    if (problem != nullptr) return fail(*problem);
    auto kind = static_cast<Record::Kind>(message.qos);
    if (!publish) kind = type == PacketType::subscribe ? Record::Kind::subscribe : Record::Kind::unsubscribe;
    bool waits = Record::in_session(kind);
#if ESB_MQTT_OFFLINE
    const bool by_policy = publish && message.waiting != Waiting::refuse;
    waits = waits || by_policy;
#endif
    if (state_ != State::connected && !waits) return fail(errors::closed);
    bool five = false;  // looked up once: a handler that is told of another message may configure() anew
    if constexpr (with_mqtt5) {
        if (const auto* why = problem5(type, message)) return fail(*why);
        five = goes_as_five(type);
    }
#if ESB_MQTT_KEEP
    PacketId place = 0;
    if (message.keep) {
        if (!Record::in_session(kind) || is_borrowed(message)) return fail(errors::invalid_argument);
        place = place_for(message);
        ESB_TRY(keeper_.admit(message.qos, now_, place));
    }
#endif
    std::size_t size = bytes_of(type, message, five);
#if ESB_MQTT_BORROW
    if (message.borrowed) {
        if (size > max_remaining_length) return fail(errors::too_long);
        size += sizeof(ConstBytes) - message.payload.size();
    }
#endif
#if ESB_MQTT_OFFLINE
    Record* record = by_policy ? add_waiting(kind, size, message) : session_.add(kind, size);
#else
    Record* record = session_.add(kind, size);
#endif
#if ESB_MQTT_KEEP
    // A handler has taken the room that the older message had left.
    if (record == nullptr && place != 0 && place_for(message) != place) keeper_.drop(place);
#endif
    if (record == nullptr) return fail(session_.could_hold(size) ? errors::full : errors::too_long);
#if ESB_MQTT_BORROW
    if (message.borrowed) Outbox::borrow(*record, message.payload);
#endif
    if constexpr (with_mqtt5) {
        write_packet5(type, message, *record, five);
    } else {
        write_packet(type, message, Outbox::packet(*record));
    }
#if ESB_MQTT_KEEP
    if (message.keep) ESB_TRY(keep(*record, message.qos, place));
#endif
    if (publish) ++pending_;
    return record->token;
}

ConstBytes Engine::output() {
    if (!attached() || connection_.close_now) return {};
    if constexpr (with_mqtt_keep) flush_session();
    if (Record* record = session_.current()) return Outbox::rest(*record, connection_.packet_sent);
    if (state_ == State::connecting && control_.empty()) write_connect_slice();
    if (!control_.empty() || state_ == State::connecting) return control_.pending();
    if (Record* record = connection_.v5.abrupt ? nullptr : session_.start_next()) return Outbox::rest(*record, 0);
    if (state_ == State::closing) {
        if constexpr (with_mqtt5) {
            append_disconnect5();
        } else {
            append(PacketType::disconnect);
        }
        connection_.disconnect_queued = true;
    }
    return control_.pending();
}

#if ESB_MQTT_BORROW
ConstBytes Engine::output_behind() {
    Record* record = session_.current();
    if (record == nullptr || connection_.close_now) return {};
    return connection_.packet_sent < Outbox::packet(*record).size() ? Outbox::borrowed(*record) : ConstBytes();
}
#endif

inline void Engine::write_connect_slice() {
    std::size_t written = 0;
    if constexpr (with_mqtt5) {
        written = write_connect5();
    } else {
        written = write_connect(options_, connection_.connect_written, control_.space());
    }
    control_.commit(written);
    connection_.connect_written += written;
}

#if !ESB_MQTT5
// Acknowledgements, PINGREQ and DISCONNECT.
void Engine::append(PacketType type, PacketId id) {
    if (id != 0) return write_ack(type, id, control_.append(ack_size).first<ack_size>());
    const auto out = control_.append(2);
    out[0] = static_cast<std::uint8_t>(static_cast<unsigned>(type) << 4);
    out[1] = 0;
}
#endif

void Engine::sent(std::size_t count, Instant now) {
    if (count == 0 || !attached()) return;
    now_ = now;
    if (session_.current() != nullptr) return packet_sent(count);
    control_sent(count);
}

inline void Engine::packet_sent(std::size_t count) {
    const std::size_t size = Outbox::sent_size(*session_.current());
    connection_.packet_sent += std::min(count, size - connection_.packet_sent);
    if (connection_.packet_sent < size) return;
    connection_.packet_sent = 0;
    connection_.last_sent = now_;
    if (const Token token = session_.finish_current(); token != 0) complete_publish(token, nullptr);
}

inline void Engine::control_sent(std::size_t count) {
    control_.consume(count);
    if (!control_.empty()) return;
    connection_.last_sent = now_;
    if (state_ == State::connecting) control_.clear();
    connection_.ping_queued = false;
    if (connection_.disconnect_queued) connection_.close_now = true;
    if constexpr (with_mqtt_defer) {
        if (any_deferred()) answer_deferred();  // those that had no room
    }
}

}  // namespace esb::mqtt
