#include "esb/portal/wish.hpp"

#include <algorithm>

namespace esb::portal {
namespace {

constexpr std::string_view wifi_prefix = "wifi.";

bool is_changed(const settings::Record& record, const settings::Setting& setting, const settings::Store& store) {
    if (record.removal) return store.is_set(setting.name);
    switch (setting.type) {
        case settings::Type::boolean:
            return (settings::number(record.value) != 0) != store.boolean(setting.name);
        case settings::Type::integer:
            return settings::number(record.value) != store.integer(setting.name);
        case settings::Type::octets:
        case settings::Type::key:
            return !equal(record.value, store.bytes(setting.name));
        case settings::Type::text:
        case settings::Type::choice:
            break;
    }
    return as_text(record.value) != store.text(setting.name);
}

const settings::names::Network* network_of(std::string_view name) {
    const auto found = std::find_if(
        std::begin(settings::names::networks), std::end(settings::names::networks),
        [name](const auto& n) { return name == n.ssid || name == n.pass || name == n.hidden || name == n.priority; });
    return found == std::end(settings::names::networks) ? nullptr : found;
}

}  // namespace

Wish wish_of(const settings::Patch& patch, const Host& host) {
    Wish wish;
    const auto& store = host.settings();
    const settings::names::Network* named = nullptr;
    settings::RecordReader reader(patch.records());
    while (const auto record = reader.next()) {
        const auto* setting = host.schema().find(record->name);
        if (setting == nullptr || !record->name.starts_with(wifi_prefix)) continue;
        if (setting->stage != settings::Stage::none && is_changed(*record, *setting, store)) wish.keeps_network = false;
        const auto* network = network_of(record->name);
        // A password alone is for the network that its slot holds; a name in the patch is read after it.
        if (network != nullptr && named == nullptr) {
            named = network;
            static_cast<void>(wish.ssid.assign(as_text(store.bytes(network->ssid))));
        }
        if (named != nullptr && record->name == named->ssid)
            static_cast<void>(wish.ssid.assign(as_text(record->value)));
    }
    return wish;
}

bool has_broker(const settings::Store& store) {
    const auto has_key = [&store](const settings::names::Broker& broker) {
        return !store.bytes(broker.psk[0]).empty() || !store.bytes(broker.psk[1]).empty();
    };
    if constexpr (with_certificates) {
        for (std::size_t i = 0; i < std::size(settings::names::trusts); ++i) {
            const bool named = !store.text(settings::names::brokers[i].host).empty();
            if (named && store.text(settings::names::trusts[i].how) != "psk") return true;
        }
    }
    // A broker without a key of its own uses the first one's.
    const bool common_key = has_key(settings::names::brokers[0]);
    return std::any_of(
        std::begin(settings::names::brokers), std::end(settings::names::brokers),
        [&](const auto& broker) { return !store.text(broker.host).empty() && (common_key || has_key(broker)); });
}

}  // namespace esb::portal
