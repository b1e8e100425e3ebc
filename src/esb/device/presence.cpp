#include "esb/device/presence.hpp"

#include "esb/base/encoding.hpp"
#include "esb/device/status_json.hpp"
#include "esb/link/errors.hpp"

#include <array>

namespace esb {

void Presence::connected(Instant now) {
    echo_seen_ = false;
    echo_until_.reset();
    next_ping_ = now;
    announce(now);
}

void Presence::announce(Instant now) {
    online_to_send_ = !parts_.publisher.report("online", "1");
    next_status_ = now;
}

void Presence::disconnected() {
    online_to_send_ = false;
    next_ping_.reset();
    next_status_.reset();
    echo_until_.reset();
}

void Presence::step(Instant now) {
    if (next_status_ && now >= *next_status_) publish_status(now);
    if (echo_until_ && now >= *echo_until_) await_echo(now);
    if (next_ping_ && now >= *next_ping_) send_ping(now);
}

std::optional<Instant> Presence::deadline() const { return earliest(earliest(next_ping_, next_status_), echo_until_); }

void Presence::publish_status(Instant now) {
    if (online_to_send_) online_to_send_ = !parts_.publisher.report("online", "1");  // the outbox was full
    std::array<char, status_json_max> text;
    const auto json = status_json(parts_.snapshot.read(), parts_.subscriptions, parts_.device_key.public_text(), text);
    const auto sent = parts_.publisher.report("status", json);
    next_status_ = after(now, sent && !online_to_send_ ? parts_.policy.status_period : Duration(1s));
}

// Its time is over; while a long message comes in, or authors let the broker wait, the echo has to wait behind that.
void Presence::await_echo(Instant now) {
    if (parts_.link.client().receiving(now) || !parts_.link.client().wants_input()) {
        echo_until_ = now + 1s;
        return;
    }
    echo_until_.reset();
    if (echo_seen_) parts_.link.drop(Error(errors::link_no_echo));
}

// One at a time: the next would put off what becomes of the one before.
void Presence::send_ping(Instant now) {
    if (echo_until_) {
        next_ping_ = echo_until_;
        return;
    }
    next_ping_ = after(now, parts_.policy.ping_period);
    const auto number = decimal(milliseconds(now));
    if (!parts_.publisher.publish({"ping"}, as_bytes(number.view()), {.qos = mqtt::Qos::at_most_once})) {
        next_ping_ = now + 1s;
        return;
    }
    ping_sent_ = now;
    echo_until_ = after(now, parts_.policy.echo_timeout);
}

void Presence::take_echo(const link::Message& message) {
    const auto sent = parse_unsigned(as_text(message.bytes), 0, milliseconds(ping_sent_));
    if (!sent || *sent != milliseconds(ping_sent_) || !echo_until_) return;  // an older or a foreign one
    echo_until_.reset();
    next_ping_ = after(ping_sent_, parts_.policy.ping_period);
    echo_seen_ = true;
    round_trip_ = parts_.clock.now() - ping_sent_;
    parts_.listener.on_round_trip(*round_trip_);
}

}  // namespace esb
