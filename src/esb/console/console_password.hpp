// The console's password, as the console and the portal set it.
#pragma once

#include "esb/crypto/password.hpp"
#include "esb/settings/store.hpp"

#include <string_view>

namespace esb::console {

// Adds the password's slow hash to the patch, or the removal of the lock when it is empty. Takes the time of the hash.
// The errors of crypto::hash_password().
inline Status put_console_password(settings::Patch& patch, std::string_view password, chip::Entropy& entropy) {
    if (password.empty()) return patch.unset(settings::names::console_password);
    const auto hash = crypto::hash_password(password, entropy);
    if (!hash) return fail(hash.error());
    return patch.set_bytes(settings::names::console_password, hash->reveal());
}

}  // namespace esb::console
