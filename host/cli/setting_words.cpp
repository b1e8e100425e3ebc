#include "host/cli/setting_words.hpp"

#include "esb/base/encoding.hpp"
#include "esb/settings/schema.hpp"
#include "host/cli/files.hpp"
#include "host/cli/secret_input.hpp"

#include <algorithm>
#include <optional>

namespace esb::cli {
namespace {

constexpr std::int64_t largest = (std::int64_t{1} << 53) - 1;

const settings::Setting* find(const std::string& name) {
    for (const auto& setting : settings::base_table()) {
        if (setting.name == name) return &setting;
    }
    return nullptr;
}

std::optional<bool> as_flag(const std::string& value) {
    if (value == "on" || value == "true") return true;
    if (value == "off" || value == "false") return false;
    return std::nullopt;
}

Outcome<SettingWord> read_change(const std::string& text, Shell& shell) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return failure("'" + text + "' is not NAME=VALUE");
    SettingWord word{text.substr(0, equals), text.substr(equals + 1)};
    word.secret = word.value == "-";
    const auto* const setting = find(word.name);
    if (setting != nullptr && setting->secret && !word.secret) {
        return failure(word.name + " is secret: write " + word.name +
                       "=- and give the value on standard input, or take it away with --unset");
    }
    if (!word.secret) return word;
    auto line = read_secret_line(shell, word.name);
    if (!line) return failure("no value for " + word.name + " on standard input");
    word.value = std::move(*line);
    // What is not secret may be typed blind too; a device takes it as it is.
    word.secret = setting == nullptr || setting->secret;
    return word;
}

Outcome<SettingWord> read_file_change(const std::string& text) {
    constexpr std::size_t value_max = 4096;  // bytes: what a device takes
    const auto equals = text.find('=');
    if (equals == std::string::npos) return failure("'" + text + "' is not NAME=FILE");
    SettingWord word{text.substr(0, equals), {}};
    const auto* const setting = find(word.name);
    if (setting != nullptr && setting->secret) return failure(word.name + " is secret: it comes from standard input");
    auto value = read_text(text.substr(equals + 1), value_max);
    if (!value) return std::unexpected(value.error());
    word.value = std::move(*value);
    return word;
}

}  // namespace

Outcome<std::vector<SettingWord>> read_setting_words(const std::vector<std::string>& changes,
                                                     const std::vector<std::string>& unset, Shell& shell,
                                                     const std::vector<std::string>& files) {
    std::vector<SettingWord> words;
    for (const auto& text : changes) {
        auto word = read_change(text, shell);
        if (!word) return std::unexpected(word.error());
        words.push_back(std::move(*word));
    }
    for (const auto& text : files) {
        auto word = read_file_change(text);
        if (!word) return std::unexpected(word.error());
        words.push_back(std::move(*word));
    }
    for (const auto& name : unset) words.push_back({name, {}, false, true});
    if (words.empty()) return failure("nothing to change: give NAME=VALUE or --unset NAME");
    for (const auto& word : words) {
        if (!settings::is_name(word.name)) return failure("'" + word.name + "' is not the name of a setting");
        const auto same = [&word](const SettingWord& other) { return other.name == word.name; };
        if (std::count_if(words.begin(), words.end(), same) != 1) return failure(word.name + " is there twice");
    }
    return words;
}

void write_setting(const SettingWord& word, const std::string& encrypted, JsonWriter& json) {
    json.key(word.name);
    if (word.unset) {
        json.null();
        return;
    }
    if (word.secret) {
        json.begin_object().key("jwe").text(encrypted).end_object();
        return;
    }
    const auto* const setting = find(word.name);
    const auto flag = as_flag(word.value);
    const auto number = parse_signed(word.value, -largest, largest);
    const bool any = setting == nullptr;
    if (flag && (any || setting->type == settings::Type::boolean)) {
        json.boolean(*flag);
    } else if (number && (any || setting->type == settings::Type::integer)) {
        json.number(*number);
    } else {
        json.text(word.value);
    }
}

}  // namespace esb::cli
