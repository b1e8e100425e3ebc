#include "esb/device/core.hpp"

#include "esb/base/encoding.hpp"
#include "esb/mqtt/errors.hpp"

namespace esb {

namespace names = settings::names;

Core::Core(chip::Chip& chip, const AppDesc& app, const Limits& limits)
    : chip_(chip),
      app_(app),
      identity_(identity_from_mac(chip.system.station_mac())),
      store_(chip.key_value, schema_),
      console_(chip.uart),
      reactor_(chip.sockets, chip.clock),
      names_(reactor_, chip.resolver),
      wifi_(chip.radio, chip.entropy, *this, policy_.wifi),
      link_(reactor_, names_, chip.entropy, *this, limits),
      presence_(chip, link_, policy_, *this),
      updater_({reactor_, names_, chip.slots, chip.key_value, chip.clock, chip.entropy, chip.system}, app_.image,
               *this),
      health_({chip, reactor_, names_, link_, store_, console_.output(), app_.image}),
      inbox_(limits.max_message),
      queue_(limits.queue_slots, limits.max_publish) {
    presence_.introduce(app_.image, updater_);
    static_cast<void>(reactor_.add(*this));  // the first of a new reactor always fits
    add_commands(*this);
    add_health_commands(*this);
}

Core::~Core() { reactor_.remove(*this); }

void Core::start() {
    print_banner();
    const auto mounted = chip_.key_value.mount();
    if (!mounted) {
        out().text("storage: ").error(mounted.error());
    } else if (*mounted == chip::Mount::formatted) {
        out().line("storage: formatted");
    }
    health_.begin_log();
    const auto loaded = store_.load();
    health_.settings_loaded(loaded);
    if (!loaded) {
        out().text("settings: ").error(loaded.error());
    } else if (*loaded == settings::Loaded::recovered || *loaded == settings::Loaded::lost) {
        out().line(*loaded == settings::Loaded::lost
                       ? "settings: both generations are unreadable, starting anew"
                       : "settings: the newest generation is unreadable, using the one before");
    }
    if (const auto born = be_born({store_, schema_, chip_.key_value, chip_.entropy, chip_.uart, out()}, identity_);
        !born) {
        out().text("identity: ").error(born.error());
    }
    for (const auto key : app_.update_keys) {
        if (const auto trusted = updater_.trust(key); !trusted) out().text("update key: ").error(trusted.error());
    }
    start_watchdog();
    if (const auto begun = updater_.begin(identity_); !begun) out().text("ota: ").error(begun.error());
    health_.begin(updater_.on_trial() || updater_.progress().state == ota::State::rolled_back);  // it gives itself up
    presence_.set_safe_mode(health_.safe_mode());
    if (const auto radio = wifi_.start("", identity_, reactor_.now()); !radio)
        out().text("wifi: ").error(radio.error());
    applied_revision_ = store_.revision() - 1;
}

void Core::print_banner() {
    auto& o = out();
    o.end_line();
    o.text("===== ").text(app_.image.app).text(" ").text(app_.image.ver).text(" (seq ").number(app_.image.seq);
    o.text(") on ").text(app_.image.hw).text(", slot ").text(chip_.slots.running() == chip::SlotId::a ? "a" : "b");
    o.text(", after ").text(chip::name(chip_.system.reset_reason())).text(" =====").end_line();
}

void Core::start_watchdog() {
    watchdog_ = policy_.watchdog;
    if (const auto watched = chip_.system.start_watchdog(watchdog_); !watched) {
        out().text("watchdog: ").error(watched.error());
    }
}

bool Core::turn(Duration longest) {
    if (watchdog_ != policy_.watchdog) start_watchdog();  // the author's wish comes after the start
    reactor_.turn(longest);
    if (!restart_due(reactor_.now())) return true;
    health_.before_restart();
    return false;
}

void Core::step(Instant now) {
    chip_.system.feed_watchdog();
    console_.poll();
    if (applied_revision_ != store_.revision()) apply_settings(now);
    wifi_.step(now);
    periodic_.step(now);
    send_queued();
    presence_.step(now);
    health_.step(now, online());
    if (progress_to_send_) publish_progress();
    link_.step(now);
}

std::optional<Instant> Core::deadline() const {
    if (applied_revision_ != store_.revision()) return Instant{};  // also at the first turn
    auto next = earliest(wifi_.deadline(), periodic_.deadline());
    next = earliest(next, presence_.deadline());
    next = earliest(next, link_.deadline());
    next = earliest(next, health_.deadline());
    // A running device feeds its watchdog several times within its time-out.
    return earliest(earliest(next, restart_until_), reactor_.now() + policy_.watchdog / 4);
}

void Core::apply_settings(Instant now) {
    applied_revision_ = store_.revision();
    updater_.policy().legacy_md5 = store_.boolean(names::ota_legacy_md5);

    BrokerAccount account;
    const auto identity = make_identity(store_.text(names::mqtt_ident));
    if (identity) account.identity = *identity;
    static_cast<void>(account.host.assign(store_.text(names::mqtt_host)));
    account.port = static_cast<std::uint16_t>(store_.integer(names::mqtt_port));
    static_cast<void>(account.psk.assign(store_.bytes(names::mqtt_psk)));
    const bool new_topics = !(account.identity == link_.account().identity);
    if (const auto used = link_.use(account, now); !used) out().text("mqtt: ").error(used.error());
    tell_wifi_about_broker();
    if (new_topics) {
        if (const auto filled = fill_inbox(); !filled) out().text("mqtt: ").error(filled.error());
    }

    chip::StationConfig network;
    static_cast<void>(network.ssid.assign(as_text(store_.bytes(names::wifi_ssid))));
    static_cast<void>(network.passphrase.assign(as_bytes(store_.text(names::wifi_pass))));
    const bool same = network.ssid == applied_network_.ssid && network.passphrase == applied_network_.passphrase;
    if (same) return;
    applied_network_ = network;
    link_.set_network(false, now);
    wifi_.use(network, now);
}

Status Core::fill_inbox() {
    inbox_.clear();
    if (link_.base().empty()) return {};
    ESB_TRY(presence_.subscribe(inbox_));
    FixedString<Inbox::topic_max> topic;
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/ota"));
    ESB_TRY(inbox_.add(topic, mqtt::Qos::at_least_once, [this](const Message& message) {
        if (message.offset != 0) return;
        if (!message.is_last()) return updater_.refuse(Error(errors::envelope_too_large));
        static_cast<void>(updater_.offer(message.bytes));  // a refusal comes as progress
    }));
    for (const auto& subscription : author_subscriptions_) ESB_TRY(add_to_inbox(subscription));
    return {};
}

Status Core::add_to_inbox(const AuthorSubscription& subscription) {
    FixedString<Inbox::topic_max> topic;
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/app/"));
    ESB_TRY(topic.append(subscription.topic));
    return inbox_.add(topic, mqtt::Qos::at_least_once, subscription.callback);
}

Status Core::subscribe(std::string_view topic, Inbox::Callback handler) {
    AuthorSubscription made;
    ESB_TRY(made.topic.assign(topic));
    if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos) return fail(errors::mqtt_bad_topic);
    made.callback = handler;
    ESB_TRY(author_subscriptions_.push_back(made));
    if (link_.base().empty()) return {};  // fill_inbox() adds it later
    ESB_TRY(add_to_inbox(made));
    if (!link_.connected()) return {};
    const auto token = link_.client().subscribe(inbox_.at(inbox_.size() - 1).topic, mqtt::Qos::at_least_once);
    if (!token) return fail(token.error());
    return {};
}

