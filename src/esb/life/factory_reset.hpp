// Back to the first boot. Noted durably, then done at the start that follows: a loss of power in between, or in the
// middle, does it again from the beginning.
#pragma once

#include "esb/chip/key_value.hpp"
#include "esb/settings/store.hpp"

namespace esb::life {

// Notes that the next start is to reset. `keep_secrets`: the account's identity and keys and the access point's
// password stay.
Status request_factory_reset(chip::KeyValue& key_value, bool keep_secrets);
// At a start, before the settings are loaded: true when a reset was due and has been done. The update records (floor,
// key set) are not settings and stay. On an error it is still due.
Result<bool> finish_factory_reset(chip::KeyValue& key_value, settings::Store& store);

}  // namespace esb::life
