// What the stored settings mean: broker accounts and networks.
#pragma once

#include "esb/link/account.hpp"
#include "esb/link/brokers.hpp"
#include "esb/settings/store.hpp"
#include "esb/wifi/supervisor.hpp"

#include <array>

namespace esb {

// The accounts that are complete: a host and that key, or what the broker's certificate is checked with (which counts as
// the first key).
link::Brokers::Usable usable_accounts(const settings::Store& store);
// One account. What a further broker leaves empty (identity, keys) is as for the first one.
link::Account account_of(const settings::Store& store, link::Brokers::Choice choice, const Identity& own);
// The setting that holds the account's key: "mqtt.0.psk.0".
settings::Key<settings::Type::key> key_name(const settings::Store& store, link::Brokers::Choice choice);

// The known networks, all with the same address configuration.
FixedVector<wifi::KnownNetwork, wifi::networks_max> known_networks(const settings::Store& store);
// What DHCP tells the router: the setting, or the identity in lower case with - in place of _.
FixedString<identity_max> host_name(const settings::Store& store, const Identity& own);

}  // namespace esb
