#include "host/cli/project_files.hpp"

#include <algorithm>
#include <array>

namespace esb::cli {
namespace {

constexpr std::string_view place = "@name@";
constexpr std::size_t project_name_max = 31;  // as long as an image's descriptor has room

// Names of targets that every CMake project has, and of what lies in the folder.
constexpr std::array<std::string_view, 10> taken{"all",  "build",   "clean",         "esb",        "help",
                                                 "main", "install", "rebuild_cache", "edit_cache", "test"};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool may_follow(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

}  // namespace

std::string fill_in(std::string_view text, std::string_view name) {
    std::string made;
    for (auto at = text.find(place); at != std::string_view::npos; at = text.find(place)) {
        made += text.substr(0, at);
        made += name;
        text.remove_prefix(at + place.size());
    }
    return made += text;
}

std::string check_project_name(std::string_view name) {
    const std::string quoted = "'" + std::string(name) + "'";
    if (name.empty() || name.size() > project_name_max || !is_letter(name.front()) ||
        !std::all_of(name.begin(), name.end(), may_follow)) {
        return quoted + " is not a name for a project: a small letter, then at most 30 small letters, digits, - or _";
    }
    if (std::find(taken.begin(), taken.end(), name) != taken.end())
        return quoted + " cannot be a project's name: the build has something called so";
    return {};
}

}  // namespace esb::cli
