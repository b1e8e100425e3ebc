// The base's own settings, each a constant: a name mistyped or a value read as another type does not compile.
#pragma once

#include "esb/base/features.hpp"
#include "esb/settings/setting.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>

namespace esb::settings {

// The base's own table (defaults.cpp). Rows of features that are left out come last and have no name.
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

// --- From here on a row may belong to a feature that is left out (base/features.hpp). It then goes behind all others and
// has no name, so nobody finds it and nothing is stored for it; whoever reads it by its key gets the default.
enum class RowName : std::uint8_t {
    ap_pass = brokers[2].next(),
    ap_address,
    console_password,
    ota_key,
    ota_legacy_md5,
    settings_signed,
    ota_hosts,
    config_confirm,
    log_level,
    time_server,
    ha_discovery,
    mqtt_version,
    ota_when,
    ota_window,
    time_zone,
    broker_trust,  // of all brokers, one behind another
    ota_ca = broker_trust + 3 * 7,
    est_url,
    ota_pin_0,
    ota_pin_1,
    enterprise,  // of all networks, one behind another
};
// The last rows are not even there without their feature: they are many.
inline constexpr std::size_t enterprise_rows = 7;
inline constexpr std::size_t row_count =
    static_cast<std::size_t>(RowName::enterprise) + (with_wifi_enterprise ? std::size(networks) * enterprise_rows : 0);

constexpr bool is_left_out(std::size_t row) {
    if (row >= static_cast<std::size_t>(RowName::enterprise)) return false;
    if (row >= static_cast<std::size_t>(RowName::broker_trust)) return !with_certificates;
    switch (static_cast<RowName>(row)) {
        case RowName::ap_pass:
        case RowName::ap_address:
            return !with_portal;
        case RowName::ota_legacy_md5:
            return !with_legacy_md5;
        case RowName::ha_discovery:
            return !with_home_assistant;
        case RowName::mqtt_version:
            return !with_mqtt5;
        case RowName::ota_when:
        case RowName::ota_window:
        case RowName::time_zone:
            return !with_update_policy;
        default:
            return false;
    }
}
// How many of the rows in front of this one are left out.
constexpr std::size_t left_out_before(std::size_t row) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < row; ++i) count += is_left_out(i) ? 1 : 0;
    return count;
}
inline constexpr std::size_t rows_left_out = left_out_before(row_count);
constexpr std::size_t place_of(RowName name) {
    const auto row = static_cast<std::size_t>(name);
    const auto before = left_out_before(row);
    return is_left_out(row) ? row_count - rows_left_out + before : row - before;
}

inline constexpr Key<Type::text> ap_pass(place_of(RowName::ap_pass));
inline constexpr Key<Type::text> ap_address(place_of(RowName::ap_address));
inline constexpr Key<Type::key> console_password(place_of(RowName::console_password));
inline constexpr Key<Type::text> ota_key(place_of(RowName::ota_key));
inline constexpr Key<Type::boolean> ota_legacy_md5(place_of(RowName::ota_legacy_md5));
inline constexpr Key<Type::boolean> settings_signed(place_of(RowName::settings_signed));
inline constexpr Key<Type::text> ota_hosts(place_of(RowName::ota_hosts));
inline constexpr Key<Type::integer> config_confirm(place_of(RowName::config_confirm));
inline constexpr Key<Type::choice> log_level(place_of(RowName::log_level));
inline constexpr Key<Type::text> time_server(place_of(RowName::time_server));
inline constexpr Key<Type::boolean> ha_discovery(place_of(RowName::ha_discovery));
inline constexpr Key<Type::choice> mqtt_version(place_of(RowName::mqtt_version));
inline constexpr Key<Type::choice> ota_when(place_of(RowName::ota_when));
inline constexpr Key<Type::text> ota_window(place_of(RowName::ota_window));
inline constexpr Key<Type::text> time_zone(place_of(RowName::time_zone));

// How a broker is known, and what the device says of itself there. Only with certificates (base/features.hpp).
struct Trust {
    Key<Type::choice> how;
    Key<Type::key> authority;  // what a certificate is known by on the shelf (shelf.hpp)
    Key<Type::key> pin[2];
    Key<Type::text> user;
    Key<Type::text> password;
    Key<Type::key> certificate;

    static constexpr std::size_t rows = 7;
    constexpr explicit Trust(std::size_t row)
        : how(row),
          authority(row + 1),
          pin{Key<Type::key>(row + 2), Key<Type::key>(row + 3)},
          user(row + 4),
          password(row + 5),
          certificate(row + 6) {}
};
constexpr Trust trust_of(std::size_t broker) { return Trust(place_of(RowName::broker_trust) + broker * Trust::rows); }
inline constexpr Trust trusts[] = {trust_of(0), trust_of(1), trust_of(2)};
static_assert(std::size(trusts) == std::size(brokers));

inline constexpr Key<Type::text> est_url(place_of(RowName::est_url));
inline constexpr Key<Type::key> ota_ca(place_of(RowName::ota_ca));
inline constexpr Key<Type::key> ota_pins[] = {Key<Type::key>(place_of(RowName::ota_pin_0)),
                                              Key<Type::key>(place_of(RowName::ota_pin_1))};

#if ESB_WIFI_ENTERPRISE
// How an enterprise network is joined. Only with that feature (base/features.hpp).
struct EnterpriseNetwork {
    Key<Type::choice> method;
    Key<Type::text> anonymous;
    Key<Type::text> user;
    Key<Type::text> password;
    Key<Type::text> server;
    Key<Type::key> authority;
    Key<Type::key> certificate;

    constexpr explicit EnterpriseNetwork(std::size_t row)
        : method(row), anonymous(row + 1), user(row + 2), password(row + 3), server(row + 4), authority(row + 5), certificate(row + 6) {}
};
constexpr EnterpriseNetwork enterprise_of(std::size_t network) {
    return EnterpriseNetwork(place_of(RowName::enterprise) + network * enterprise_rows);
}
inline constexpr EnterpriseNetwork enterprises[] = {enterprise_of(0), enterprise_of(1), enterprise_of(2), enterprise_of(3)};
static_assert(std::size(enterprises) == std::size(networks));
#endif

// The settings that name certificates of the shelf.
inline constexpr Key<Type::key> certificates[] = {trusts[0].authority,
                                                  trusts[1].authority,
                                                  trusts[2].authority,
                                                  trusts[0].certificate,
                                                  trusts[1].certificate,
                                                  trusts[2].certificate,
#if ESB_WIFI_ENTERPRISE
                                                  enterprises[0].authority,
                                                  enterprises[1].authority,
                                                  enterprises[2].authority,
                                                  enterprises[3].authority,
                                                  enterprises[0].certificate,
                                                  enterprises[1].certificate,
                                                  enterprises[2].certificate,
                                                  enterprises[3].certificate,
#endif
                                                  ota_ca};

}  // namespace names

// Rows of the base's table.
inline constexpr std::size_t base_size = names::row_count;
// Those that somebody can name: the first ones.
inline constexpr std::size_t base_named = names::row_count - names::rows_left_out;

}  // namespace esb::settings
