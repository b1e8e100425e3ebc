#include "esb/settings/json_patch.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"

namespace esb::settings {
namespace {

constexpr std::int64_t largest = (std::int64_t{1} << 53) - 1;

Status put(Patch& patch, std::string_view name, const JsonValue& value) {
    if (value.is_null()) return patch.unset(name);
    const auto* setting = patch.schema().find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    if (const auto flag = value.boolean()) {
        if (setting->type != Type::boolean) return fail(errors::setting_type);
        return patch.set(name, *flag ? "on" : "off");
    }
    if (const auto number = value.integer(-largest, largest)) {
        if (setting->type != Type::integer) return fail(errors::setting_type);
        return patch.set(name, decimal_signed(*number));
    }
    const auto text = value.text();
    const bool has_text = setting->type != Type::boolean && setting->type != Type::integer;
    if (!text || !has_text) return fail(errors::setting_type);
    return patch.set(name, *text);
}

}  // namespace

Status read_json_patch(ConstBytes json, Patch& patch, FixedString<name_max>& offending) {
    offending.clear();
    patch.clear();
    const auto document = JsonDocument::parse(as_bytes(bare_text(as_text(json))));
    if (!document) return fail(document.error());
    if (!document->root().is_object()) return fail(errors::config_not_object);
    for (auto member = document->root().first(); member.is_present(); member = member.next()) {
        const auto done = put(patch, member.name(), member);
        if (done) continue;
        static_cast<void>(offending.append(member.name().substr(0, offending.capacity())));
        patch.clear();
        return done;
    }
    return {};
}

}  // namespace esb::settings
