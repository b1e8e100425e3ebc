#include "esb/link/broker_link.hpp"

#include "esb/link/errors.hpp"

#include <utility>

namespace esb::link {

BrokerLink::BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
                       const Limits& limits)
    : entropy_(entropy),
      memory_(std::make_unique<std::uint8_t[]>(limits.mqtt_memory)),
      client_(handler, limits.mqtt, MutBytes(memory_.get(), limits.mqtt_memory)),
      pump_(client_, reactor, names, entropy, limits.stream) {}

Status BrokerLink::use(const Account& account, Instant now) {
    if (account == account_) return {};
    end(Error(errors::link_account_changed), now);
    ESB_TRY(aim(account));
    if (network_ && account_.complete()) client_.start(now, chip::spreading_number(entropy_));
    return {};
}

Status BrokerLink::aim(const Account& account) {
    if (account == account_) return {};
    const bool other_identity = !(account.identity == account_.identity) || !(account.base == account_.base);
    const bool other_broker = !(account.host == account_.host) || account.port != account_.port;
    if (other_identity) {
        client_.forget_session();
    } else if (other_broker) {
        client_.leave_broker();  // there its identifiers are those of other messages
    }
    account_ = account;
    return account_.complete() ? configure() : Status();
}

Status BrokerLink::configure() {
    const auto will_topic = whole_topic({"online"}, account_.base);
    if (!will_topic) return fail(will_topic.error());
    will_topic_ = *will_topic;
    ESB_TRY(configure_tls());
    mqtt::ConnectOptions options;
    options.client_id = account_.identity;
#if ESB_CERTIFICATES
    options.user_name = account_.by.user;
    options.password = account_.by.password.reveal();
#endif
#if ESB_MQTT5
    options.version = account_.version;
    options.session_known = true;  // what the broker keeps for us through a restart is ours: nothing of it is held here
#endif
    options.will = {will_topic_, as_bytes("0"), mqtt::Qos::at_least_once, true};
    ESB_TRY(client_.configure(options));
    return restore();
}

Status BrokerLink::restore() {
#if ESB_MQTT_KEEP
    auto* const storage = std::exchange(storage_, nullptr);
    if (storage == nullptr) return {};
    const auto restored = client_.restore(*storage);
    if (!restored) return fail(restored.error());
    restored_ = *restored;
#endif
    return {};
}

Status BrokerLink::configure_tls() {
    net::TlsConfig config{account_.identity, account_.psk.reveal()};
#if ESB_CERTIFICATES
    FixedVector<net::SpkiPin, net::max_pins> pins;
    for (const auto& pin : account_.by.pins) {
        if (pin) static_cast<void>(pins.push_back(*pin));  // there is room
    }
    config.trust = account_.by.trust;
    config.pins = {pins.begin(), pins.end()};
    config.credentials = credentials_;
    if (config.trust != net::TlsTrust::psk) {
        config.alpn = protocol_names(account_.port, account_.by.certificate.has_value());
    }
#endif
    return pump_.configure(config);
}

void BrokerLink::set_network(bool up, Instant now) {
    if (up == network_) return;
    network_ = up;
    if (!up) return end(Error(errors::link_no_network), now);
    if (account_.complete()) client_.start(now, chip::spreading_number(entropy_));
}

void BrokerLink::retry_now(Instant now) {
    if (client_.state() == mqtt::Client::State::waiting) client_.start(now, chip::spreading_number(entropy_));
}

BrokerLink::Stage BrokerLink::stage() const {
    switch (client_.state()) {
        case mqtt::Client::State::connecting:
        case mqtt::Client::State::connected:
            return Stage::mqtt;
        case mqtt::Client::State::opening:
            return pump_.handshaking() ? Stage::tls : Stage::reaching;
        default:
            return Stage::resting;
    }
}

// Without DISCONNECT: the broker then publishes the will, as in every other loss.
void BrokerLink::end(const Error& why, Instant now) {
    pump_.close_transport();
    client_.stop(now);
    client_.transport_closed(now, why);
}

void BrokerLink::step(Instant now) {
    if (drop_) pump_.close(*std::exchange(drop_, std::nullopt), now);
    pump_.step(account_.host, account_.port, now);
    time_opening(now);
    if constexpr (with_certificates) care_for_session(now);
}

void BrokerLink::time_opening(Instant now) {
    if (client_.state() == mqtt::Client::State::opening) {
        if (!opening_since_) opening_since_ = now;
        return;
    }
    if (opening_since_ && stage() == Stage::mqtt) opening_took_ = now - *opening_since_;
    opening_since_.reset();
}

void BrokerLink::care_for_session(Instant now) {
    if (connected()) {
        tried_without_session_ = false;
        return pump_.keep_session();
    }
    // A broker that takes up a session and then refuses us may want a full handshake: at once, for it has none now.
    if (pump_.session_unproven() && client_.state() == mqtt::Client::State::waiting && !tried_without_session_) {
        tried_without_session_ = true;
        retry_now(now);
    }
}

std::optional<Instant> BrokerLink::deadline() const {
    if (drop_) return Instant{};
    return earliest(pump_.deadline(), client_.next_deadline());
}

}  // namespace esb::link
