#include "esb/device/broker_link.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace esb {

BrokerLink::BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
                       const Limits& limits)
    : reactor_(reactor),
      entropy_(entropy),
      memory_(std::make_unique<std::uint8_t[]>(limits.mqtt_memory)),
      client_(handler, limits.mqtt, MutBytes(memory_.get(), limits.mqtt_memory)),
      tls_(reactor, names, entropy, limits.stream) {}

Status BrokerLink::use(const BrokerAccount& account, Instant now) {
    if (account == account_) return {};
    end(Error(errors::link_account_changed), now);
    ESB_TRY(aim(account));
    if (network_ && account_.complete()) client_.start(now, random());
    return {};
}

Status BrokerLink::aim(const BrokerAccount& account) {
    if (account == account_) return {};
    const bool other_identity = !(account.identity == account_.identity) || !(account.base == account_.base);
    if (other_identity) client_.forget_session();
    account_ = account;
    return account_.complete() ? configure() : Status();
}

Status BrokerLink::configure() {
    will_topic_.clear();
    ESB_TRY(will_topic_.append(account_.base));
    ESB_TRY(will_topic_.append("/online"));
    ESB_TRY(tls_.configure({account_.identity, account_.psk.reveal(), false}));
    mqtt::ConnectOptions options;
    options.client_id = account_.identity;
    options.will = {will_topic_, as_bytes("0"), mqtt::Qos::at_least_once, true};
    return client_.configure(options);
}

void BrokerLink::set_network(bool up, Instant now) {
    if (up == network_) return;
    network_ = up;
    if (!up) return end(Error(errors::link_no_network), now);
    if (account_.complete()) client_.start(now, random());
}

void BrokerLink::retry_now(Instant now) {
    if (client_.state() == mqtt::Client::State::waiting) client_.start(now, random());
}

BrokerLink::Stage BrokerLink::stage() const {
    switch (client_.state()) {
        case mqtt::Client::State::connecting:
        case mqtt::Client::State::connected:
            return Stage::mqtt;
        case mqtt::Client::State::opening:
            return tls_.handshaking() ? Stage::tls : Stage::reaching;
        default:
            return Stage::resting;
    }
}

// Without DISCONNECT: the broker then publishes the will, as in every other loss.
void BrokerLink::end(const Error& why, Instant now) {
    tls_.close();
    client_.stop(now);
    client_.transport_closed(now, why);
}

void BrokerLink::close(const Error& why, Instant now) {
    tls_.close();
    client_.transport_closed(now, why);
}

void BrokerLink::step(Instant now) {
    if (drop_) close(*std::exchange(drop_, std::nullopt), now);
    client_.tick(now);
    if (client_.wants_transport(now)) {
        client_.transport_opening();
        if (const auto opened = tls_.open(account_.host, account_.port, *this); !opened) close(opened.error(), now);
    }
    if (tls_.is_open() && more_to_read_) read(now);
    if (tls_.is_open()) write(now);
    if (client_.wants_close()) close(client_.close_reason(), now);
}

std::optional<Instant> BrokerLink::deadline() const {
    if (more_to_read_ || drop_) return Instant{};
    return client_.next_deadline();
}

void BrokerLink::on_open() { client_.transport_opened(reactor_.now()); }
void BrokerLink::on_readable() { read(reactor_.now()); }
void BrokerLink::on_writable() { write(reactor_.now()); }
void BrokerLink::on_closed(const Error& why) { client_.transport_closed(reactor_.now(), why); }

void BrokerLink::read(Instant now) {
    std::array<std::uint8_t, 1024> buffer;
    more_to_read_ = false;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (!client_.wants_input() || client_.wants_close()) return;
        const auto got = tls_.read(buffer);
        if (!got) {
            if (got.error() == errors::would_block) return;
            return close(got.error(), now);
        }
        client_.receive(MutBytes(buffer).first(*got), now);
    }
    more_to_read_ = true;
}

void BrokerLink::write(Instant now) {
    for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
        const auto taken = tls_.write(bytes);
        if (!taken) {
            if (taken.error() == errors::would_block) return;
            return close(taken.error(), now);
        }
        client_.sent(*taken, now);
    }
}

std::uint32_t BrokerLink::random() {
    std::array<std::uint8_t, 4> bytes{};
    static_cast<void>(entropy_.fill(bytes));  // only spreads retries
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
}

}  // namespace esb
