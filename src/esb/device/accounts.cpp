#include "esb/device/accounts.hpp"

#include <algorithm>

namespace esb {
namespace {

namespace names = settings::names;
static_assert(std::size(names::brokers) == link::Brokers::max_brokers);
static_assert(std::size(names::networks) == wifi::networks_max);

bool has_own_key(const settings::Store& store, std::size_t broker) {
    const auto& psk = names::brokers[broker].psk;
    return !store.bytes(psk[0]).empty() || !store.bytes(psk[1]).empty();
}

chip::IpAddress address(const settings::Store& store, settings::Key<settings::Type::text> key) {
    return chip::parse_ipv4(store.text(key)).value_or(chip::IpAddress());
}

#if ESB_MQTT5
mqtt::Version version_of(std::string_view word) {
    if (word == "5") return mqtt::Version::v5;
    return word == "auto" ? mqtt::Version::v5_then_v3 : mqtt::Version::v3_1_1;
}
#endif

chip::AddressConfig address_config(const settings::Store& store) {
    chip::AddressConfig ip;
    ip.address = address(store, names::wifi_ip);
    if (!ip.address.is_set()) return {};
    ip.netmask = address(store, names::wifi_mask);
    ip.gateway = address(store, names::wifi_gateway);
    ip.dns = address(store, names::wifi_dns);
    if (!ip.dns.is_set()) ip.dns = ip.gateway;
    return ip;
}

}  // namespace

settings::Key<settings::Type::key> key_name(const settings::Store& store, link::Brokers::Choice choice) {
    return names::brokers[has_own_key(store, choice.broker) ? choice.broker : 0].psk[choice.key];
}

#if ESB_CERTIFICATES
namespace {

net::TlsTrust trust_of(const settings::Store& store, std::size_t broker) {
    const auto how = store.text(names::trusts[broker].how);
    return how == "ca" ? net::TlsTrust::ca : how == "pin" ? net::TlsTrust::pin : net::TlsTrust::psk;
}

std::optional<link::Certified::Hash> hash_of(const settings::Store& store, settings::Key<settings::Type::key> key) {
    const auto value = store.bytes(key);
    link::Certified::Hash hash{};
    if (value.size() != hash.size()) return std::nullopt;
    copy(value, hash);
    return hash;
}

link::Certified certified(const settings::Store& store, std::size_t broker) {
    const auto& trust = names::trusts[broker];
    link::Certified by;
    by.trust = trust_of(store, broker);
    by.authority = hash_of(store, trust.authority);
    for (std::size_t i = 0; i < by.pins.size(); ++i) by.pins[i] = hash_of(store, trust.pin[i]);
    by.certificate = hash_of(store, trust.certificate);
    static_cast<void>(by.user.assign(store.text(trust.user)));
    static_cast<void>(by.password.assign(as_bytes(store.text(trust.password))));
    return by;
}

}  // namespace
#endif

link::Brokers::Usable usable_accounts(const settings::Store& store) {
    link::Brokers::Usable usable{};
    for (std::uint8_t broker = 0; broker < link::Brokers::max_brokers; ++broker) {
        if (store.text(names::brokers[broker].host).empty()) continue;
#if ESB_CERTIFICATES
        if (trust_of(store, broker) != net::TlsTrust::psk) {
            usable[broker][0] = certified(store, broker).complete();  // there is nothing to take turns with
            continue;
        }
#endif
        for (std::uint8_t key = 0; key < link::Brokers::max_keys; ++key) {
            usable[broker][key] = !store.bytes(key_name(store, {broker, key})).empty();
        }
    }
    return usable;
}

link::Account account_of(const settings::Store& store, link::Brokers::Choice choice, const Identity& own) {
    const auto& broker = names::brokers[choice.broker];
    link::Account account;
    static_cast<void>(account.host.assign(store.text(broker.host)));
    account.port = static_cast<std::uint16_t>(store.integer(broker.port));
    const auto ident = store.text(store.text(broker.ident).empty() ? names::mqtt_ident : broker.ident);
    account.identity = make_identity(ident).value_or(own);
    static_cast<void>(account.psk.assign(store.bytes(key_name(store, choice))));
#if ESB_CERTIFICATES
    account.by = certified(store, choice.broker);
#endif
    account.base = base_topic(account.identity);
#if ESB_MQTT5
    account.version = version_of(store.text(names::mqtt_version));
#endif
    if (const auto base = store.text(broker.base); !base.empty()) static_cast<void>(account.base.assign(base));
    return account;
}

#if ESB_WIFI_ENTERPRISE
namespace {

chip::Enterprise enterprise_of(const settings::Store& store, std::size_t network) {
    const auto& name = names::enterprises[network];
    const auto method = store.text(name.method);
    chip::Enterprise made;
    made.method = method == "peap" ? chip::Eap::peap : method == "tls" ? chip::Eap::tls : chip::Eap::none;
    if (made.method == chip::Eap::none) return {};
    static_cast<void>(made.anonymous.assign(store.text(name.anonymous)));
    static_cast<void>(made.user.assign(store.text(name.user)));
    if (made.method == chip::Eap::peap) static_cast<void>(made.password.assign(as_bytes(store.text(name.password))));
    static_cast<void>(made.server.assign(store.text(name.server)));
    made.authority = hash_of(store, name.authority).value_or(chip::Enterprise::Certificate{});
    if (made.method == chip::Eap::tls) made.own = hash_of(store, name.certificate).value_or(chip::Enterprise::Certificate{});
    return made;
}

}  // namespace
#endif

FixedVector<wifi::KnownNetwork, wifi::networks_max> known_networks(const settings::Store& store) {
    FixedVector<wifi::KnownNetwork, wifi::networks_max> networks;
    for (std::size_t i = 0; i < std::size(names::networks); ++i) {
        const auto& name = names::networks[i];
        const auto ssid = as_text(store.bytes(name.ssid));
        if (ssid.empty()) continue;
        wifi::KnownNetwork network;
        static_cast<void>(network.station.ssid.assign(ssid));
        static_cast<void>(network.station.passphrase.assign(as_bytes(store.text(name.pass))));
        network.station.hidden = store.boolean(name.hidden);
        network.station.ip = address_config(store);
#if ESB_WIFI_ENTERPRISE
        network.station.enterprise = enterprise_of(store, i);
#endif
        network.priority = static_cast<std::int8_t>(store.integer(name.priority));
        static_cast<void>(networks.push_back(network));  // there is room
    }
    return networks;
}

FixedString<identity_max> host_name(const settings::Store& store, const Identity& own) {
    FixedString<identity_max> name;
    if (name.assign(store.text(names::wifi_host)) && !name.empty()) return name;
    name.clear();
    for (const char c : own.view()) {
        const bool upper = c >= 'A' && c <= 'Z';
        static_cast<void>(name.append(c == '_' ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c));
    }
    return name;
}

}  // namespace esb
