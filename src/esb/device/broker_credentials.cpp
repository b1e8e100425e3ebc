#include "esb/device/broker_credentials.hpp"

#include "esb/base/pem.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace esb {
namespace {

namespace names = settings::names;

using Room = std::unique_ptr<std::uint8_t[]>;
Room make_room() { return Room(new (std::nothrow) std::uint8_t[settings::Shelf::longest]); }

bool is_own(std::string_view name) {
#if ESB_WIFI_ENTERPRISE
    for (const auto& network : names::enterprises) {
        if (network.certificate.name() == name) return true;
    }
#endif
    return std::any_of(std::begin(names::trusts), std::end(names::trusts),
                       [name](const auto& trust) { return trust.certificate.name() == name; });
}

}  // namespace

Status BrokerCredentials::check(const settings::Patch& patch) const {
    Room room;
    settings::RecordReader reader(patch.records());
    while (const auto record = reader.next()) {
        if (record->value.empty() || !settings::is_certificate(record->name)) continue;
        if (!room) room = make_room();
        if (!room) return fail(errors::no_memory);
        ESB_TRY(check_one(*record, {room.get(), settings::Shelf::longest}));
    }
    return {};
}

Status BrokerCredentials::check_one(const settings::Record& record, MutBytes room) const {
    const auto der = shelf_.get(record.value, room);
    if (!der) return fail(errors::setting_not_on_shelf);
    if (!is_own(record.name)) return {};
    if (der->size() > net::max_own_certificates) return fail(errors::too_long);
    const auto facts = crypto::read_certificate(*der);
    if (!facts) return fail(facts.error());
    return facts->on_p256 && keys_.find(facts->key) ? Status() : fail(errors::setting_own_certificate);
}

Result<ConstBytes> BrokerCredentials::request_der(std::string_view common_name, MutBytes out) {
    const auto pair = keys_.spare();
    if (!pair) return fail(pair.error());
    return crypto::make_request(pair->secret, common_name, parts_.chip.entropy, out);
}

Result<std::string_view> BrokerCredentials::request(std::string_view common_name, std::span<char> out) {
    std::array<std::uint8_t, 384> room;
    const auto der = request_der(common_name, room);
    return der ? encode_pem("CERTIFICATE REQUEST", *der, out) : fail(der.error());
}

Result<ConstBytes> BrokerCredentials::with_ours_first(ConstBytes certificates, MutBytes out) const {
    ConstBytes ours;
    for (auto rest = certificates; !rest.empty() && ours.empty();) {
        const auto one = first_certificate(rest);
        if (one.empty()) break;
        const auto facts = crypto::read_certificate(one);
        if (facts && facts->on_p256 && keys_.find(facts->key)) ours = one;
        rest = rest.subspan(one.size());
    }
    if (ours.empty()) return fail(errors::setting_own_certificate);
    const auto before = static_cast<std::size_t>(ours.data() - certificates.data());
    ByteWriter writer(out);
    writer.bytes(ours).bytes(certificates.first(before)).bytes(certificates.subspan(before + ours.size()));
    if (writer.overflowed()) return fail(errors::too_long);
    return writer.written();
}

Result<crypto::CertificateFacts> BrokerCredentials::facts_of(ConstBytes name) const {
    const auto room = make_room();
    if (!room) return fail(errors::no_memory);
    const auto der = shelf_.get(name, {room.get(), settings::Shelf::longest});
    return der ? crypto::read_certificate(*der) : fail(der.error());
}

Result<net::ClientKey> BrokerCredentials::key_of(ConstBytes name) const {
    const auto facts = facts_of(name);
    if (!facts) return fail(facts.error());
    const auto pair = keys_.find(facts->key);
    if (!pair) return fail(errors::tls_credentials);
    return pair->secret;
}

Result<ConstBytes> BrokerCredentials::authorities(MutBytes room) {
    const auto& name = parts_.link.account().by.authority;
    const auto der = name ? shelf_.get(*name, room) : fail(errors::not_found);
    return der ? der : fail(errors::tls_credentials);
}

ConstBytes BrokerCredentials::web_authority() const {
    const auto own = parts_.store.bytes(names::ota_ca);
    return own.empty() ? parts_.store.bytes(names::trusts[0].authority) : own;
}

net::TlsCredentials* BrokerCredentials::web() { return web_authority().empty() && web_.pins().empty() ? nullptr : &web_; }

FixedVector<net::SpkiPin, net::max_pins> BrokerCredentials::Web::pins() {
    FixedVector<net::SpkiPin, net::max_pins> pins;
    for (const auto& name : names::ota_pins) {
        const auto value = of.parts_.store.bytes(name);
        net::SpkiPin pin{};
        if (value.size() != pin.size()) continue;
        copy(value, pin);
        static_cast<void>(pins.push_back(pin));  // there is room
    }
    return pins;
}

Result<ConstBytes> BrokerCredentials::Web::authorities(MutBytes room) {
    const auto der = of.shelf_.get(of.web_authority(), room);
    return der ? der : fail(errors::tls_credentials);
}

Result<ConstBytes> BrokerCredentials::own_certificates(MutBytes room) {
    const auto& name = parts_.link.account().by.certificate;
    if (!name) return ConstBytes();
    const auto der = shelf_.get(*name, room);
    return der ? der : fail(errors::tls_credentials);
}

Result<net::ClientKey> BrokerCredentials::own_key() {
    const auto& name = parts_.link.account().by.certificate;
    return name ? key_of(*name) : fail(errors::tls_credentials);
}

Result<ConstBytes> BrokerCredentials::First::authorities(MutBytes room) {
    const auto der = of.shelf_.get(of.parts_.store.bytes(names::trusts[0].authority), room);
    return der ? der : fail(errors::tls_credentials);
}

Result<ConstBytes> BrokerCredentials::First::own_certificates(MutBytes room) {
    const auto der = of.shelf_.get(of.parts_.store.bytes(names::trusts[0].certificate), room);
    return der ? der : fail(errors::tls_credentials);
}

Result<net::ClientKey> BrokerCredentials::First::own_key() {
    return of.key_of(of.parts_.store.bytes(names::trusts[0].certificate));
}

net::CertificateTime BrokerCredentials::time() const {
    const auto wall = parts_.chip.clock.wall();
    if (wall) return {*wall, true};
    return {parts_.time.at_least(), false};
}

}  // namespace esb
