#include "esb/portal/api_settings.hpp"

#include "esb/base/json.hpp"
#include "esb/portal/answers.hpp"

#include <array>

namespace esb::portal {
namespace {

// The cursor: the setting's index, and how much of its text has left. An author's help or a long value may need more
// than one piece.
constexpr std::uint32_t offset_bits = 16;
constexpr std::uint32_t offset_mask = (1U << offset_bits) - 1;

void put_choices(std::string_view choices, JsonWriter& json) {
    json.key("choices").begin_array();
    for (std::size_t end = 0; end != std::string_view::npos; choices.remove_prefix(end + 1)) {
        end = choices.find('|');
        json.text(choices.substr(0, end));
        if (end == std::string_view::npos) break;
    }
    json.end_array();
}

void put_value(const settings::Setting& setting, const settings::Store& store, JsonWriter& json) {
    json.key("value");
    if (setting.type == settings::Type::boolean) {
        json.boolean(store.boolean(setting.name));
    } else if (setting.type == settings::Type::integer) {
        json.number(store.integer(setting.name));
    } else {
        std::array<char, settings::text_max> text;
        json.text(store.show(setting.name, text).value_or(std::string_view()));
    }
}

void put(const settings::Setting& setting, const settings::Store& store, JsonWriter& json) {
    json.begin_object().key("name").text(setting.name).key("type").text(settings::name(setting.type));
    json.key("help").text(setting.help).key("set").boolean(store.is_set(setting.name));
    json.key("low").number(setting.low).key("high").number(setting.high);
    json.key("secret").boolean(setting.secret).key("local").boolean(setting.local_only);
    json.key("staged").boolean(setting.stage != settings::Stage::none);
    if (!setting.choices.empty()) put_choices(setting.choices, json);
    if (!setting.secret) put_value(setting, store, json);
    json.end_object();
}

}  // namespace

std::size_t write_settings(const Host& host, std::uint32_t& cursor, MutBytes out) {
    const auto& schema = host.schema();
    const std::size_t index = cursor >> offset_bits;
    if (index >= schema.size()) return 0;
    JsonWriter json(as_chars(out), cursor & offset_mask);
    if (index == 0) {
        json.begin_object().key("settings").begin_array();
    } else {
        json.following();
    }
    put(schema.at(index), host.settings(), json);
    if (index + 1 == schema.size()) json.end_array().end_object();
    if (json.overflowed()) {
        cursor += static_cast<std::uint32_t>(json.written().size());
    } else {
        cursor = static_cast<std::uint32_t>(index + 1) << offset_bits;
    }
    return json.written().size();
}

}  // namespace esb::portal
