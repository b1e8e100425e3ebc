#include "esb/device/connection.hpp"

#include "esb/base/features.hpp"
#include "esb/device/accounts.hpp"
#include "esb/link/errors.hpp"
#include "esb/mqtt/packet_topic.hpp"
#include "esb/mqtt/errors.hpp"

#include <algorithm>
#include <utility>

namespace esb {
namespace {

// Tells two accounts apart.
std::uint32_t mark_of(const link::Account& account) {
    std::uint32_t mark = 2'166'136'261U;  // FNV-1a
    const auto add = [&mark](ConstBytes bytes) {
        for (const auto byte : bytes) mark = (mark ^ byte) * 16'777'619U;
        mark = (mark ^ static_cast<std::uint32_t>(bytes.size())) * 16'777'619U;
    };
    const std::uint8_t port[] = {static_cast<std::uint8_t>(account.port >> 8), static_cast<std::uint8_t>(account.port)};
    add(as_bytes(account.host.view()));
    add(port);
    add(as_bytes(account.identity.view()));
    add(account.psk.reveal());
    add(as_bytes(account.base.view()));
#if ESB_CERTIFICATES
    const auto& by = account.by;
    const auto trust = static_cast<std::uint8_t>(by.trust);
    add({&trust, 1});
    for (const auto& hash : {by.authority, by.pins[0], by.pins[1], by.certificate}) {
        add(hash ? ConstBytes(*hash) : ConstBytes());
    }
    add(as_bytes(by.user.view()));
    add(by.password.reveal());
#endif
#if ESB_MQTT5
    const std::uint8_t version[] = {static_cast<std::uint8_t>(account.version)};
    add(version);
#endif
    return mark;
}

// The device itself has ended it.
bool is_ours(const Error& why) { return why == errors::link_account_changed || why == errors::link_no_network; }

}  // namespace

void Connection::use_accounts(Instant now) {
    if (!parts_.config.trial().begun()) changed_accounts_ = {};
    for (std::uint8_t broker = 0; broker < link::Brokers::max_brokers; ++broker) {
        for (std::uint8_t key = 0; key < link::Brokers::max_keys; ++key) {
            const auto mark = mark_of(account_of(parts_.store, {broker, key}, parts_.identity));
            auto& before = account_marks_[broker * link::Brokers::max_keys + key];
            if (std::exchange(before, mark) != mark) changed_accounts_[broker][key] = true;
        }
    }
    parts_.brokers.use(usable_accounts(parts_.store), changed_accounts_, parts_.online.load());
    const auto before = parts_.link.base();
    const auto account = account_of(parts_.store, parts_.brokers.choice(), parts_.identity);
    parts_.voice.tell("mqtt", parts_.link.use(account, now));
    tell_restored();
    parts_.network.tell_about_broker();
    if (!(parts_.link.base() == before)) parts_.topics.refill();
}

void Connection::tell_restored() {
#if ESB_MQTT_KEEP
    const auto restored = parts_.link.take_restored();
    if (!restored) return;
    auto& out = parts_.voice.out();
    if (restored->messages > 0) {
        out.text("mqtt: messages kept over the restart: ").number(static_cast<std::int64_t>(restored->messages)).end_line();
    }
    if (restored->refused > 0) parts_.voice.failed("mqtt", Error(errors::mqtt_kept_damaged, static_cast<std::int32_t>(restored->refused)));
#endif
}

// Before each attempt: the account that has its turn.
void Connection::choose_broker(Instant now) {
    if (!parts_.link.client().wants_transport(now)) return;
    const auto before = parts_.link.base();
    parts_.voice.tell("mqtt", parts_.link.aim(account_of(parts_.store, parts_.brokers.choice(), parts_.identity)));
    if (!(parts_.link.base() == before)) parts_.topics.refill();
}

void Connection::step(Instant now) {
    choose_broker(now);
    parts_.link.step(now);
    parts_.set_up.broker_stage(parts_.link.stage());  // which the page tells live
}

void Connection::on_connected(bool session_present) {
    const auto now = parts_.reactor.now();
    if (parts_.voice.info()) {
        const auto& account = parts_.link.account();
        auto& out = parts_.voice.out();
        out.text("tls: ").text(parts_.link.suite()).line(parts_.link.resumed() ? ", session resumed" : "");
        const bool v6 = with_ipv6 && account.host.view().find(':') != std::string_view::npos;
        out.text("mqtt: connected to ").text(v6 ? "[" : "").text(account.host).text(v6 ? "]:" : ":").number(account.port);
        out.text(" as ").text(account.identity);
        if (parts_.link.client().speaks_five()) out.text(", MQTT 5.0");
        out.line(session_present ? ", session resumed" : "");
    }
    parts_.config.trial().broker_reached();
    parts_.sessions.began(now);
    parts_.subscriptions.connected(now);
    parts_.presence.connected(now);
    parts_.config.connected();
    parts_.updates.report();
    parts_.home_assistant.connected(parts_.link.account().identity, parts_.link.base());
    if (!session_present) parts_.home_assistant.again();
}

void Connection::on_unanswered(ConstBytes packet) {
    parts_.sessions.unanswered(mqtt::topic_in(packet, parts_.link.client().speaks_five()));
}

void Connection::on_disconnected(const Error& why, Instant retry_at) {
    parts_.inbox.reset();
    heard_at_.reset();
    parts_.presence.disconnected();
    if (!is_ours(why)) retry_at = plan_next_try(retry_at);
    const bool suspicious = parts_.sessions.ended(why, parts_.reactor.now());
    set_online(false);
    parts_.notes.broker_lost(why);
    parts_.link.note_end(why);
    if (!is_ours(why)) parts_.set_up.broker_failed(why);
    parts_.network.tell_about_broker();
    print_end(why, retry_at);
    if (!suspicious) return;
    const Error suspicion(*parts_.sessions.suspicion(parts_.reactor.now()));
    parts_.notes.broker_lost(suspicion);
    parts_.voice.failed("mqtt", suspicion);
    if (suspicion == errors::link_topic_forbidden) {
        parts_.voice.out().text("mqtt: it is ").line(parts_.sessions.topic());
    }
}

// Which account is next; when it is on trial, with less patience.
Instant Connection::plan_next_try(Instant retry_at) {
    auto& trial = parts_.config.trial();
    const bool on_trial = trial.waits_for() == settings::Stage::broker;
    if (parts_.online.load()) {
        parts_.brokers.lost();
    } else {
        parts_.brokers.failed(on_trial);
    }
    if (!on_trial || retry_at == Instant::max()) return retry_at;
    trial.try_failed(settings::Stage::broker);
    retry_at = std::min(retry_at, parts_.reactor.now() + trial.longest_pause());
    parts_.link.client().retry_by(retry_at);
    return retry_at;
}

void Connection::print_end(const Error& why, Instant retry_at) {
    auto& out = parts_.voice.out();
    out.text("mqtt: ");
    if constexpr (with_log_words) out.text(why.text()).text(" (");
    out.text(why.name());
    if (why.detail() != 0) out.text(" ").number(why.detail());
    if constexpr (with_log_words) out.text(")");
#if ESB_MQTT5
    const auto said = parts_.link.client().properties().text(mqtt::Property::reason_string);
    if (!said.empty()) out.text(", it says: ").text(said);
#endif
    if (retry_at != Instant::max()) {
        const auto pause = std::max(retry_at - parts_.reactor.now(), Duration(0));
        out.text(", next try in ").number(pause.count()).text(" ms");
    }
    out.end_line();
}

void Connection::on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) {
    parts_.subscriptions.answered(token, outcome, parts_.reactor.now());
}

void Connection::on_round_trip(Duration time) {
    const bool was_online = parts_.online.load();
    if (was_online ? parts_.voice.debug() : parts_.voice.info()) {
        parts_.voice.out().text("ping: echo after ").number(time.count()).line(" ms");
    }
    set_online(true);
    parts_.network.tell_about_broker();
    parts_.updates.updater().healthy();
    parts_.brokers.succeeded();
    parts_.config.trial().round_trip();
    parts_.set_up.round_trip();
    parts_.network.led_to_broker();
    note_commissioned();
}

// The console first: what fails is tried again with the next round trip.
void Connection::note_commissioned() {
    const bool closes = parts_.app.defaults == Defaults::product && !parts_.policy.console_stays_open;
    if (closes && !parts_.commissioned.is() && !parts_.voice.tell("console", parts_.config.close_console())) return;
    parts_.voice.tell("storage", parts_.commissioned.note());
}

void Connection::set_online(bool online) {
    if (parts_.online.exchange(online) == online) return;
    parts_.notes.on_line(online);
    const auto handler = online_handler_;  // it may set another
    if (handler) handler(online);
}

}  // namespace esb
