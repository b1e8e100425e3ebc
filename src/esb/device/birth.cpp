#include "esb/device/birth.hpp"

#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <array>

namespace esb {
namespace {

constexpr std::string_view shown_key = "born.shown";
constexpr std::size_t psk_size = 16;  // bytes
constexpr std::size_t password_size = 12;

Status store_missing(const BirthParts& parts, const Identity& identity) {
    namespace names = settings::names;
    settings::Patch patch(parts.schema, settings::Origin::firmware);
    if (!parts.settings.is_set(names::mqtt_ident)) ESB_TRY(patch.set(names::mqtt_ident, identity));
    const bool has_key =
        parts.settings.is_set(names::brokers[0].psk[0]) || parts.settings.is_set(names::brokers[0].psk[1]);
    const bool has_password = parts.settings.is_set(names::ap_pass);
    if (!has_key) {
        const auto psk = crypto::random_secret<psk_size>(parts.entropy);
        if (!psk) return fail(psk.error());
        ESB_TRY(patch.set_bytes(names::mqtt_psk, psk->reveal()));
    }
    if (!has_password) {
        auto password = make_access_point_password(parts.entropy);
        if (!password) return fail(password.error());
        ESB_TRY(patch.set(names::ap_pass, *password));
    }
    if (patch.empty()) return {};
    // A secret that nobody has seen, also when the earlier ones were lost: shown first forgotten, then stored.
    if (!has_key || !has_password) ESB_TRY(forget_birth(parts.key_value));
    return parts.settings.commit(patch);
}

bool was_shown(chip::KeyValue& key_value) {
    std::array<std::uint8_t, 1> mark{};
    const auto got = key_value.get(shown_key, mark);
    return got && got->size() == 1 && mark[0] == 1;
}

void show(const BirthParts& parts, const Identity& identity) {
    namespace names = settings::names;
    std::array<char, 128> digits;
    const auto& keys = names::brokers[0].psk;
    const auto psk = hex_encode(parts.settings.bytes(parts.settings.is_set(keys[0]) ? keys[0] : keys[1]), digits);
    const auto password = parts.settings.text(names::ap_pass);
    auto& out = parts.output;
    out.text("MQTT ident=").text(parts.settings.text(names::mqtt_ident)).text(" psk=").text(*psk).end_line();
    out.text("AP ssid=").text(identity).text(" pass=").text(password).end_line();
    out.line(wifi_qr_text(identity, password));
    wipe({reinterpret_cast<std::uint8_t*>(digits.data()), digits.size()});
}

}  // namespace

Status forget_birth(chip::KeyValue& key_value) { return key_value.remove(shown_key); }

Status be_born(const BirthParts& parts, const Identity& identity) {
    ESB_TRY(store_missing(parts, identity));
    if (was_shown(parts.key_value)) {
        parts.output.text("MQTT ident=").text(parts.settings.text(settings::names::mqtt_ident)).end_line();
        return {};
    }
    show(parts, identity);
    parts.output.flush();
    // Nobody saw it, or not all of it: the next boot shows it again.
    if (!parts.uart.host_connected() || !parts.output.idle()) return {};
    const std::uint8_t mark = 1;
    return parts.key_value.put(shown_key, {&mark, 1});
}

Result<FixedString<63>> make_access_point_password(chip::Entropy& entropy) {
    constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
    constexpr std::size_t letters = alphabet.size();  // a power of two, so that no letter is likelier than another
    static_assert(letters == 32);
    std::array<std::uint8_t, password_size> random{};
    ESB_TRY(entropy.fill(random));
    FixedString<63> password;
    for (const auto byte : random) ESB_TRY(password.append(alphabet[byte % letters]));
    wipe(random);
    return password;
}

FixedString<200> wifi_qr_text(std::string_view ssid, std::string_view password) {
    FixedString<200> text;
    const auto escaped = [&text](std::string_view value) {
        for (const char c : value) {
            if (std::string_view("\\;,:\"").find(c) != std::string_view::npos) static_cast<void>(text.append('\\'));
            static_cast<void>(text.append(c));
        }
    };
    static_cast<void>(text.append("WIFI:T:WPA;S:"));
    escaped(ssid);
    static_cast<void>(text.append(";P:"));
    escaped(password);
    static_cast<void>(text.append(";;"));
    return text;
}

}  // namespace esb
