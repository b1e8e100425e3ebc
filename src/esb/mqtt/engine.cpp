#include "esb/mqtt/engine.hpp"

namespace esb::mqtt {
namespace {

using State = Client::State;

// A connection that lasted this long was a good one: the next back-off begins at its minimum.
constexpr Duration stable_after = 30s;
// How long stop() may take to send what is queued.
constexpr Duration closing_timeout = 5s;
// PINGREQ goes so much before the keep-alive interval ends that a late tick() does not break it. With the wait for the
// answer that is at most 1.5 intervals of silence.
constexpr Duration ping_margin = 2s;
constexpr Duration longest_ping_wait = 20s;

Status check_will(const Will& will, std::size_t max_topic) {
    if (will.topic.empty()) return {};
    if (will.topic.size() > max_topic || will.payload.size() > max_text) return fail(errors::too_long);
    if (!is_topic_name(will.topic)) return fail(errors::mqtt_bad_topic);
    if (will.qos > Qos::exactly_once) return fail(errors::invalid_argument);
    return {};
}

}  // namespace

Engine::Engine(Handler& handler, const Limits& limits, const Parts& parts)
    : handler_(handler),
      max_topic_(parts.topic.size()),
      decoder_(parts.topic, limits.max_packet_in),
      control_(parts.control),
      session_(parts.arena, parts.releases, parts.received, statistics_) {}

Status Engine::configure(const ConnectOptions& options) {
    if (options.client_id.size() > max_text || options.user_name.size() > max_text ||
        options.password.size() > max_text) {
        return fail(errors::too_long);
    }
    if (!is_text(options.client_id) || !is_text(options.user_name)) return fail(errors::invalid_argument);
    // MQTT-3.1.3-7: no identifier, no session. MQTT-3.1.2-22: no password without a user name.
    if (options.client_id.empty() && !options.clean_session) return fail(errors::invalid_argument);
    if (options.user_name.empty() && !options.password.empty()) return fail(errors::invalid_argument);
    if (options.connack_timeout <= Duration::zero()) return fail(errors::invalid_argument);
    ESB_TRY(check_will(options.will, max_topic_));
    options_ = options;
    // A CONNECT of which the rest would be written from the new options.
    const bool half_written = connection_.connect_written < connection_.connect_size;
    if (state_ == State::connecting && half_written) close_now(Error(errors::cancelled));
    return {};
}

void Engine::start(Instant now, std::uint32_t random) {
    if (state_ == State::stopped) {
        random_ = random;
        // A device that lost its memory but not its session at the broker should not repeat its last identifiers.
        session_.seed_ids(static_cast<PacketId>(random & 0xFFFF));
    }
    wanted_ = true;
    backoff_.reset();  // whatever it was for
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
            close_now(Error(errors::cancelled));
            break;
        case State::connected:
            close_after_output(Error(errors::cancelled), now);
            break;
        case State::stopped:
        case State::closing:
            break;
    }
}

void Engine::forget_session() {
    session_.forget();
    complete_doomed(errors::cancelled);
}

void Engine::transport_opening() {
    if (state_ != State::waiting) return;
    connection_ = {};
    state_ = State::opening;
}

void Engine::transport_opened(Instant now) {
    if (state_ != State::opening && state_ != State::waiting) return;
    connection_ = {};
    connection_.began = now;
    connection_.clean_session = options_.clean_session;
    const Duration keep_alive = std::chrono::seconds(options_.keep_alive_s);
    connection_.ping_interval = keep_alive - std::min(ping_margin, keep_alive / 4);
    connection_.ping_wait = std::min(longest_ping_wait, keep_alive / 2);
    connection_.connect_size = connect_size(options_);
    decoder_.reset();
    control_.clear();
    state_ = State::connecting;
}

void Engine::transport_closed(Instant now, const Error& why) {
    if (state_ == State::stopped || state_ == State::waiting) return;
    const Error reason = why;  // may be our own close_reason(), which end_connection() resets
    end_connection(now);
    complete_doomed(errors::closed);
    handler_.on_disconnected(reason, state_ == State::waiting ? retry_at_ : Instant::max());
}

