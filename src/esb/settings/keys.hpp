// The base's own settings, each a constant: a name mistyped or a value read as another type does not compile.
#pragma once

#include "esb/settings/setting.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::settings {

// The base's own table (defaults.cpp).
std::span<const Setting> base_table();

// A row of the base's table, which has the name.
class AnyKey {
public:
    constexpr explicit AnyKey(std::size_t row) : row_(static_cast<std::uint8_t>(row)) {}

    constexpr std::size_t row() const { return row_; }
    constexpr std::size_t next() const { return row_ + std::size_t{1}; }
    std::string_view name() const { return base_table()[row_].name; }
    // Wherever any setting's name will do.
    operator std::string_view() const { return name(); }

private:
    std::uint8_t row_;
};

// One whose values have this type. That the row has it too is checked where the table is (defaults.cpp).
template <Type T>
class Key : public AnyKey {
public:
    using AnyKey::AnyKey;
    static constexpr Type type = T;
};

namespace names {

struct Network {
    Key<Type::octets> ssid;
    Key<Type::text> pass;
    Key<Type::boolean> hidden;
    Key<Type::integer> priority;

    constexpr explicit Network(std::size_t row) : ssid(row), pass(row + 1), hidden(row + 2), priority(row + 3) {}
    constexpr std::size_t next() const { return priority.next(); }
};
inline constexpr Network networks[] = {Network(0), Network(4), Network(8), Network(12)};
inline constexpr auto wifi_ssid = networks[0].ssid;
inline constexpr auto wifi_pass = networks[0].pass;
inline constexpr Key<Type::text> wifi_country(networks[3].next());
inline constexpr Key<Type::text> wifi_host(wifi_country.next());
inline constexpr Key<Type::text> wifi_ip(wifi_host.next());
inline constexpr Key<Type::text> wifi_mask(wifi_ip.next());
inline constexpr Key<Type::text> wifi_gateway(wifi_mask.next());
inline constexpr Key<Type::text> wifi_dns(wifi_gateway.next());

struct Broker {
    Key<Type::text> host;
    Key<Type::integer> port;
    Key<Type::text> ident;
    Key<Type::key> psk[2];
    Key<Type::text> base;

    constexpr explicit Broker(std::size_t row)
        : host(row),
          port(row + 1),
          ident(row + 2),
          psk{Key<Type::key>(row + 3), Key<Type::key>(row + 4)},
          base(row + 5) {}
    constexpr std::size_t next() const { return base.next(); }
};
inline constexpr Broker brokers[] = {Broker(22), Broker(28), Broker(34)};
inline constexpr auto mqtt_host = brokers[0].host;
inline constexpr auto mqtt_port = brokers[0].port;
inline constexpr auto mqtt_ident = brokers[0].ident;
inline constexpr auto mqtt_psk = brokers[0].psk[0];

inline constexpr Key<Type::text> ap_pass(brokers[2].next());
inline constexpr Key<Type::text> ap_address(ap_pass.next());
inline constexpr Key<Type::key> console_password(ap_address.next());
inline constexpr Key<Type::text> ota_key(console_password.next());
inline constexpr Key<Type::boolean> ota_legacy_md5(ota_key.next());
inline constexpr Key<Type::boolean> settings_signed(ota_legacy_md5.next());
inline constexpr Key<Type::text> ota_hosts(settings_signed.next());
inline constexpr Key<Type::integer> config_confirm(ota_hosts.next());
inline constexpr Key<Type::choice> log_level(config_confirm.next());
inline constexpr Key<Type::text> time_server(log_level.next());
inline constexpr Key<Type::boolean> ha_discovery(time_server.next());

}  // namespace names

// Rows of the base's table.
inline constexpr std::size_t base_size = names::ha_discovery.next();

}  // namespace esb::settings
