// Changes of settings as they are typed: NAME=VALUE.
#pragma once

#include "esb/base/json.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/shell.hpp"

#include <string>
#include <vector>

namespace esb::cli {

struct SettingWord {
    std::string name;
    std::string value;
    bool secret = false;  // read from standard input; leaves encrypted only
    bool unset = false;
};

// Refuses names that are none or come twice, no change at all, and a secret of the base that was typed. `files` are
// NAME=FILE: the value is what stands there, not secret.
Outcome<std::vector<SettingWord>> read_setting_words(const std::vector<std::string>& changes,
                                                     const std::vector<std::string>& unset, Shell& shell,
                                                     const std::vector<std::string>& files = {});

// One member of the object that a device takes. The type is that of the base's own setting; of an author's setting, which
// the tool does not know, numbers, on, off, true and false go as such. `encrypted`: of a secret.
void write_setting(const SettingWord& word, const std::string& encrypted, JsonWriter& json);

}  // namespace esb::cli
