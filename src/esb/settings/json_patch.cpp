#include "esb/settings/json_patch.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/file_text.hpp"

#include <array>

namespace esb::settings {
namespace {

constexpr std::int64_t largest = (std::int64_t{1} << 53) - 1;

Status put_wrapped(Patch& patch, const Setting& setting, const JsonValue& value, const Unwrapper* unwrapper) {
    const auto compact = value["jwe"].text();
    if (!compact || value.size() != 1 || !setting.secret || unwrapper == nullptr) return fail(errors::config_wrapped);
    std::array<std::uint8_t, text_max> plain;
    const auto text = crypto::open_jwe(*compact, unwrapper->key, unwrapper->entropy, plain);
    const auto done = text ? patch.set(setting.name, as_text(*text)) : Status(fail(text.error()));
    wipe(plain);
    return done;
}

Status put(Patch& patch, std::string_view name, const JsonValue& value, const Unwrapper* unwrapper,
           Shelf* shelf) {
    if (value.is_null()) return patch.unset(name);
    const auto* setting = patch.schema().find(name);
    if (setting == nullptr) return fail(errors::setting_unknown);
    if (value.is_object()) return put_wrapped(patch, *setting, value, unwrapper);
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
#if ESB_CERTIFICATES
    if (shelf != nullptr && is_pem(*text)) return set_certificate(patch, name, *text, *shelf);
#else
    static_cast<void>(shelf);
#endif
    return patch.set(name, *text);
}

}  // namespace

Status read_json_patch(const JsonValue& object, Patch& patch, FixedString<name_max>& offending,
                       const Unwrapper* unwrapper, Shelf* shelf) {
    offending.clear();
    patch.clear();
    if (!object.is_object()) return fail(errors::config_not_object);
    for (auto member = object.first(); member.is_present(); member = member.next()) {
        const auto done = put(patch, member.name(), member, unwrapper, shelf);
        if (done) continue;
        static_cast<void>(offending.append(member.name().substr(0, offending.capacity())));
        patch.clear();
        return done;
    }
    return {};
}

Status read_json_patch(ConstBytes json, Patch& patch, FixedString<name_max>& offending, const Unwrapper* unwrapper,
                       Shelf* shelf) {
    offending.clear();
    patch.clear();
    const auto document = JsonDocument::parse(as_bytes(bare_text(as_text(json))));
    if (!document) return fail(document.error());
    return read_json_patch(document->root(), patch, offending, unwrapper, shelf);
}

}  // namespace esb::settings
