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

// What the author has said for people; the base's own settings have their words in the page.
void put_words(const settings::Setting& setting, std::string_view title, JsonWriter& json) {
    json.key("title").text(title);
    if (!setting.label.text().empty()) json.key("label").text(setting.label.text());
    if (!setting.unit.text().empty()) json.key("unit").text(setting.unit.text());
}

void put(const settings::Schema& schema, std::size_t index, const settings::Store& store, JsonWriter& json) {
    const auto& setting = schema.at(index);
    json.begin_object().key("name").text(setting.name).key("type").text(settings::name(setting.type));
    if (const auto title = schema.title(index)) put_words(setting, *title, json);
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
    put(schema, index, host.settings(), json);
    if (index + 1 == schema.size()) json.end_array().end_object();
    if (json.overflowed()) {
        cursor += static_cast<std::uint32_t>(json.written().size());
    } else {
        cursor = static_cast<std::uint32_t>(index + 1) << offset_bits;
    }
    return json.written().size();
}

}  // namespace esb::portal
