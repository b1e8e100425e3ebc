// docs/settings.md says what the schema says. Written anew by: ESB_WRITE_DOCS=1 unit_settings --gtest_filter='Document.*'
#include "esb/settings/schema.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace esb::settings {
namespace {

std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

std::string range(const Setting& setting) {
    const auto low = std::to_string(setting.low);
    const auto high = std::to_string(setting.high);
    switch (setting.type) {
        case Type::boolean:
            return "`on`, `off`";
        case Type::integer:
            return low + " to " + high;
        case Type::choice:
            return "`" + cell(setting.choices) + "`";
        case Type::text:
        case Type::octets:
        case Type::key:
            break;
    }
    return (setting.low == 0 ? "up to " : low + " to ") + high + " bytes";
}

std::string properties(const Setting& setting) {
    std::string text;
    if (setting.secret) text += "secret";
    if (setting.local_only) text += std::string(text.empty() ? "" : ", ") + "local only";
    return text;
}

std::string document() {
    std::string text =
        "# Settings\n\n"
        "Made from the schema (`src/esb/settings/defaults.cpp`); a test compares. To write it anew:\n"
        "`ESB_WRITE_DOCS=1 build/dev/tests/unit_settings --gtest_filter='Document.*'`\n\n"
        "Console: `config list`, `config get NAME`, `config set NAME VALUE`. MQTT: a JSON object of names and values "
        "on\n"
        "`<base>/config`, see [protocol.md](protocol.md); a *local only* setting changes only at the device itself. A\n"
        "*secret* can be replaced, never read. Whoever runs the broker knows the pre-shared keys anyway, so these are "
        "not\n"
        "local only: the broker's operator replaces them with `esb broker rotate`.\n\n"
        "A change of a setting with a *stage* is on trial until that stage has succeeded: `network`, an address was\n"
        "obtained; `broker`, a message went to the broker and back. Each stage has `config.confirm` seconds; then, "
        "and\n"
        "after a restart meanwhile, the old values return. A device that has never been on line takes every change at\n"
        "once.\n\n"
        "The password of the access point and the last key of a broker can be replaced, not taken away "
        "(`setting.needed`),\n"
        "but at the console, where the next start makes new ones and shows them; MQTT cannot take away the password of "
        "a network that stays, either. Empty is the same as not "
        "set.\n\n"
        "## When the stored settings are damaged\n\n"
        "| what | then | told |\n| --- | --- | --- |\n"
        "| the newest generation | the one before it; local-only settings from their copy | console, `settings "
        "recovered` in the log |\n"
        "| both generations | defaults, a new key and access-point password are born and shown; local-only settings "
        "from their copy | console, `settings lost` |\n"
        "| the copy (`cfg.local.*`) alone | it is made anew from the settings | |\n"
        "| both generations and both mirrors of the copy | the console is locked and updates are refused "
        "(`trust.lost`) until a factory reset by the button | console, `settings lost`, `\"trust\":\"lost\"` |\n"
        "| the newest is of a newer format | read only, the generation before it in use | console |\n\n"
        "## All of them\n\n"
        "| name | type | range | default | stage | | what it is |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (const auto& setting : base_table()) {
        text += "| `" + std::string(setting.name) + "` | " + std::string(name(setting.type)) + " | " + range(setting);
        text += " | " + (setting.fallback.empty() ? "" : "`" + std::string(setting.fallback) + "`");
        text += " | " + (setting.stage == Stage::none ? "" : std::string(name(setting.stage)));
        text += " | " + properties(setting) + " | " + cell(setting.help) + " |\n";
    }
    return text;
}

TEST(Document, is_what_the_schema_says) {
    const std::string path = ESB_SOURCE_DIR "/docs/settings.md";
    if (std::getenv("ESB_WRITE_DOCS") != nullptr) std::ofstream(path) << document();
    std::ifstream file(path);
    const std::string found{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(found, document()) << "write it anew, see the beginning of " __FILE__;
}

TEST(Document, every_setting_is_explained) {
    for (const auto& setting : base_table()) {
        EXPECT_FALSE(setting.help.empty()) << setting.name;
        EXPECT_EQ(setting.help.find('\n'), std::string_view::npos) << setting.name;
    }
}

}  // namespace
}  // namespace esb::settings
