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

Result<std::string_view> BrokerCredentials::request(std::string_view common_name, std::span<char> out) {
    const auto pair = keys_.spare();
    if (!pair) return fail(pair.error());
    std::array<std::uint8_t, 384> room;
    const auto der = crypto::make_request(pair->secret, common_name, parts_.chip.entropy, room);
    return der ? encode_pem("CERTIFICATE REQUEST", *der, out) : fail(der.error());
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

net::TlsCredentials* BrokerCredentials::web() { return web_authority().empty() ? nullptr : &web_; }

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
    const auto room = make_room();
    if (!room) return fail(errors::no_memory);
    const auto der = own_certificates({room.get(), settings::Shelf::longest});
    if (!der) return fail(der.error());
    const auto facts = crypto::read_certificate(*der);
    if (!facts) return fail(facts.error());
    const auto pair = keys_.find(facts->key);
    if (!pair) return fail(errors::tls_credentials);
    return pair->secret;
}

net::CertificateTime BrokerCredentials::time() const {
    const auto wall = parts_.chip.clock.wall();
    if (wall) return {*wall, true};
    return {parts_.time.at_least(), false};
}

}  // namespace esb