void Engine::end_connection(Instant now) {
    const bool was_stable = connection_.connected && now - connection_.began >= stable_after;
    // After an overrun the broker waits with messages that only a new connection brings.
    if (was_stable || connection_.draining) backoff_.reset();
    state_ = wanted_ ? State::waiting : State::stopped;
    retry_at_ = now;
    if (wanted_ && !at_once_) retry_at_ += backoff_.next(next_random());
    at_once_ = false;
    connection_ = {};
    control_.clear();
    session_.connection_lost();
}

// The transport is of no use any more.
void Engine::close_now(const Error& reason) {
    state_ = State::closing;
    connection_.reason = reason;
    connection_.close_now = true;
}

// What is queued and DISCONNECT go first; what comes in is no longer looked at.
void Engine::close_after_output(const Error& reason, Instant now) {
    state_ = State::closing;
    connection_.reason = reason;
    connection_.closing_until = now + closing_timeout;
}

void Engine::complete_doomed(const ErrorKind& why) {
    while (const auto doomed = session_.take_doomed()) {
        if (doomed->publish) {
            complete_publish(doomed->token, fail(why));
        } else {
            handler_.on_subscribed(doomed->token, fail(why));
        }
    }
}

void Engine::complete_publish(Token token, Status outcome) {
    --pending_;
    if (outcome) ++statistics_.messages_out;
    handler_.on_published(token, outcome);
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
    switch (state_) {
        case State::connecting:
            if (now >= connack_deadline()) close_now(Error(errors::mqtt_no_connack));
            break;
        case State::connected:
            check_keep_alive(now);
            if (state_ == State::connected && connection_.draining && now >= connection_.closing_until) {
                close_after_output(Error(errors::mqtt_overrun), now);
            }
            break;
        case State::closing:
            if (!connection_.close_now && now >= connection_.closing_until) connection_.close_now = true;
            break;
        case State::stopped:
        case State::waiting:
        case State::opening:
            break;
    }
}

// MQTT-3.1.2-23: the interval counts from the last packet sent. Silence counts from the last answer: what we send says
// nothing about the broker, and its messages may come from one that does not listen to us any more.
void Engine::check_keep_alive(Instant now) {
    if (connection_.ping_interval == Duration::zero()) return;
    if (connection_.asked && now >= silence_deadline()) return close_now(Error(errors::mqtt_silent));
    if (connection_.asked && now >= *connection_.asked + connection_.ping_wait) connection_.held = true;
    if (connection_.ping_queued || now < next_ping()) return;
    const std::uint8_t pingreq[] = {static_cast<std::uint8_t>(static_cast<unsigned>(PacketType::pingreq) << 4), 0};
    control_.append(pingreq);
    connection_.ping_queued = true;
    if (!connection_.asked) connection_.asked = now;
}

std::optional<Instant> Engine::keep_alive_deadline() const {
    if (connection_.ping_interval == Duration::zero()) return std::nullopt;
    std::optional<Instant> next;
    if (!connection_.ping_queued) next = next_ping();
    return connection_.asked ? earliest(next, silence_deadline()) : next;
}

Instant Engine::next_ping() const {
    // While an answer is awaited only the broker's own keep-alive is served.
    const Instant since =
        connection_.asked ? connection_.last_sent : std::min(connection_.last_sent, connection_.answered);
    return since + connection_.ping_interval;
}

Instant Engine::silence_deadline() const {
    return std::max(*connection_.asked, connection_.flowed.value_or(Instant::min())) + connection_.ping_wait;
}

bool Engine::receiving(Instant now) const {
    return connection_.flowed && now < *connection_.flowed + longest_ping_wait;
}

std::optional<Instant> Engine::next_deadline() const {
    switch (state_) {
        case State::waiting:
            return retry_at_;
        case State::connecting:
            return connack_deadline();
        case State::connected:
            return connection_.draining ? earliest(keep_alive_deadline(), connection_.closing_until)
                                        : keep_alive_deadline();
        case State::closing:
            if (connection_.close_now) return std::nullopt;
            return connection_.closing_until;
        case State::stopped:
        case State::opening:
            break;
    }
    return std::nullopt;
}

}  // namespace esb::mqtt
