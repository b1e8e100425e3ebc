// What the settings decide: accounts, networks, and with the identity the topics.
#include "esb/device/accounts.hpp"
#include "esb/device/core.hpp"

namespace esb {

namespace names = settings::names;

void Core::apply_settings(Instant now) {
    applied_revision_ = store_.revision();
    updater_.policy().legacy_md5 = store_.boolean(names::ota_legacy_md5);
    static_cast<void>(updater_.policy().hosts.assign(store_.text(names::ota_hosts)));  // same length
    apply_log_level();
    apply_access_point();
    apply_accounts(now);
    const auto networks = known_networks(store_);
    wifi_.use({networks.begin(), networks.size()}, now);
    portal_host_.begin_try(now);  // before the trial begins: the link of another network proves nothing
    const bool has_address = wifi_.is_up();
    if (!has_address) link_.set_network(false, now);
    config_.applied(now, has_address, online());
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
    brokers_.use(usable_accounts(store_));
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
    ESB_TRY(inbox_.add(topic, mqtt::Qos::at_least_once, [this](const Message& message) {
        if (message.offset != 0) return;
        if (!message.is_last()) return updater_.refuse(Error(errors::envelope_too_large));
        static_cast<void>(updater_.offer(message.bytes));  // a refusal comes as progress
    }));
    topic.clear();
    ESB_TRY(topic.append(link_.base()));
    ESB_TRY(topic.append("/config"));
    ESB_TRY(inbox_.add(topic, mqtt::Qos::at_least_once,
                       [this](const Message& message) { config_.take(message, reactor_.now()); }));
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

}  // namespace esb
