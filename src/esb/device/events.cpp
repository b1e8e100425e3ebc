// What the rooms report to the core: lines on the console, and to whom it goes next.
#include "esb/device/accounts.hpp"
#include "esb/device/core.hpp"

#include <algorithm>
#include <limits>

namespace esb {
namespace {

// A handshake can end within one turn: the room that the error is from knows best how far it had come.
std::optional<portal::Step> step_of(const Error& why) {
    if (why.name().starts_with("tls.")) return portal::Step::tls;
    if (why.name().starts_with("mqtt.") || why == errors::link_no_echo) return portal::Step::mqtt;
    return std::nullopt;
}

// on_too_large() has said it, with the topic and the size.
bool told_already(const std::optional<Error>& why) { return why && *why == errors::mqtt_too_large; }

constexpr std::size_t mqtt_size_max = std::numeric_limits<std::int32_t>::max();

}  // namespace

void Core::on_connected(bool session_present) {
    if (logs(LogLevel::info)) {
        const auto& account = link_.account();
        auto& o = out();
        o.text("tls: ").line(link_.suite());
        o.text("mqtt: connected to ").text(account.host).text(":").number(account.port);
        o.text(" as ").text(account.identity).line(session_present ? ", session resumed" : "");
    }
    config_.trial().broker_reached();
    short_sessions_.began(reactor_.now());
    subscriptions_.connected(reactor_.now());
    presence_.connected(reactor_.now());
    config_.connected();
    progress_to_send_ = true;
    if (!session_present) health_.announce_again();
}

void Core::on_disconnected(const Error& why, Instant retry_at) {
    inbox_.reset();
    presence_.disconnected();
    const bool ours = why == errors::link_account_changed || why == errors::link_no_network;
    if (!ours && online()) brokers_.lost();
    const bool on_trial = config_.waits_for() == settings::Stage::broker;
    if (!ours && !online()) brokers_.failed(on_trial);
    if (!ours && on_trial && retry_at != Instant::max()) {
        config_.trial().try_failed(settings::Stage::broker);
        retry_at = std::min(retry_at, reactor_.now() + config_.trial().longest_pause());
        link_.client().retry_by(retry_at);
    }
    const bool suspicious = short_sessions_.ended(why, reactor_.now());
    set_online(false);
    health_.broker_lost(why);
    if (!ours) {
        if (const auto step = step_of(why)) portal_.attempt().broker_step(*step);
        portal_.attempt().broker_failed(why);
    }
    tell_wifi_about_broker();
    out().text("mqtt: ").text(why.text()).text(" (").text(why.name());
    if (why.detail() != 0) out().text(" ").number(why.detail());
    out().text(")");
    const bool retries = retry_at != Instant::max();
    if (retries)
        out().text(", next try in ").number(std::max(retry_at - reactor_.now(), Duration(0)).count()).text(" ms");
    out().end_line();
    if (!suspicious) return;
    health_.broker_lost(Error(errors::link_second_device));
    out().text("mqtt: ").error(Error(errors::link_second_device));
}

void Core::on_published(mqtt::Token token, Status outcome) {
    if (health_.published(token, outcome)) return;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (waiting_[i].token != token) continue;
        const auto done = waiting_[i].done;
        waiting_.erase(i);
        return done(outcome);
    }
}

void Core::on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) {
    subscriptions_.answered(token, outcome, reactor_.now());
}

void Core::on_missing(std::string_view topic, const Error& why) {
    health_.topic(log_topic(topic), why);
    out().text("mqtt: ").quoted(as_bytes(topic)).text(": ").text(why.text()).text(" (").text(why.name()).line(")");
}

// From the engine, which read past it, and from the inbox.
void Core::on_too_large(const mqtt::TooLarge& message) {
    if (!dropped_.is_new(message)) return;
    const auto size = static_cast<std::int32_t>(std::min<std::size_t>(message.size, mqtt_size_max));
    const Error why(errors::mqtt_too_large, size);
    auto& o = out();
    o.text("mqtt: a message of ").number(size).text(" bytes on ");
    if (message.topic.empty())
        o.text("a topic of ").number(static_cast<std::int64_t>(message.topic_size)).text(" bytes");
    if (!message.topic.empty()) o.quoted(as_bytes(message.topic));
    o.text(" was dropped: ").text(why.text()).text(" (").text(why.name()).line(")");
    health_.topic(log_topic(message.topic), why);
    if (is_own_topic(message.topic, "ota")) updater_.refuse(why);
    if (is_own_topic(message.topic, "config")) config_.refuse(why);
}

bool Core::is_own_topic(std::string_view topic, std::string_view leaf) const {
    const auto base = link_.base().view();
    return topic.size() == base.size() + 1 + leaf.size() && topic.starts_with(base) && topic[base.size()] == '/' &&
           topic.ends_with(leaf);
}

LogTopic Core::log_topic(std::string_view topic) const {
    if (is_own_topic(topic, "ping")) return LogTopic::ping;
    if (is_own_topic(topic, "ota")) return LogTopic::ota;
    if (is_own_topic(topic, "config")) return LogTopic::config;
    if (topic == ha_status_topic) return LogTopic::home_assistant;
    const auto base = link_.base().view();
    const bool app = topic.starts_with(base) && topic.substr(base.size()).starts_with("/app/");
    return app ? LogTopic::app : LogTopic::other;
}

