// A change of settings as JSON, from <base>/config or the set-up page: one object of names and new values.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/json.hpp"
#include "esb/settings/store.hpp"

#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind config_not_object{"config.not_object", "a change of settings is one JSON object"};
}  // namespace esb::errors

namespace esb::settings {

// Adds each member to the patch: strings in the setting's text form, numbers for integers, booleans for booleans,
// null for "back to the default". json_*, config_not_object, setting_type, the errors of Patch, no_memory
// (cJSON). On an error the patch is empty and `offending` names the setting, cut to its length, if one is to blame.
Status read_json_patch(ConstBytes json, Patch& patch, FixedString<name_max>& offending);

}  // namespace esb::settings
