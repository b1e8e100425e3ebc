#include "esb/life/client_keys.hpp"

#include "esb/settings/sealed.hpp"

#include <array>

namespace esb::life {
namespace {

constexpr std::size_t size = 32;  // of the secret, and of each coordinate
constexpr std::uint8_t record_version = 1;
using Record = std::array<std::uint8_t, 3 * size + settings::seal_overhead>;

FixedString<9> key_of(std::size_t place) {
    FixedString<9> key;
    static_cast<void>(key.append("tls.key."));
    static_cast<void>(key.append(static_cast<char>('0' + place)));
    return key;
}

std::optional<crypto::P256KeyPair> unpack(std::string_view key, ConstBytes stored) {
    const auto content = settings::unseal(key, record_version, stored);
    if (!content || content->size() != 3 * size) return std::nullopt;
    crypto::P256KeyPair pair;
    static_cast<void>(pair.secret.assign(content->first(size)));  // as large as it is
    copy(content->subspan(size, size), pair.open.x);
    copy(content->last(size), pair.open.y);
    return pair;
}

bool same(const crypto::P256PublicKey& a, const crypto::P256PublicKey& b) {
    return equal(a.x, b.x) && equal(a.y, b.y);
}

}  // namespace

std::optional<crypto::P256KeyPair> ClientKeys::at(std::size_t place) const {
    Record record{};
    const auto key = key_of(place);
    const auto stored = key_value_.get(key, record);
    const auto pair = stored ? unpack(key, *stored) : std::nullopt;
    wipe(record);
    return pair;
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
    auto made = crypto::make_key_pair(entropy_);
    if (!made) return made;
    Record record{};
    copy(made->secret.reveal(), MutBytes(record).subspan(1));
    copy(made->open.x, MutBytes(record).subspan(1 + size));
    copy(made->open.y, MutBytes(record).subspan(1 + 2 * size));
    const auto key = key_of(place);
    settings::seal(key, record_version, record);
    const auto put = key_value_.put(key, record);
    wipe(record);
    if (!put) return fail(put.error());
    return made;
}

Status ClientKeys::erase_all(chip::KeyValue& key_value) {
    for (std::size_t place = 0; place < places; ++place) ESB_TRY(key_value.remove(key_of(place)));
    return {};
}

}  // namespace esb::life