void Core::on_progress(const ota::Progress& progress) {
    if (!told_already(progress.error)) health_.progress(progress);
    progress_to_send_ = true;
    reactor_.wake();  // this turn's part in sending may be over
    if (told_already(progress.error) || (!progress.error && !logs(LogLevel::info))) return;
    auto& o = out();
    o.text("ota: ").text(ota::name(progress.state));
    if (!progress.ver.empty()) o.text(" ").quoted(as_bytes(progress.ver.view()));
    if (progress.size > 0) o.text(", ").number(progress.done).text(" of ").number(progress.size).text(" bytes");
    std::array<char, ota::why_max> why;
    if (progress.error) o.text(": ").text(ota::why(progress, why)).text(" (").text(progress.error->name()).text(")");
    o.end_line();
}

void Core::on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) {
    if (logs(LogLevel::info)) {
        out().text("wifi: joined ").quoted(as_bytes(ssid)).text(", address ").line(chip::to_text(ip.address));
    }
    presence_.set_address(ip.address);
    link_.set_network(true, reactor_.now());
    config_.trial().address_obtained(reactor_.now());
    shell_.improv().link_up(ssid.view());
    health_.link_up();
    portal_.attempt().link_up(ssid.view(), ip.address);
    // Set up by other means: nobody has a page open to see how it went.
    const bool nobody_looks = wifi_.portal() == wifi::PortalState::grace && !portal_host_.visited();
    if (nobody_looks) wifi_.portal_result_shown(reactor_.now());
}

void Core::on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) {
    out().text("wifi: ").quoted(ssid.view()).text(": ").text(chip::name(reason));
    const auto known = known_networks(store_);
    const bool shown = std::any_of(known.begin(), known.end(), [&ssid](const wifi::KnownNetwork& network) {
        return network.station.ssid == ssid && !network.station.hidden;
    });
    if (reason == chip::DisconnectReason::network_not_found && shown) {
        out().text(" (if it hides its name: wifi connect ... hidden)");
    }
    out().text(", next try in ").number(next_try.count()).line(" ms");
    link_.set_network(false, reactor_.now());
    if (reason != chip::DisconnectReason::requested) config_.trial().try_failed(settings::Stage::network);
    config_.trial().address_lost();
    shell_.improv().link_down(ssid.view(), reason);
    health_.link_down(reason);
    portal_.attempt().link_down(ssid.view(), reason);
}

void Core::tell_wifi_about_broker() {
    const auto without = link_.account().complete() ? wifi::Broker::sought : wifi::Broker::unused;
    wifi_.set_broker(online() ? wifi::Broker::reached : without, reactor_.now());
}

void Core::on_portal_opened(wifi::PortalWhy why) {
    const auto address = store_.text(settings::names::ap_address);
    if (logs(LogLevel::info)) {
        out().text("portal: open, ").text(wifi::name(why)).text(": join ").text(identity_);
        out().text(", then http://").text(address).line("/");
    }
    portal_host_.reset();
    const auto at = chip::parse_ipv4(address);
    const auto opened = at ? portal_.open(*at) : fail(at.error());
    if (opened) return;
    out().text("portal: ").error(opened.error());
    wifi_.close_portal(reactor_.now());
}

void Core::on_portal_closed(wifi::PortalWhy why) {
    portal_.close();
    portal_.attempt().portal_closed();
    portal_host_.reset();
    if (logs(LogLevel::info)) out().text("portal: closed, ").line(wifi::name(why));
}

void Core::on_given_up() {
    out().line("wifi: no link in time, restarting");
    request_restart();
}

void Core::note_config() {
    if (noted_config_ == config_.trial().revision()) return;
    noted_config_ = config_.trial().revision();
    if (!told_already(config_.report().error)) health_.config(config_.report());
    const auto& report = config_.report();
    const bool ours = config_.proposer() == Proposer::portal && report.state == settings::Report::State::reverted;
    if (ours && report.error) portal_.attempt().reverted(*report.error);
}

// What the set-up page tells live.
void Core::follow_attempt() {
    auto& attempt = portal_.attempt();
    switch (link_.stage()) {
        case BrokerLink::Stage::resting:
            return;
        case BrokerLink::Stage::reaching:
            return attempt.broker_step(portal::Step::reach);
        case BrokerLink::Stage::tls:
            return attempt.broker_step(portal::Step::tls);
        case BrokerLink::Stage::mqtt:
            return attempt.broker_step(portal::Step::mqtt);
    }
}

void Core::on_round_trip(Duration time) {
    if (logs(online() ? LogLevel::debug : LogLevel::info)) {
        out().text("ping: echo after ").number(time.count()).line(" ms");
    }
    set_online(true);
    tell_wifi_about_broker();
    wifi_.set_commissioned(true);
    updater_.healthy();
    brokers_.succeeded();
    config_.trial().round_trip();
    portal_.attempt().round_trip();
    if (const auto* last_good = wifi_.last_good()) last_network_.note(*last_good);
    if (const auto noted = commissioned_.note(); !noted) out().text("storage: ").error(noted.error());
}

}  // namespace esb
