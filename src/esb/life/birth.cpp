#include "esb/life/birth.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/crypto/crypto.hpp"
#include "esb/settings/trust_record.hpp"

#include <array>

namespace esb::life {
namespace {

namespace names = settings::names;

constexpr std::size_t psk_size = 16;  // bytes
constexpr std::size_t password_size = 12;
constexpr std::size_t line_max = 192;  // bytes of a birth line

// The two secrets of a birth: which of them are meant.
struct Secrets {
    bool psk = false;
    bool password = false;
    bool any() const { return psk || password; }
    bool all() const { return psk && password; }
};

using ShownRecord = settings::TrustRecord<std::uint8_t>;

ShownRecord shown_record(chip::KeyValue& key_value) { return {key_value, settings::trust_names::birth_shown}; }

// The stored mark: 0 when none was shown, 1 for both, 2 for the PSK alone, 3 for the password alone. One that is lost
// counts as both: what exists is not told again.
Secrets shown_before(chip::KeyValue& key_value) {
    std::uint8_t mark = 0;
    if (!shown_record(key_value).load(mark)) mark = 1;
    return {mark == 1 || mark == 2, mark == 1 || mark == 3};
}

Status mark_shown(chip::KeyValue& key_value, const Secrets& shown) {
    const auto record = shown_record(key_value);
    const std::uint8_t mark = !shown.any() ? 0 : shown.all() ? 1 : shown.psk ? 2 : 3;
    std::uint8_t before = 0;
    const auto there = record.load(before);
    if (!there) return record.restore(mark);
    return before != mark ? record.save(mark) : Status();
}

bool has_key(const settings::Store& store) {
    const auto& keys = names::brokers[0].psk;
    return !store.bytes(keys[0]).empty() || !store.bytes(keys[1]).empty();
}

// What was made now.
Result<Secrets> store_missing(const BirthParts& parts, const Identity& identity) {
    settings::Patch patch(parts.schema, settings::Origin::firmware);
    if (!parts.settings.is_set(names::mqtt_ident)) ESB_TRY(patch.set(names::mqtt_ident, identity));
    // One that is empty, as earlier firmwares let it become, is none. Without the set-up page there is no access point.
    const Secrets made{!has_key(parts.settings), with_portal && parts.settings.text(names::ap_pass).empty()};
    if (made.psk) {
        const auto psk = crypto::random_secret<psk_size>(parts.entropy);
        if (!psk) return fail(psk.error());
        ESB_TRY(patch.set_bytes(names::mqtt_psk, psk->reveal()));
    }
    if (with_portal && made.password) {
        auto password = make_access_point_password(parts.entropy);
        if (!password) return fail(password.error());
        ESB_TRY(patch.set(names::ap_pass, *password));
    }
    if (patch.empty()) return made;
    // First forgotten as shown, then stored: a cut between the two shows them once more than needed, never not at all.
    const auto shown = shown_before(parts.key_value);
    if ((made.psk && shown.psk) || (made.password && shown.password)) {
        ESB_TRY(mark_shown(parts.key_value, {shown.psk && !made.psk, shown.password && !made.password}));
    }
    ESB_TRY(parts.settings.commit(patch));
    return made;
}

void show(const BirthParts& parts, const Identity& identity, const Secrets& what) {
    std::array<std::uint8_t, line_max> line;
    ByteWriter account(line);
    account.text("MQTT ident=").text(parts.settings.text(names::mqtt_ident));
    if (what.psk) {
        const auto& keys = names::brokers[0].psk;
        const auto& key = parts.settings.bytes(keys[0]).empty() ? keys[1] : keys[0];
        std::array<char, 2 * settings::value_max> digits;
        account.text(" psk=").text(*hex_encode(parts.settings.bytes(key), digits));
        wipe(as_writable_bytes(digits));
    }
    parts.lines.show(as_text(account.written()));
    if (with_portal && what.password) {
        const auto password = parts.settings.text(names::ap_pass);
        ByteWriter access_point(line);
        access_point.text("AP ssid=").text(identity).text(" pass=").text(password);
        parts.lines.show(as_text(access_point.written()));
        parts.lines.show(wifi_qr_text(identity, password));
    }
    wipe(line);
}

}  // namespace

Status forget_birth(chip::KeyValue& key_value) { return mark_shown(key_value, {}); }

Status be_born(const BirthParts& parts, const Identity& identity, bool commissioned) {
    const auto made = store_missing(parts, identity);
    if (!made) return fail(made.error());
    const auto shown = shown_before(parts.key_value);
    // One that is marked as unseen beside one that was seen was made later, and its showing was cut short.
    const bool may_show_old = !commissioned || shown.any();
    const Secrets what{!shown.psk && (may_show_old || made->psk),
                       with_portal && !shown.password && (may_show_old || made->password)};
    show(parts, identity, what);
    if (!what.any()) return {};
    if (!parts.lines.all_seen()) return {};  // the next boot shows it again
    if (commissioned) return mark_shown(parts.key_value, {true, true});
    return mark_shown(parts.key_value, {shown.psk || what.psk, shown.password || what.password});
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

}  // namespace esb::life
