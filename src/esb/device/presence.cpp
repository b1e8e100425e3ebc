#include "esb/device/presence.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/json.hpp"

#include <array>

namespace esb {
namespace {

FixedString<96> topic_of(const Identity& base, std::string_view subtopic) {
    FixedString<96> topic;
    static_cast<void>(topic.append(base));
    static_cast<void>(topic.append('/'));
    static_cast<void>(topic.append(subtopic));
    return topic;
}

std::int64_t seconds(Instant at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

}  // namespace

Presence::Presence(chip::Chip& chip, BrokerLink& link, const Policy& policy, PresenceListener& listener)
    : chip_(chip), link_(link), policy_(policy), listener_(listener) {}

Status Presence::subscribe(Inbox& inbox) {
    return inbox.add(topic_of(link_.base(), "ping"), mqtt::Qos::at_most_once,
                     [this](const Message& message) { take_echo(message); });
}

void Presence::connected(Instant now) {
    echo_seen_ = false;
    echo_until_.reset();
    next_ping_ = now;
    announce(now);
}

void Presence::announce(Instant now) {
    online_to_send_ = !publish_retained("online", "1");
    next_status_ = now;
}

void Presence::disconnected() {
    online_to_send_ = false;
    next_ping_.reset();
    next_status_.reset();
    echo_until_.reset();
}

void Presence::step(Instant now) {
    if (next_status_ && now >= *next_status_) {
        if (online_to_send_) online_to_send_ = !publish_retained("online", "1");  // the outbox was full
        std::array<char, 1088> text;
        const auto sent = publish_retained("status", status_json(now, text));
        next_status_ = now + (sent && !online_to_send_ ? policy_.status_period : Duration(1s));
    }
    if (echo_until_ && now >= *echo_until_ && link_.client().receiving(now)) echo_until_ = now + 1s;
    if (echo_until_ && now >= *echo_until_) {
        echo_until_.reset();
        if (echo_seen_) return link_.drop(Error(errors::link_no_echo));
    }
    if (next_ping_ && now >= *next_ping_) send_ping(now);
}

std::optional<Instant> Presence::deadline() const { return earliest(earliest(next_ping_, next_status_), echo_until_); }

void Presence::send_ping(Instant now) {
    next_ping_ = now + policy_.ping_period;
    const auto number = decimal(milliseconds(now));
    const auto topic = topic_of(link_.base(), "ping");
    const auto sent = link_.client().publish({topic, as_bytes(number.view()), mqtt::Qos::at_most_once, false});
    if (!sent) {
        next_ping_ = now + 1s;
        return;
    }
    ping_sent_ = now;
    echo_until_ = now + policy_.echo_timeout;
}

void Presence::take_echo(const Message& message) {
    const auto sent = parse_unsigned(as_text(message.bytes), 0, milliseconds(ping_sent_));
    if (!sent || *sent != milliseconds(ping_sent_) || !echo_until_) return;  // an older or a foreign one
    echo_until_.reset();
    echo_seen_ = true;
    round_trip_ = chip_.clock.now() - ping_sent_;
    listener_.on_round_trip(*round_trip_);
}

std::string_view Presence::status_json(Instant now, std::span<char> out) const {
    const auto heap = chip_.system.heap();
    const auto radio_link = chip_.radio.link();
    JsonWriter json(out);
    json.begin_object();
    json.key("app").text(image_->app).key("ver").text(image_->ver).key("hw").text(image_->hw);
    json.key("seq").number(image_->seq).key("floor").number(updater_->floor());
    json.key("boot").text(chip_.slots.running() == chip::SlotId::a ? "a" : "b");
    json.key("reset").text(chip::name(chip_.system.reset_reason()));
    json.key("ip").text(chip::to_text(address_));
    json.key("rssi").number(radio_link ? radio_link->rssi : 0);
    json.key("heap").number(static_cast<std::int64_t>(heap.free));
    json.key("heap_min").number(static_cast<std::int64_t>(heap.minimum_free));
    json.key("stack").number(static_cast<std::int64_t>(chip_.system.stack_reserve()));
    json.key("up").number(seconds(now)).key("safe").boolean(safe_mode_);
    json.key("trust").text(updater_->trust_lost() ? "lost" : "kept");
    json.key("sec").begin_array();
    for (const auto protection : chip_.system.protections()) json.text(protection);
    json.end_array();
    if (subscriptions_ != nullptr && subscriptions_->missing() > 0) subscriptions_->write(json.key("missing"));
    if (!hint_.empty()) json.key("hint").text(hint_);
    if (const auto key = key_->public_text(); !key.empty()) json.key("enc").text(key);
    json.end_object();
    return json.view();
}

std::string_view Presence::update_json(const ota::Progress& progress, std::string_view installed, std::span<char> out) {
    JsonWriter json(out);
    json.begin_object();
    json.key("id").text(progress.id).key("state").text(ota::name(progress.state)).key("ver").text(progress.ver);
    json.key("installed").text(installed);
    json.key("done").number(progress.done).key("size").number(progress.size);
    json.key("error").text(progress.error ? progress.error->name() : "");
    if (progress.error) {
        std::array<char, ota::why_max> why;
        json.key("why").text(ota::why(progress, why));
        if (progress.error->detail() != 0) json.key("detail").number(progress.error->detail());
    }
    if (!progress.host.empty()) json.key("host").text(progress.host);
    if (progress.freshness_unknown) json.key("freshness").text("unknown");
    json.end_object();
    return json.view();
}

Status Presence::publish_retained(std::string_view subtopic, std::string_view text) {
    if (text.empty()) return fail(errors::too_long);
    const auto topic = topic_of(link_.base(), subtopic);
    const auto token = link_.client().publish({topic, as_bytes(text), mqtt::Qos::at_least_once, true});
    if (!token) return fail(token.error());
    return {};
}

}  // namespace esb
