#include "esb/mqtt/engine.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>

namespace esb::mqtt {
namespace {

using State = Client::State;

// A connection that lasted this long was a good one: the next back-off begins at its minimum.
constexpr Duration stable_after = 30s;
// How long stop() may take to send what is queued.
constexpr Duration closing_timeout = 5s;

}  // namespace

void Engine::start(Instant now, std::uint32_t random) {
    if (state_ == State::stopped) {
        random_ = random;
        // A device that lost its memory but not its session at the broker should not repeat its last identifiers.
        session_.seed_ids(static_cast<PacketId>(random & 0xFFFF));
    }
    wanted_ = true;
    backoff_.reset();  // whatever it was for
    if constexpr (with_mqtt5) forget_fall_back();
    if (state_ == State::closing) at_once_ = true;
    if (state_ != State::stopped && state_ != State::waiting) return;
    state_ = State::waiting;
    retry_at_ = now;
}

void Engine::stop(Instant now) {
    wanted_ = false;
    at_once_ = false;
    switch (state_) {
        case State::waiting:
            state_ = State::stopped;
            break;
        case State::opening:
        case State::connecting:
            cancel();
            break;
        case State::connected:
            close_after_output(errors::cancelled, now);
            break;
        case State::stopped:
        case State::closing:
            break;
    }
}

void Engine::forget_session() {
#if ESB_MQTT_KEEP
    keeper_.forget();
#endif
#if ESB_MQTT_BORROW
    // With its completion the payload is the author's again: the rest of it cannot follow.
    if (Record* record = session_.current(); record != nullptr && record->borrowed) cancel();
#endif
    session_.forget();
#if ESB_MQTT_DEFER
    deferred_.forget_earlier();
#endif
    if constexpr (with_mqtt5) forget_session5();
    complete_doomed(errors::cancelled);
}

void Engine::lose_session() {
    session_.lost();
#if ESB_MQTT_DEFER
    deferred_.forget_earlier();
#endif
    complete_doomed(errors::mqtt_session_lost);
}

void Engine::transport_opening() {
    if (state_ != State::waiting) return;
    begin_connection();
    state_ = State::opening;
}

void Engine::transport_opened(Instant now) {
    if (state_ != State::opening && state_ != State::waiting) return;
    now_ = now;
    begin_connection();
    connection_.began = now;
    connection_.clean_session = options_.clean_session;
    set_keep_alive(options_.keep_alive_s);
    if constexpr (with_mqtt5) {
        begin_version();
    } else {
        connection_.connect_size = connect_size(options_);
        decoder_.reset();
    }
    if constexpr (with_mqtt_keep) keep_session();
    control_.clear();
    state_ = State::connecting;
}

void Engine::transport_closed(Instant now, const Error& why) {
    if (state_ == State::stopped || state_ == State::waiting) return;
    trace::event("mqtt", "closed", {{"why", why.name()}});
    now_ = now;
    const Error reason = why;  // may be our own close_reason(), which end_connection() resets
    if constexpr (with_mqtt5) at_once_ = ended5(reason.kind()) || at_once_;
    if (connection_.connected) {
        if (Record* record = session_.unanswered()) handler_->on_unanswered(Outbox::packet(*record));
    }
    end_connection();
    complete_doomed(errors::closed);
    handler_->on_disconnected(reason, state_ == State::waiting ? retry_at_ : Instant::max());
}

void Engine::end_connection() {
    const bool was_stable = connection_.connected && now_ >= connection_.began + stable_after;
    // After an overrun the broker waits with messages that only a new connection brings.
    if (was_stable || connection_.draining) backoff_.reset();
    state_ = wanted_ ? State::waiting : State::stopped;
    retry_at_ = now_;
    if (wanted_ && !at_once_) retry_at_ += backoff_.next(next_random());
    at_once_ = false;
    begin_connection();
    control_.clear();
    session_.connection_lost();
#if ESB_MQTT_DEFER
    deferred_.connection_lost();
#endif
}

void Engine::begin_connection() { connection_ = {}; }

void Engine::cancel() { close_now(errors::cancelled); }

// The transport is of no use any more.
void Engine::close_now(const ErrorKind& reason) {
    state_ = State::closing;
    connection_.reason = Error(reason);
    connection_.close_now = true;
}

// What is queued and DISCONNECT go first; what comes in is no longer looked at.
void Engine::close_after_output(const ErrorKind& reason, Instant now) {
    state_ = State::closing;
    connection_.reason = Error(reason);
    connection_.closing_until = now + closing_timeout;
}

#if ESB_MQTT5
void Engine::take_disconnect(const Packet& packet) {
    take_refusal5(packet);
    if (packet.code < 0x80) connection_.reason = Error(errors::closed, packet.code);
}
#endif

void Engine::complete_doomed(const ErrorKind& why) {
    while (const auto doomed = session_.take_doomed()) {
        if (doomed->publish) {
            complete_publish(doomed->token, &why);
        } else {
            complete_subscribe(doomed->token, &why, Qos::at_most_once);
        }
    }
}

void Engine::complete_publish(Token token, const ErrorKind* why) {
    --pending_;
    if (why == nullptr) ++statistics_.messages_out;
    handler_->on_published(token, why != nullptr ? Status(fail(*why)) : Status());
}

void Engine::complete_subscribe(Token token, const ErrorKind* why, Qos granted) {
    handler_->on_subscribed(token, why != nullptr ? Result<Qos>(fail(*why)) : granted);
}

// A counter, well mixed: enough to spread devices over time, also when their seeds differ in one bit.
std::uint32_t Engine::next_random() {
    random_ += 0x9E37'79B9U;
    std::uint32_t mixed = random_;
    mixed = (mixed ^ mixed >> 16) * 0x85EB'CA6BU;
    mixed = (mixed ^ mixed >> 13) * 0xC2B2'AE35U;
    return mixed ^ mixed >> 16;
}

void Engine::tick(Instant now) {
    now_ = now;
#if ESB_MQTT_KEEP
    keeper_.try_again();
#endif
    if (state_ == State::connecting) {
        if (count(now) >= connack_deadline()) close_now(errors::mqtt_no_connack);
        return;
    }
    if (state_ == State::connected) check_keep_alive();
    if constexpr (with_mqtt_defer) check_stall();
    if (now < connection_.closing_until) return;
    if (state_ == State::closing) connection_.close_now = true;
    if (state_ != State::connected || !connection_.draining) return;
    close_after_output(errors::mqtt_overrun, now);
    if constexpr (with_mqtt5) overrun5();
}

// MQTT-3.1.2-23: the interval counts from the last packet sent. Silence counts from the last answer: what we send says
// nothing about the broker, and its messages may come from one that does not listen to us any more.
void Engine::check_keep_alive() {
    if (connection_.ping_interval_ms == 0) return;
    if (connection_.asked && !stalled()) {
        if (count(now_) >= silence_deadline()) return close_now(errors::mqtt_silent);
        if (now_ >= connection_.asked_at + Duration(connection_.ping_wait_ms)) connection_.held = true;
    }
    if (connection_.ping_queued || count(now_) < next_ping()) return;
    append(PacketType::pingreq);
    connection_.ping_queued = true;
    if (connection_.asked) return;
    connection_.asked = true;
    connection_.asked_at = now_;
}

Engine::Count Engine::keep_alive_deadline() const {
    if (connection_.ping_interval_ms == 0) return never;
    const Count ping = connection_.ping_queued ? never : next_ping();
    return connection_.asked && !stalled() ? std::min(ping, silence_deadline()) : ping;
}

Engine::Count Engine::next_ping() const {
    Count since = count(connection_.last_sent);
    // While an answer is awaited only the broker's own keep-alive is served.
    if (!connection_.asked) since = std::min(since, count(connection_.answered));
    return since + connection_.ping_interval_ms;
}

Engine::Count Engine::silence_deadline() const {
    Count since = count(connection_.asked_at);
    if (connection_.flowed) since = std::max(since, count(connection_.flowed_at));
    return since + connection_.ping_wait_ms;
}

bool Engine::receiving(Instant now) const {
    return connection_.flowed && now < connection_.flowed_at + Duration(longest_ping_wait_ms);
}

Engine::Count Engine::deadline() const {
    if (state_ == State::waiting) return count(retry_at_);
    if (state_ == State::connecting) return connack_deadline();
    if (state_ == State::closing && !connection_.close_now) return count(connection_.closing_until);
    if (state_ != State::connected) return never;
    Count keep_alive = keep_alive_deadline();
#if ESB_MQTT_DEFER
    if (connection_.stalled) keep_alive = std::min(keep_alive, count(connection_.stalled_at + longest_defer_));
#endif
    return connection_.draining ? std::min(keep_alive, count(connection_.closing_until)) : keep_alive;
}

std::optional<Instant> Engine::next_deadline() const {
    const Count at = deadline();
    if (at == never) return std::nullopt;
    return Instant(Duration(at));
}

}  // namespace esb::mqtt
