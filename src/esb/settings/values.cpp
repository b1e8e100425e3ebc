// Values: text form <-> stored form, and the checks between them.
#include "esb/base/encoding.hpp"
#include "esb/base/foreign.hpp"
#include "esb/settings/setting.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace esb::settings {
namespace {

constexpr std::string_view hex_prefix = "hex:";
constexpr std::size_t integer_size = 8;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool has_control(std::string_view text) { return std::any_of(text.begin(), text.end(), is_control); }

Result<Value> checked(const Setting& setting, ConstBytes stored) {
    ESB_TRY(validate(setting, stored));
    Result<Value> value;
    ESB_TRY(value->assign(stored));
    return value;
}

std::optional<bool> as_flag(std::string_view text) {
    if (text == "on" || text == "true" || text == "1") return true;
    if (text == "off" || text == "false" || text == "0") return false;
    return std::nullopt;
}

Result<Value> parse_boolean(const Setting& setting, std::string_view text) {
    const auto on = as_flag(text);
    if (!on) return fail(errors::setting_type);
    const std::uint8_t stored = *on ? 1 : 0;
    return checked(setting, {&stored, 1});
}

Result<Value> parse_integer(const Setting& setting, std::string_view text) {
    const auto value = parse_signed(text, setting.low, setting.high);
    if (!value) return fail(value.error() == errors::out_of_range ? errors::setting_range : errors::setting_type);
    std::array<std::uint8_t, integer_size> stored;
    for (std::size_t i = 0; i < stored.size(); ++i) {
        stored[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(*value) >> (8 * i));
    }
    return checked(setting, stored);
}

Result<Value> parse_hex(const Setting& setting, std::string_view digits) {
    std::array<std::uint8_t, value_max> decoded;
    const auto bytes = hex_decode(digits, decoded);
    auto value = bytes ? checked(setting, *bytes)
                       : fail(bytes.error() == errors::too_long ? errors::setting_length : errors::setting_format);
    wipe(decoded);
    return value;
}

// Octets that can be shown as they are, and typed again.
bool is_shown_as_text(std::string_view text) { return is_plain(text) && !text.starts_with(hex_prefix); }

Result<std::string_view> put_text(std::string_view text, std::span<char> out) {
    if (text.size() > out.size()) return fail(errors::too_long);
    std::copy(text.begin(), text.end(), out.begin());
    return std::string_view(out.data(), text.size());
}

Result<std::string_view> put_octets(ConstBytes stored, std::span<char> out) {
    if (is_shown_as_text(as_text(stored))) return put_text(as_text(stored), out);
    if (out.size() < hex_prefix.size() + 2 * stored.size()) return fail(errors::too_long);
    ESB_TRY(put_text(hex_prefix, out));
    const auto digits = hex_encode(stored, out.subspan(hex_prefix.size()));
    if (!digits) return fail(digits.error());
    return std::string_view(out.data(), hex_prefix.size() + digits->size());
}

Status validate_length(const Setting& setting, ConstBytes stored) {
    const auto length = static_cast<std::int64_t>(stored.size());
    if (length < setting.low || length > setting.high || stored.size() > value_max) {
        return fail(errors::setting_length);
    }
    return {};
}

Status validate_choice(const Setting& setting, ConstBytes stored) {
    const auto value = as_text(stored);
    if (value.find('|') != std::string_view::npos) return fail(errors::setting_choice);
    for (std::string_view rest = setting.choices; !rest.empty();) {
        const auto word = rest.substr(0, rest.find('|'));
        if (word == value) return {};
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return fail(errors::setting_choice);
}

Status validate_form(const Setting& setting, ConstBytes stored) {
    switch (setting.type) {
        case Type::boolean:
            if (stored.size() != 1 || stored[0] > 1) return fail(errors::setting_type);
            return {};
        case Type::integer:
            if (stored.size() != integer_size) return fail(errors::setting_type);
            if (number(stored) < setting.low || number(stored) > setting.high) return fail(errors::setting_range);
            return {};
        case Type::text:
            ESB_TRY(validate_length(setting, stored));
            if (!is_utf8(as_text(stored))) return fail(errors::setting_not_utf8);
            if (has_control(as_text(stored))) return fail(errors::setting_format);
            return {};
        case Type::choice:
            return validate_choice(setting, stored);
        case Type::octets:
        case Type::key:
            break;
    }
    return validate_length(setting, stored);
}

}  // namespace

Status validate(const Setting& setting, ConstBytes stored) {
    ESB_TRY(validate_form(setting, stored));
    if (setting.check == nullptr || stored.empty()) return {};
    return setting.check(stored);
}

Result<Value> parse(const Setting& setting, std::string_view text) {
    switch (setting.type) {
        case Type::boolean:
            return parse_boolean(setting, text);
        case Type::integer:
            return parse_integer(setting, text);
        case Type::key:
            return parse_hex(setting, text);
        case Type::octets:
            if (text.starts_with(hex_prefix)) return parse_hex(setting, text.substr(hex_prefix.size()));
            break;
        case Type::text:
        case Type::choice:
            break;
    }
    return checked(setting, as_bytes(text));
}

Result<Value> accept(const Setting& setting, ConstBytes bytes) { return checked(setting, bytes); }

std::int64_t number(ConstBytes stored) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < stored.size() && i < integer_size; ++i) {
        value |= static_cast<std::uint64_t>(stored[i]) << (8 * i);
    }
    return static_cast<std::int64_t>(value);
}

std::int32_t fallback_number(const Setting& setting) {
    if (setting.type == Type::boolean) return as_flag(setting.fallback).value_or(false) ? 1 : 0;
    return static_cast<std::int32_t>(parse_signed(setting.fallback, setting.low, setting.high).value_or(0));
}

Result<std::string_view> format(const Setting& setting, ConstBytes stored, std::span<char> out) {
    if (setting.secret) return fail(errors::setting_secret);
    if (!validate_form(setting, stored)) return fail(errors::setting_type);
    switch (setting.type) {
        case Type::boolean:
            return put_text(stored[0] != 0 ? "on" : "off", out);
        case Type::integer:
            return put_text(decimal_signed(number(stored)), out);
        case Type::octets:
            return put_octets(stored, out);
        case Type::key:
            return hex_encode(stored, out);
        case Type::text:
        case Type::choice:
            break;
    }
    return put_text(as_text(stored), out);
}

}  // namespace esb::settings