Status Core::subscribe_all() {
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        const auto token = link_.client().subscribe(inbox_.at(i).topic, inbox_.at(i).qos);
        if (!token) return fail(token.error());
    }
    return {};
}

void Core::on_connected(bool session_present) {
    const auto& account = link_.account();
    out().text("tls: ").line(link_.suite());
    out()
        .text("mqtt: connected to ")
        .text(account.host)
        .text(":")
        .number(account.port)
        .text(" as ")
        .text(account.identity);
    out().line(session_present ? ", session resumed" : "");
    if (const auto subscribed = subscribe_all(); !subscribed) return link_.drop(subscribed.error());
    presence_.connected(reactor_.now());
    progress_to_send_ = true;
}

void Core::on_disconnected(const Error& why, Instant retry_at) {
    inbox_.reset();
    presence_.disconnected();
    set_online(false);
    health_.broker_lost(why);
    tell_wifi_about_broker();
    out().text("mqtt: ").text(why.text()).text(" (").text(why.name());
    if (why.detail() != 0) out().text(" ").number(why.detail());
    out().text(")");
    const bool retries = retry_at != Instant::max();
    if (retries)
        out().text(", next try in ").number(std::max(retry_at - reactor_.now(), Duration(0)).count()).text(" ms");
    out().end_line();
}

