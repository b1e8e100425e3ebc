#include "esb/life/key_record.hpp"

#include "esb/settings/sealed.hpp"

#include <array>

namespace esb::life {
namespace {

constexpr std::size_t part = 32;  // the secret, and each coordinate
constexpr std::uint8_t pair_version = 1;
using PairRecord = std::array<std::uint8_t, 3 * part + settings::seal_overhead>;

Result<crypto::P256KeyPair> unpack(std::string_view key, ConstBytes stored) {
    const auto content = settings::unseal(key, pair_version, stored);
    if (!content || content->size() != 3 * part) return fail(errors::kv_corrupt);
    crypto::P256KeyPair pair;
    static_cast<void>(pair.secret.assign(content->first(part)));  // as large as it is
    copy(content->subspan(part, part), pair.open.x);
    copy(content->last(part), pair.open.y);
    return pair;
}

}  // namespace

Result<crypto::P256KeyPair> load_key_pair(chip::KeyValue& key_value, std::string_view key) {
    PairRecord record{};
    const auto stored = key_value.get(key, record);
    auto pair = stored ? unpack(key, *stored) : fail(stored.error());
    wipe(record);
    return pair;
}

Status save_key_pair(chip::KeyValue& key_value, std::string_view key, const crypto::P256KeyPair& pair) {
    PairRecord record{};
    copy(pair.secret.reveal(), MutBytes(record).subspan(1));
    copy(pair.open.x, MutBytes(record).subspan(1 + part));
    copy(pair.open.y, MutBytes(record).subspan(1 + 2 * part));
    settings::seal(key, pair_version, record);
    const auto put = key_value.put(key, record);
    wipe(record);
    return put;
}

}  // namespace esb::life
