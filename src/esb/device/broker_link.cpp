#include "esb/device/broker_link.hpp"

#include <array>
#include <cstring>

namespace esb {

BrokerLink::BrokerLink(net::Reactor& reactor, net::Names& names, chip::Entropy& entropy, mqtt::Handler& handler,
                       const Limits& limits)
    : reactor_(reactor),
      entropy_(entropy),
      memory_(std::make_unique<std::uint8_t[]>(limits.mqtt_memory)),
      client_(handler, limits.mqtt, MutBytes(memory_.get(), limits.mqtt_memory)),
      tls_(reactor, names, entropy) {}

Status BrokerLink::use(const BrokerAccount& account, Instant now) {
    if (account == account_) return {};
    const bool other_identity = !(account.identity == account_.identity);
    tls_.close();
    client_.transport_closed(now, Error(errors::cancelled));
    client_.stop(now);
    client_.transport_closed(now, Error(errors::cancelled));
    if (other_identity) client_.forget_session();
    account_ = account;
    if (!account_.complete()) return {};

    base_ = base_topic(account_.identity);
    will_topic_.clear();
    ESB_TRY(will_topic_.append(base_));
    ESB_TRY(will_topic_.append("/online"));
    ESB_TRY(tls_.configure({account_.identity, account_.psk.reveal(), false}));
    mqtt::ConnectOptions options;
    options.client_id = account_.identity;
    options.will = {will_topic_, as_bytes("0"), mqtt::Qos::at_least_once, true};
    ESB_TRY(client_.configure(options));
    if (network_) client_.start(now, random());
    return {};
}

void BrokerLink::set_network(bool up, Instant now) {
    if (up == network_) return;
    network_ = up;
    if (up && account_.complete()) return client_.start(now, random());
    tls_.close();
    client_.transport_closed(now, Error(errors::closed));
    client_.stop(now);
}

void BrokerLink::drop(const Error& why, Instant now) {
    tls_.close();
    client_.transport_closed(now, why);
}

void BrokerLink::step(Instant now) {
    client_.tick(now);
    if (client_.wants_transport(now)) {
        client_.transport_opening();
        if (const auto opened = open(); !opened) client_.transport_closed(now, opened.error());
    }
    if (tls_.is_open()) {
        read(now);
        write(now);
    }
    if (client_.wants_close()) drop(client_.close_reason(), now);
}

std::optional<Instant> BrokerLink::deadline() const {
    if (more_to_read_) return Instant{};
    return client_.next_deadline();
}

Status BrokerLink::open() { return tls_.open(account_.host, account_.port, *this); }

void BrokerLink::on_open() { client_.transport_opened(reactor_.now()); }
void BrokerLink::on_readable() { read(reactor_.now()); }
void BrokerLink::on_writable() { write(reactor_.now()); }
void BrokerLink::on_closed(const Error& why) { client_.transport_closed(reactor_.now(), why); }

void BrokerLink::read(Instant now) {
    std::array<std::uint8_t, 1024> buffer;
    more_to_read_ = false;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (client_.wants_close()) return;
        const auto got = tls_.read(buffer);
        if (!got) {
            if (got.error() == errors::would_block) return;
            return drop(got.error(), now);
        }
        client_.receive(MutBytes(buffer).first(*got), now);
        if (!tls_.is_open()) return;  // a handler closed it
    }
    more_to_read_ = true;
}

void BrokerLink::write(Instant now) {
    for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
        const auto taken = tls_.write(bytes);
        if (!taken) {
            if (taken.error() == errors::would_block) return;
            return drop(taken.error(), now);
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
