#include "esb/device/settings_in_use.hpp"
#include "esb/base/features.hpp"

#include <algorithm>

namespace esb {

namespace names = settings::names;

bool SettingsInUse::due(Instant now) const {
    return revision_ != parts_.store.revision() && parts_.config.may_apply(now);
}

void SettingsInUse::step(Instant now) {
    if (due(now)) apply(now);
}

std::optional<Instant> SettingsInUse::deadline() const {
    return due(parts_.reactor.now()) ? std::optional(Instant{}) : std::nullopt;
}

void SettingsInUse::apply(Instant now) {
    revision_ = parts_.store.revision();
    const auto& store = parts_.store;
    const bool discovery = store.boolean(names::ha_discovery);
    parts_.updates.use_settings();
    parts_.voice.use(store.text(names::log_level));
    parts_.network.use_access_point();
    if constexpr (with_home_assistant) parts_.topics.hear_home_assistant(discovery);
    if constexpr (with_update_policy) parts_.topics.hear_words(store.text(names::ota_when) != "now");
    parts_.connection.use_accounts(now);
    parts_.network.use_networks(now);
    parts_.set_up.begin_try(now);  // before the trial begins: the link of another network proves nothing
    const bool has_address = parts_.network.wifi().is_up();
    if (!has_address) parts_.link.set_network(false, now);
    const auto tries = settings::Trial::tries_min * std::max(1U, parts_.brokers.candidates());
    parts_.config.applied(now, has_address, parts_.online.load(), tries);
    parts_.time.use(store);
    parts_.home_assistant.use(discovery, parts_.link.account().identity, parts_.link.base());
    const auto handler = handler_;  // it may set another
    if (handler) handler();
}

}  // namespace esb
