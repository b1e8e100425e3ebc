#include "esb/settings/schema.hpp"

#include <algorithm>

namespace esb::settings {
namespace {

bool name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }

// At least two words, none of them empty.
bool choices_possible(std::string_view choices) {
    const bool lonely = choices.find('|') == std::string_view::npos || choices.size() > value_max;
    const bool gaps =
        choices.starts_with('|') || choices.ends_with('|') || choices.find("||") != std::string_view::npos;
    return !lonely && !gaps;
}

bool bounds_possible(const Setting& setting) {
    if (setting.type == Type::boolean) return true;
    if (setting.type == Type::choice) return choices_possible(setting.choices);
    if (setting.low > setting.high) return false;
    if (setting.type == Type::integer) return true;
    return setting.low >= 0 && setting.high <= static_cast<std::int32_t>(value_max);
}

// A default that is read through Store as a view must be its own stored form, so octets are plain.
bool fallback_possible(const Setting& setting) {
    const bool has_length =
        setting.type != Type::boolean && setting.type != Type::integer && setting.type != Type::choice;
    if (setting.secret && !has_length) return false;
    if (setting.secret || setting.type == Type::key) return setting.fallback.empty() && setting.low <= 0;
    if (setting.type == Type::octets && setting.fallback.starts_with("hex:")) return false;
    return parse(setting, setting.fallback).has_value();
}

bool well_formed(const Setting& setting) {
    return is_name(setting.name) && bounds_possible(setting) && fallback_possible(setting);
}

}  // namespace

std::string_view name(Type type) {
    constexpr std::string_view names[] = {"boolean", "integer", "text", "octets", "key", "choice"};
    return names[static_cast<std::size_t>(type)];
}

std::string_view name(Stage stage) {
    constexpr std::string_view names[] = {"none", "network", "broker"};
    return names[static_cast<std::size_t>(stage)];
}

bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= name_max && std::all_of(name.begin(), name.end(), name_character);
}

Schema::Schema() { static_cast<void>(tables_.push_back({base_table().first(base_named), {}})); }

Status Schema::add(std::span<const Setting> table, PageText title) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto same_name = [&](const Setting& other) { return other.name == table[i].name; };
        const auto before = table.first(i);
        const bool taken = find(table[i].name) != nullptr || std::any_of(before.begin(), before.end(), same_name);
        if (taken || !well_formed(table[i])) return fail(errors::invalid_argument, static_cast<std::int32_t>(i));
    }
    return tables_.push_back({table, title});
}

Status Schema::set_fallback(std::string_view name, std::string_view fallback) {
    const auto* const setting = find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    ESB_TRY(parse(*setting, fallback));
    Changed changed{setting, *setting};
    changed.setting.fallback = fallback;
    return changed_.push_back(changed);
}

const Setting& Schema::as_changed(const Setting& row) const {
    for (const auto& changed : changed_) {
        if (changed.row == &row) return changed.setting;
    }
    return row;
}

const Setting* Schema::find(std::string_view name) const {
    for (const auto& table : tables_) {
        for (const auto& setting : table.rows) {
            if (setting.name == name) return &as_changed(setting);
        }
    }
    return nullptr;
}

std::size_t Schema::size() const {
    std::size_t total = 0;
    for (const auto& table : tables_) total += table.rows.size();
    return total;
}

const Setting& Schema::at(std::size_t index) const {
    const auto* table = tables_.begin();
    while (index >= table->rows.size()) {
        index -= table->rows.size();
        ++table;
    }
    return as_changed(table->rows[index]);
}

std::optional<std::string_view> Schema::title(std::size_t index) const {
    if (index < base_named) return std::nullopt;
    index -= base_named;
    const auto* table = tables_.begin() + 1;
    while (index >= table->rows.size()) {
        index -= table->rows.size();
        ++table;
    }
    return table->title.text();
}

}  // namespace esb::settings
