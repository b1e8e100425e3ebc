// What the settings decide: accounts, networks, and with the identity the topics.
#include "esb/device/accounts.hpp"
#include "esb/device/core.hpp"

#include <algorithm>
#include <utility>

namespace esb {

namespace names = settings::names;

namespace {

// Tells two accounts apart.
std::uint32_t mark_of(const BrokerAccount& account) {
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
    return mark;
}

}  // namespace

void Core::apply_settings(Instant now) {
    applied_revision_ = store_.revision();
    updater_.policy().legacy_md5 = store_.boolean(names::ota_legacy_md5);
    static_cast<void>(updater_.policy().hosts.assign(store_.text(names::ota_hosts)));  // same length
    apply_log_level();
    apply_access_point();
    apply_home_assistant();
    apply_accounts(now);
    const auto networks = known_networks(store_);
    wifi_.use({networks.begin(), networks.size()}, now);
    portal_host_.begin_try(now);  // before the trial begins: the link of another network proves nothing
    const bool has_address = wifi_.is_up();
    if (!has_address) link_.set_network(false, now);
    config_.applied(now, has_address, online(), settings::Trial::tries_min * std::max(1U, brokers_.candidates()));
    if (settings_handler_) settings_handler_();
}

void Core::apply_log_level() {
    const auto level = store_.text(names::log_level);
    log_level_ = level == "error" ? LogLevel::error : level == "debug" ? LogLevel::debug : LogLevel::info;
}

void Core::apply_access_point() {
    chip::AccessPointConfig config;
    static_cast<void>(config.ssid.assign(identity_));  // made from the MAC: 16 characters
    static_cast<void>(config.passphrase.assign(as_bytes(store_.text(names::ap_pass))));
    if (const auto address = chip::parse_ipv4(store_.text(names::ap_address))) config.address = *address;
    wifi_.set_access_point(config);
}

void Core::apply_accounts(Instant now) {
    if (!config_.trial().begun()) changed_accounts_ = {};
    for (std::uint8_t broker = 0; broker < Brokers::max_brokers; ++broker) {
        for (std::uint8_t key = 0; key < Brokers::max_keys; ++key) {
            const auto mark = mark_of(account_of(store_, {broker, key}, identity_));
            auto& before = account_marks_[broker * Brokers::max_keys + key];
            if (std::exchange(before, mark) != mark) changed_accounts_[broker][key] = true;
        }
    }
    brokers_.use(usable_accounts(store_), changed_accounts_, online());
    const auto before = link_.base();
    if (const auto used = link_.use(account_of(store_, brokers_.choice(), identity_), now); !used) {
        out().text("mqtt: ").error(used.error());
    }
    tell_wifi_about_broker();
    if (!(link_.base() == before)) refill_inbox();
}

// Before each attempt: the account that has its turn.
void Core::choose_broker(Instant now) {
    if (!link_.client().wants_transport(now)) return;
    const auto before = link_.base();
    if (const auto aimed = link_.aim(account_of(store_, brokers_.choice(), identity_)); !aimed) {
        out().text("mqtt: ").error(aimed.error());
    }
    if (!(link_.base() == before)) refill_inbox();
}

void Core::refill_inbox() {
    if (const auto filled = fill_inbox(); !filled) out().text("mqtt: ").error(filled.error());
}

Status Core::fill_inbox() {
    inbox_.clear();
    if (link_.base().empty()) return {};
    ESB_TRY(presence_.subscribe(inbox_));
    FixedString<Inbox::topic_max> topic;
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/ota"));
    const SubscribeOptions own{.pieces = true};  // they have words of their own for what is too long
    const auto take_update = [this](const Message& message) {
        if (message.offset != 0) return;
        if (!message.is_last()) {
            if (dropped_.is_new(too_large(message))) updater_.refuse(Error(errors::envelope_too_large));
            return;
        }
        static_cast<void>(updater_.offer(message.bytes));  // a refusal comes as progress
    };
    ESB_TRY(inbox_.add(topic, mqtt::Qos::at_least_once, take_update, own));
    topic.clear();
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/config"));
    const auto take_config = [this](const Message& message) { config_.take(message, reactor_.now()); };
    ESB_TRY(inbox_.add(topic, mqtt::Qos::at_least_once, take_config, own));
    for (const auto& subscription : author_subscriptions_) ESB_TRY(add_to_inbox(subscription));
    return hears_home_assistant_ ? hear_home_assistant() : Status();
}

// When it says `online` it may have forgotten us, or never have seen us.
Status Core::hear_home_assistant() {
    return inbox_.add(ha_status_topic, mqtt::Qos::at_least_once, [this](const Message& message) {
        if (as_text(message.bytes) == "online") announce_all();
    });
}

void Core::apply_home_assistant() {
    const bool on = store_.boolean(names::ha_discovery);
    if (std::exchange(hears_home_assistant_, on) == on || link_.base().empty()) return;
    if (!on) {
        inbox_.remove(ha_status_topic);
        static_cast<void>(link_.client().unsubscribe(ha_status_topic));  // without room it goes with the session
    } else if (const auto heard = hear_home_assistant(); !heard) {
        out().text("mqtt: ").error(heard.error());
    }
}

// What the broker should retain, and would have lost with its data.
void Core::announce_all() {
    presence_.announce(reactor_.now());
    config_.connected();
    health_.announce_again();
    progress_to_send_ = true;
}

Status Core::add_to_inbox(const AuthorSubscription& subscription) {
    FixedString<Inbox::topic_max> topic;
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/app/"));
    ESB_TRY(topic.append(subscription.topic));
    return inbox_.add(topic, mqtt::Qos::at_least_once, subscription.callback, subscription.options);
}

Status Core::subscribe(std::string_view topic, Inbox::Callback handler, const SubscribeOptions& options) {
    AuthorSubscription made;
    ESB_TRY(made.topic.assign(topic));
    if (topic.empty() || topic.find_first_of("+#") != std::string_view::npos) return fail(errors::mqtt_bad_topic);
    made.callback = handler;
    made.options = options;
    ESB_TRY(author_subscriptions_.push_back(made));
    if (link_.base().empty()) return {};  // fill_inbox() adds it later
    ESB_TRY(add_to_inbox(made));
    subscriptions_.step(reactor_.now());
    return {};
}

}  // namespace esb
