#include "esb/settings/together.hpp"

#include "esb/settings/blob.hpp"
#include "esb/settings/checks.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/keys.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::settings {
namespace {

std::optional<std::uint32_t> stored_ipv4(ConstBytes records, std::string_view name) {
    const auto record = find_record(records, name);
    if (!record || record->value.empty()) return std::nullopt;
    const auto address = chip::parse_ipv4(as_text(record->value));
    return address ? std::optional(checks::ipv4_number(*address)) : std::nullopt;
}

struct Addresses {
    std::optional<std::uint32_t> ip, mask, gateway, dns, page;
    friend bool operator==(const Addresses&, const Addresses&) = default;
};

Addresses addresses_of(ConstBytes records) {
    const auto stored = [records](std::string_view name) { return stored_ipv4(records, name); };
    return {stored(names::wifi_ip), stored(names::wifi_mask), stored(names::wifi_gateway), stored(names::wifi_dns),
            stored(names::ap_address)};
}

Status check_addresses(const Addresses& all) {
    constexpr std::uint32_t page_mask = 0xFFFFFF00;
    constexpr std::uint32_t page_default = 0x04030201;
    if (!all.ip) return {};
    if (!all.mask || !all.gateway) return fail(errors::setting_address);
    const auto mask = *all.mask;
    const auto network = *all.ip & mask;
    const auto no_host = [&](std::uint32_t address) { return address == network || address == (network | ~mask); };
    if (no_host(*all.ip) || no_host(*all.gateway)) return fail(errors::setting_host_address);
    if ((*all.gateway & mask) != network || *all.ip == *all.gateway) return fail(errors::setting_address);
    if (all.dns && (no_host(*all.dns) || *all.dns == *all.ip)) return fail(errors::setting_host_address);
    // Two ways to one network: packets for the phone would leave by the station, or the other way round.
    if (((all.page.value_or(page_default) ^ *all.ip) & mask & page_mask) == 0) {
        return fail(errors::setting_address_clash);
    }
    return {};
}

// Empty is as good as not there.
ConstBytes value_of(ConstBytes records, std::string_view name) {
    const auto record = find_record(records, name);
    return record ? record->value : ConstBytes();
}
bool has_key(ConstBytes records, const names::Broker& broker) {
    return !value_of(records, broker.psk[0]).empty() || !value_of(records, broker.psk[1]).empty();
}
bool loses(ConstBytes before, ConstBytes after, std::string_view name) {
    return !value_of(before, name).empty() && value_of(after, name).empty();
}

// Otherwise the device would wait for what nobody can give.
Status check_trust(ConstBytes records) {
    for (const auto& trust : names::trusts) {
        const auto has = [records](std::string_view name) { return !value_of(records, name).empty(); };
        const auto how = as_text(value_of(records, trust.how));
        const bool complete = how == "ca"    ? has(trust.authority)
                              : how == "pin" ? has(trust.pin[0]) || has(trust.pin[1])
                                             : true;
        if (!complete) return fail(errors::setting_trust);
    }
    return {};
}

#if ESB_WIFI_ENTERPRISE
// There is no half of it: what is missing would be a server that is not verified, or nobody to let in.
Status check_enterprise(ConstBytes records) {
    for (std::size_t i = 0; i < std::size(names::enterprises); ++i) {
        const auto& network = names::enterprises[i];
        const auto has = [records](std::string_view name) { return !value_of(records, name).empty(); };
        const auto method = as_text(value_of(records, network.method));
        if (method != "peap" && method != "tls") continue;
        const bool server = has(network.server) && has(network.authority);
        const bool user = method == "tls" ? has(network.certificate) : has(network.user) && has(network.password);
        if (!server || !user || has(names::networks[i].pass)) return fail(errors::setting_enterprise);
    }
    return {};
}

// From afar: the network would be joined without what it was verified by.
bool leaves_enterprise(ConstBytes before, ConstBytes after, std::size_t network) {
    const auto is_one = [network](ConstBytes records) {
        const auto method = as_text(value_of(records, names::enterprises[network].method));
        return method == "peap" || method == "tls";
    };
    return is_one(before) && !is_one(after);
}
#endif

}  // namespace

Status check_protection(ConstBytes before, ConstBytes after, Origin by) {
    const bool born_anew = by == Origin::console;
    bool weaker = !born_anew && loses(before, after, names::ap_pass);
    for (const auto& broker : names::brokers) {
        const bool own = &broker == &names::brokers[0];
        const bool stays = own ? !born_anew : !value_of(after, broker.host).empty();
        weaker = weaker || (stays && has_key(before, broker) && !has_key(after, broker));
    }
    for (const auto& network : names::networks) {
        const bool same = equal(value_of(before, network.ssid), value_of(after, network.ssid));
        weaker = weaker || (by == Origin::mqtt && same && loses(before, after, network.pass));
#if ESB_WIFI_ENTERPRISE
        const auto index = static_cast<std::size_t>(&network - names::networks);
        weaker = weaker || (by == Origin::mqtt && same && leaves_enterprise(before, after, index));
#endif
    }
    return weaker ? Status(fail(errors::setting_needed)) : Status();
}

Status check_together(ConstBytes records, ConstBytes before) {
    if constexpr (with_certificates) ESB_TRY(check_trust(records));
#if ESB_WIFI_ENTERPRISE
    ESB_TRY(check_enterprise(records));
#endif
    const auto all = addresses_of(records);
    if (all == addresses_of(before)) return {};
    return check_addresses(all);
}

}  // namespace esb::settings
