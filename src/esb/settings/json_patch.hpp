// A change of settings as JSON, from <base>/config or the set-up page: one object of names and new values.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/json.hpp"
#include "esb/crypto/jwe.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/shelf.hpp"
#include "esb/settings/store.hpp"

#include <string_view>

namespace esb::settings {

// What opens secrets that came encrypted for this device.
struct Unwrapper {
    const crypto::P256KeyPair& key;
    chip::Entropy& entropy;
};

// Adds each member to the patch: strings in the setting's text form, numbers for integers, booleans for booleans,
// null for "back to the default", PEM for a certificate, which then goes to the shelf (without one: setting_type), and
// {"jwe":"..."} (crypto/jwe.hpp) for the text form of a secret. config_not_object,
// setting_type, config_wrapped (also where `unwrapper` is null), jwe_*, bad_key, bad_tag, the errors of Patch. On an
// error the patch is empty and `offending` names the setting, cut to its length, if one is to blame.
Status read_json_patch(const JsonValue& object, Patch& patch, FixedString<name_max>& offending,
                       const Unwrapper* unwrapper, Shelf* shelf = nullptr);
// The same from a text that is nothing else: json_*, no_memory (cJSON) too.
Status read_json_patch(ConstBytes json, Patch& patch, FixedString<name_max>& offending,
                       const Unwrapper* unwrapper = nullptr, Shelf* shelf = nullptr);

}  // namespace esb::settings
