#include "esb/life/client_keys.hpp"

#include "esb/life/key_record.hpp"

namespace esb::life {
namespace {

FixedString<9> key_of(std::size_t place) {
    FixedString<9> key;
    static_cast<void>(key.append("tls.key."));
    static_cast<void>(key.append(static_cast<char>('0' + place)));
    return key;
}

bool same(const crypto::P256PublicKey& a, const crypto::P256PublicKey& b) {
    return equal(a.x, b.x) && equal(a.y, b.y);
}

}  // namespace

std::optional<crypto::P256KeyPair> ClientKeys::at(std::size_t place) const {
    const auto pair = load_key_pair(key_value_, key_of(place));
    return pair ? std::optional(*pair) : std::nullopt;
}

Result<crypto::P256KeyPair> ClientKeys::find(const crypto::P256PublicKey& open) const {
    for (std::size_t place = 0; place < places; ++place) {
        if (auto pair = at(place); pair && same(pair->open, open)) return *pair;
    }
    return fail(errors::not_found);
}

Result<crypto::P256KeyPair> ClientKeys::spare() {
    std::optional<std::size_t> free;
    for (std::size_t place = 0; place < places; ++place) {
        auto pair = at(place);
        if (!pair && !free) free = place;
        if (pair && !shelf_.needs_key(pair->open)) return *pair;
    }
    return free ? make(*free) : fail(errors::shelf_full);
}

Result<crypto::P256KeyPair> ClientKeys::make(std::size_t place) {
    const auto made = crypto::make_key_pair(entropy_);
    if (!made) return fail(made.error());
    if (const auto saved = save_key_pair(key_value_, key_of(place), *made); !saved) return fail(saved.error());
    return *made;
}

Status ClientKeys::erase_all(chip::KeyValue& key_value) {
    for (std::size_t place = 0; place < places; ++place) ESB_TRY(key_value.remove(key_of(place)));
    return {};
}

}  // namespace esb::life