Status Core::publish(std::string_view topic, ConstBytes payload, const PublishOptions& options) {
    if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos) return fail(errors::mqtt_bad_topic);
    ESB_TRY(queue_.push(topic, payload, options));
    reactor_.wake();
    return {};
}

void Core::send_queued() {
    while (const auto* item = queue_.front()) {
        FixedString<Inbox::topic_max + 8> topic;
        const bool fits =
            !link_.base().empty() && topic.append(link_.base()) && topic.append("/app/") && topic.append(item->topic);
        const auto& options = item->options;
        if (options.done && waiting_.full()) return;  // stays queued until an earlier one completes
        auto token = fits ? link_.client().publish({topic, item->payload, options.qos, options.retain})
                          : Result<mqtt::Token>(fail(errors::mqtt_bad_topic));
        if (!token && token.error() == errors::full) return;  // likewise
        const auto done = options.done;
        queue_.pop();
        if (!done) continue;
        if (token) {
            static_cast<void>(waiting_.push_back({*token, done}));  // room was checked above
        } else {
            done(fail(token.error()));
        }
    }
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

void Core::on_subscribed(mqtt::Token, Result<mqtt::Qos> outcome) {
    if (!outcome) out().text("mqtt: ").error(outcome.error());
}

void Core::on_progress(const ota::Progress& progress) {
    health_.progress(progress);
    auto& o = out();
    o.text("ota: ").text(ota::name(progress.state));
    if (!progress.ver.empty()) o.text(" ").quoted(as_bytes(progress.ver.view()));
    if (progress.size > 0) o.text(", ").number(progress.done).text(" of ").number(progress.size).text(" bytes");
    if (progress.error) o.text(": ").text(progress.error->text()).text(" (").text(progress.error->name()).text(")");
    o.end_line();
    progress_to_send_ = true;
    reactor_.wake();  // this turn's part in sending may be over
}

void Core::publish_progress() {
    std::array<char, 384> text;
    if (link_.base().empty()) return;
    const auto sent = presence_.publish_retained("ota/status", Presence::update_json(updater_.progress(), app_.image.ver, text));
    progress_to_send_ = !sent && link_.connected();  // without a connection it is sent anew in on_connected
}

void Core::on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) {
    out().text("wifi: joined ").quoted(as_bytes(ssid)).text(", address ").line(chip::to_text(ip.address));
    presence_.set_address(ip.address);
    link_.set_network(true, reactor_.now());
    health_.link_up();
}

void Core::on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) {
    out().text("wifi: ").quoted(as_bytes(ssid)).text(": ").text(chip::name(reason));
    out().text(", next try in ").number(next_try.count()).line(" ms");
    link_.set_network(false, reactor_.now());
    health_.link_down(reason);
}

void Core::tell_wifi_about_broker() {
    const auto without = link_.account().complete() ? wifi::Broker::sought : wifi::Broker::unused;
    wifi_.set_broker(online() ? wifi::Broker::reached : without, reactor_.now());
}

void Core::on_portal_opened(wifi::PortalWhy why) { out().text("portal: open, ").line(wifi::name(why)); }
void Core::on_portal_closed(wifi::PortalWhy why) { out().text("portal: closed, ").line(wifi::name(why)); }

void Core::on_given_up() {
    out().line("wifi: no link in time, restarting");
    request_restart();
}

void Core::on_round_trip(Duration time) {
    if (!online()) out().text("ping: echo after ").number(time.count()).line(" ms");
    set_online(true);
    tell_wifi_about_broker();
    wifi_.set_commissioned(true);
    updater_.healthy();
}

void Core::set_online(bool online) {
    if (online_.exchange(online) == online) return;
    health_.on_line(online);
    if (online_handler_) online_handler_(online);
}

void Core::request_restart() {
    restart_wanted_.store(true);
    reactor_.wake();
}

bool Core::restart_due(Instant now) {
    if (!restart_wanted_.load()) return false;
    if (!restart_until_) restart_until_ = now + policy_.restart_grace;
    const bool sent = !link_.connected() || (link_.client().pending() == 0 && !progress_to_send_ && !queue_.front());
    return (sent && chip_.uart.drained()) || now >= *restart_until_;
}

}  // namespace esb
