#include "host/cli/config_file.hpp"

#include "esb/base/file_text.hpp"
#include "host/cli/files.hpp"

#include <array>
#include <cstdlib>
#include <set>
#include <sstream>
#include <vector>

#include <pwd.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::string_view table = "[broker]";

struct Key {
    std::string_view name;
    std::string BrokerWords::*text;  // null: a list
    bool is_file = false;
};
constexpr std::array keys{
    Key{"url", &BrokerWords::url},
    Key{"ca", &BrokerWords::ca, true},
    Key{"cert", &BrokerWords::cert, true},
    Key{"cert_key", &BrokerWords::cert_key, true},
    Key{"pins", nullptr},
    Key{"psk_identity", &BrokerWords::psk_identity},
    Key{"psk_file", &BrokerWords::psk_file, true},
    Key{"psk", &BrokerWords::psk},
    Key{"password_file", &BrokerWords::password_file, true},
    Key{"password", &BrokerWords::password},
};

void skip_space(std::string_view& text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool ended(std::string_view text) {
    skip_space(text);
    return text.empty() || text.front() == '#';
}

// "basic" with \" and \\, or 'literal'; false when it is none.
bool take_text(std::string_view& rest, std::string& value) {
    if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return false;
    const char quote = rest.front();
    rest.remove_prefix(1);
    for (; !rest.empty() && rest.front() != quote; rest.remove_prefix(1)) {
        if (quote == '"' && rest.front() == '\\') {
            rest.remove_prefix(1);
            if (rest.empty() || (rest.front() != '"' && rest.front() != '\\')) return false;
        }
        const auto c = static_cast<unsigned char>(rest.front());
        if ((c < ' ' && c != '\t') || c == 127) return false;
        value += rest.front();
    }
    if (rest.empty()) return false;
    rest.remove_prefix(1);
    return true;
}

// ["a", "b"] on one line.
bool take_list(std::string_view& rest, std::vector<std::string>& values) {
    if (!rest.starts_with('[')) return false;
    rest.remove_prefix(1);
    for (skip_space(rest); !rest.starts_with(']'); skip_space(rest)) {
        std::string value;
        if (!take_text(rest, value) || values.size() >= 16) return false;
        values.push_back(std::move(value));
        skip_space(rest);
        if (rest.starts_with(',')) {
            rest.remove_prefix(1);
        } else if (!rest.starts_with(']')) {
            return false;
        }
    }
    rest.remove_prefix(1);
    return true;
}

// A line `KEY = VALUE`; what is wrong with it, or nothing.
std::string take_line(std::string_view line, BrokerWords& words, std::set<std::string_view>& seen) {
    const auto end = std::min(line.find_first_of(" \t="), line.size());
    const auto name = line.substr(0, end);
    const Key* found = nullptr;
    for (const auto& key : keys) {
        if (key.name == name) found = &key;
    }
    if (found == nullptr) return "'" + std::string(name) + "' is no key of [broker]";
    if (!seen.insert(found->name).second) return std::string(name) + " stands there twice";
    line.remove_prefix(end);
    skip_space(line);
    if (!line.starts_with('=')) return "there is no =";
    line.remove_prefix(1);
    skip_space(line);
    const bool good = found->text != nullptr ? take_text(line, words.*(found->text)) : take_list(line, words.pins);
    if (!good) return found->text != nullptr ? "the value is no \"text\"" : "the value is no [\"text\", ...]";
    return ended(line) ? "" : "there is something after the value";
}

std::filesystem::path home() {
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home == '/') return home;
    const passwd* const entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_dir : "";
}

void make_absolute(std::string& file, const std::filesystem::path& folder) {
    if (file.empty()) return;
    file = file.starts_with("~/") ? (home() / file.substr(2)).string() : (folder / file).string();
}

}  // namespace

Outcome<BrokerWords> parse_config(std::string_view text, const std::string& name) {
    BrokerWords words;
    std::set<std::string_view> seen;
    bool in_table = false;
    std::istringstream lines{std::string(without_mark(text))};
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (line.ends_with('\r')) line.pop_back();
        std::string_view rest = line;
        skip_space(rest);
        if (ended(rest)) continue;
        std::string wrong;
        if (rest.starts_with('[')) {
            if (!rest.starts_with(table) || !ended(rest.substr(table.size()))) {
                wrong = "the only table is [broker]";
            } else if (in_table) {
                wrong = "[broker] stands there twice";
            }
            in_table = true;
        } else {
            wrong = in_table ? take_line(rest, words, seen) : "keys belong below [broker]";
        }
        if (!wrong.empty()) return failure(name + ", line " + std::to_string(number) + ": " + wrong);
    }
    return words;
}

std::filesystem::path config_folder() {
    const char* const xdg = std::getenv("XDG_CONFIG_HOME");
    const bool absolute = xdg != nullptr && *xdg == '/';
    return (absolute ? std::filesystem::path(xdg) : home() / ".config") / "esb";
}

Outcome<BrokerWords> load_config() {
    const char* const named = std::getenv("ESB_CONFIG");
    const bool is_named = named != nullptr && *named != '\0';
    const std::filesystem::path file = is_named ? std::filesystem::path(named) : config_folder() / "config.toml";
    std::error_code error;
    if (!is_named && !std::filesystem::exists(file, error)) return BrokerWords{};
    const auto text = read_text(file, config_text_max);
    if (!text) return std::unexpected(text.error());
    auto words = parse_config(*text, file.string());
    if (!words) return words;
    if (!words->psk.empty() || !words->password.empty()) {
        if (auto good = check_private(file); !good) return std::unexpected(good.error());
    }
    const auto folder = std::filesystem::absolute(file, error).parent_path();
    for (const auto& key : keys) {
        if (key.is_file) make_absolute((*words).*(key.text), folder);
    }
    return words;
}

}  // namespace esb::cli
