// Values in text form. What is parsed is allowed, is shown as text, and that text means the same value again.
#include "esb/settings/host_field.hpp"
#include "esb/settings/store.hpp"

#include <array>
#include <cstdlib>

namespace {

using namespace esb;
using namespace esb::settings;

void require(bool condition) {
    if (!condition) std::abort();
}

constexpr Setting more[] = {
    {.name = "f.int", .type = Type::integer, .low = INT32_MIN, .high = INT32_MAX, .fallback = "0"},
    {.name = "f.small", .type = Type::integer, .low = -9, .high = 9, .fallback = "0"},
    {.name = "f.text", .type = Type::text},
    {.name = "f.octets", .type = Type::octets},
    {.name = "f.key", .type = Type::key},
};

void check_round_trip(const Setting& setting, const Value& value) {
    require(validate(setting, value.reveal()).has_value());
    // A secret is not shown; its rules for text are those of the same setting without the mark.
    auto open = setting;
    open.secret = false;
    std::array<char, text_max> out;
    const auto text = format(open, value.reveal(), out);
    require(text.has_value());
    const auto again = parse(open, *text);
    require(again.has_value() && *again == value);
    require(!setting.secret || format(setting, value.reveal(), out).error() == errors::setting_secret);
}

// In a change a host may have scheme and port around it.
bool may_be_set(const Setting& setting, std::string_view text) {
    const auto host = host_setting(setting.name);
    if (!host) return parse(setting, text).has_value();
    const auto field = split_host(text, host->whose);
    return field && parse(setting, field->host);
}

void check_patch(const Schema& schema, const Setting& setting, std::string_view text, bool allowed) {
    Patch patch(schema, Origin::mqtt);
    require(patch.set(setting.name, text).has_value() == (allowed && !setting.local_only));
    require(patch.empty() != (allowed && !setting.local_only));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Schema schema;
    require(schema.add(more).has_value());
    const auto& setting = schema.at(data[0] % schema.size());
    const ConstBytes bytes(data + 1, size - 1);

    const auto parsed = parse(setting, as_text(bytes));
    if (parsed) check_round_trip(setting, *parsed);
    const auto accepted = accept(setting, bytes);
    if (accepted) check_round_trip(setting, *accepted);
    require(accepted.has_value() == validate(setting, bytes).has_value());
    check_patch(schema, setting, as_text(bytes), may_be_set(setting, as_text(bytes)));
    return 0;
}
