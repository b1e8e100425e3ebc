#include "esb/device/core.hpp"

#include "esb/device/accounts.hpp"
#include "esb/device/factory_reset.hpp"
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
      device_key_(chip.key_value, chip.entropy),
      presence_(chip, link_, policy_, *this),
      updater_({reactor_, names_, chip.slots, chip.key_value, chip.clock, chip.entropy, chip.system}, app_.image,
               *this),
      commissioned_(chip.key_value),
      last_network_(chip.key_value),
      config_({store_, schema_, link_, presence_, commissioned_, console_.output(), device_key_, updater_, chip.entropy}),
      health_({chip, reactor_, names_, link_, store_, console_.output(), app_.image}),
      portal_(reactor_, portal_host_),
      inbox_(limits.max_message),
      subscriptions_(inbox_, link_, chip.entropy, *this),
      queue_(limits.queue_slots, limits.max_publish) {
    presence_.set_subscriptions(subscriptions_);
    inbox_.set_dropped([this](const Message& message) { on_too_large(too_large(message)); });
    if (app_.defaults == Defaults::product) {
        static_cast<void>(schema_.set_fallback(names::settings_signed, "on"));  // the first one fits
    }
    presence_.introduce(app_.image, updater_, device_key_);
    policy_.wifi.portal_available = true;
    static_cast<void>(reactor_.add(*this));  // the first of a new reactor always fits
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
    load_settings();
    if (const auto born = be_born({store_, schema_, chip_.key_value, chip_.entropy, chip_.uart, out()}, identity_,
                                  commissioned_.is());
        !born) {
        out().text("identity: ").error(born.error());
    }
    if (const auto key = device_key_.load(); !key) out().text("device key: ").error(key.error());
    shell_.start(reactor_.now());
    trust_update_keys();
    start_watchdog();
    if (const auto begun = updater_.begin(identity_); !begun) out().text("ota: ").error(begun.error());
    if (store_.local_lost()) distrust();
    health_.begin(updater_.on_trial() || updater_.progress().state == ota::State::rolled_back);  // it gives itself up
    presence_.set_safe_mode(health_.safe_mode());
    start_radio();
    applied_revision_ = store_.revision() - 1;
}

void Core::load_settings() {
    if (const auto reset = finish_factory_reset(chip_.key_value, store_); !reset) {
        out().text("factory reset: ").error(reset.error());
    } else if (*reset) {
        out().line("factory reset: done");
    }
    commissioned_.load();
    last_network_.load();
    const auto loaded = store_.load();
    health_.settings_loaded(loaded);
    if (!loaded) {
        out().text("settings: ").error(loaded.error());
        return;
    }
    if (*loaded == settings::Loaded::recovered || *loaded == settings::Loaded::lost) {
        out().line(*loaded == settings::Loaded::lost
                       ? "settings: both generations are unreadable, starting anew"
                       : "settings: the newest generation is unreadable, using the one before");
    }
    config_.trial().loaded(*loaded);
}

// Nobody can say whose updates the owner accepts, nor whether the console has a password.
void Core::distrust() {
    updater_.distrust();
    health_.trust_lost();
    out().text("settings: ").error(Error(errors::trust_lost));
}

Status Core::repair_trust(std::uint32_t counter) {
    if (store_.local_lost()) return fail(errors::trust_lost);
    return updater_.repair_trust(counter);
}

// The key of the settings stands in place of those compiled in.
void Core::trust_update_keys() {
    const auto trust = [this](std::string_view key) {
        const auto trusted = updater_.trust(key);
        if (!trusted) out().text("update key: ").error(trusted.error());
        return trusted.has_value();
    };
    if (const auto own = store_.text(names::ota_key); !own.empty() && trust(own)) return;
    for (const auto key : app_.update_keys) trust(key);
}

void Core::start_radio() {
    host_name_ = host_name(store_, identity_);
    static_cast<void>(country_.assign(store_.text(names::wifi_country)));  // its length is the schema's
    wifi_.set_commissioned(commissioned_.is());
    wifi_.remember(last_network_.ssid());
    const auto radio = wifi_.start(country_, host_name_, reactor_.now());
    if (!radio) out().text("wifi: ").error(radio.error());
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
    watch_button(now);
    shell_.step(now);
    if (applied_revision_ != store_.revision() && config_.may_apply(now)) apply_settings(now);
    const auto update = updater_.progress().state;
    wifi_.hold_link(update == ota::State::downloading || update == ota::State::verifying);
    wifi_.step(now);
    periodic_.step(now);
    subscriptions_.step(now);
    send_queued();
    presence_.set_hint(second_device_suspected() ? errors::link_second_device.name : std::string_view());
    presence_.step(now);
    health_.step(now, online());
    if (progress_to_send_) publish_progress();
    config_.step(now, key_name(store_, brokers_.choice()));
    note_config();
    choose_broker(now);
    link_.step(now);
    follow_attempt();
    portal_host_.step(now);
}

std::optional<Instant> Core::deadline() const {
    const auto now = reactor_.now();
    if (applied_revision_ != store_.revision() && config_.may_apply(now)) return Instant{};  // also at the first turn
    auto next = earliest(wifi_.deadline(), periodic_.deadline());
    next = earliest(next, presence_.deadline());
    next = earliest(next, subscriptions_.deadline());
    next = earliest(next, link_.deadline());
    next = earliest(next, config_.deadline());
    next = earliest(next, shell_.deadline(now));
    next = earliest(next, button_press_.deadline());
    next = earliest(next, health_.deadline());
    next = earliest(next, portal_host_.deadline());
    // A running device feeds its watchdog several times within its time-out.
    return earliest(earliest(next, restart_until_), now + policy_.watchdog / 4);
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

void Core::publish_progress() {
    std::array<char, 1024> text;
    if (link_.base().empty()) return;
    const auto sent =
        presence_.publish_retained("ota/status", Presence::update_json(updater_.progress(), app_.image.ver, text));
    progress_to_send_ = !sent && link_.connected();  // without a connection it is sent anew in on_connected
}

void Core::set_online(bool online) {
    if (online_.exchange(online) == online) return;
    health_.on_line(online);
    if (online_handler_) online_handler_(online);
}

void Core::watch_button(Instant now) {
    const auto press = button_press_.step(chip_.button.pressed(), now);
    if (press == Press::brief) {
        if (const auto asked = open_portal(); !asked) out().text("portal: ").error(asked.error());
    }
    if (press != Press::held) return;
    out().line("factory reset: the button was held");
    if (const auto begun = factory_reset(false); !begun) out().text("factory reset: ").error(begun.error());
}

Status Core::open_portal() {
    apply_access_point();  // what was set in this very turn counts
    return wifi_.open_portal(reactor_.now());
}

Status Core::factory_reset(bool keep_secrets) {
    ESB_TRY(request_factory_reset(chip_.key_value, keep_secrets));
    request_restart();
    return {};
}

void Core::request_restart() {
    restart_wanted_.store(true);
    reactor_.wake();
}

bool Core::restart_due(Instant now) {
    if (!restart_wanted_.load()) return false;
    if (!restart_until_) restart_until_ = now + policy_.restart_grace;
    const bool sent = !link_.connected() || (link_.client().pending() == 0 && !progress_to_send_ && !queue_.front());
    return (sent && chip_.uart.drained() && portal_.idle()) || now >= *restart_until_;
}

}  // namespace esb
