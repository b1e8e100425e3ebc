#include "esb/settings/shelf.hpp"

#include "esb/base/pem.hpp"
#include "esb/crypto/certificate.hpp"

#include <algorithm>
#include <memory>
#include <new>

namespace esb::settings {
namespace {

FixedString<5> key_of(std::size_t place) {
    FixedString<5> key;
    static_cast<void>(key.append("crt."));
    static_cast<void>(key.append(static_cast<char>(place < 10 ? '0' + place : 'a' + place - 10)));
    return key;
}

Shelf::Name name_of(ConstBytes der) {
    crypto::Sha256 hash;
    hash.update(der);
    return hash.finish();
}

}  // namespace

std::optional<Shelf::Name> Shelf::name_at(std::size_t place, MutBytes buffer) const {
    const auto der = key_value_.get(key_of(place), buffer);
    return der ? std::optional(name_of(*der)) : std::nullopt;
}

Result<Shelf::Name> Shelf::put(ConstBytes der) {
    if (der.size() > longest) return fail(errors::too_long);
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[longest]);
    if (!room) return fail(errors::no_memory);
    const auto name = name_of(der);
    std::optional<std::size_t> free;
    for (std::size_t place = 0; place < places; ++place) {
        const auto present = name_at(place, {room.get(), longest});
        if (present && *present == name) {
            written_[place] = ++puts_;
            return name;
        }
        if (present && store_.mentions(names::certificates, *present)) continue;
        if (!free || written_[place] < written_[*free]) free = place;
    }
    if (!free) return fail(errors::shelf_full);
    ESB_TRY(key_value_.put(key_of(*free), der));
    written_[*free] = ++puts_;
    return name;
}

Result<Shelf::Name> Shelf::put_pem(std::string_view pem) {
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[longest]);
    if (!room) return fail(errors::no_memory);
    const auto der = decode_pem(pem, {room.get(), longest});
    if (!der) return fail(der.error());
    ESB_TRY(crypto::check_certificates(*der));
    return put(*der);
}

Result<ConstBytes> Shelf::get(ConstBytes name, MutBytes out) const {
    for (std::size_t place = 0; place < places; ++place) {
        const auto der = key_value_.get(key_of(place), out);
        if (der && equal(name_of(*der), name)) return der;
    }
    return fail(errors::not_found);
}

bool Shelf::needs_key(const crypto::P256PublicKey& key) const {
    const std::unique_ptr<std::uint8_t[]> room(new (std::nothrow) std::uint8_t[longest]);
    if (!room) return true;  // nobody can say
    for (std::size_t place = 0; place < places; ++place) {
        const auto der = key_value_.get(key_of(place), {room.get(), longest});
        if (!der || !store_.mentions(names::certificates, name_of(*der))) continue;
        const auto facts = crypto::read_certificate(*der);
        if (facts && facts->on_p256 && equal(facts->key.x, key.x) && equal(facts->key.y, key.y)) return true;
    }
    return false;
}

Status Shelf::erase_all(chip::KeyValue& key_value) {
    for (std::size_t place = 0; place < places; ++place) ESB_TRY(key_value.remove(key_of(place)));
    return {};
}

bool is_certificate(std::string_view name) {
    const auto same = [name](AnyKey key) { return key.name() == name; };
    return std::any_of(std::begin(names::certificates), std::end(names::certificates), same);
}

bool is_pem(std::string_view text) { return text.find(pem_begin) != std::string_view::npos; }

Status set_certificate(Patch& patch, std::string_view name, std::string_view pem, Shelf& shelf) {
    if (!is_certificate(name)) return fail(errors::setting_certificate);
    const auto put = shelf.put_pem(pem);
    return put ? patch.set_bytes(name, *put) : Status(fail(put.error()));
}

}  // namespace esb::settings
