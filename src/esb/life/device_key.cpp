#include "esb/life/device_key.hpp"

#include "esb/base/encoding.hpp"
#include "esb/settings/sealed.hpp"

#include <array>

namespace esb::life {
namespace {

constexpr std::size_t size = 32;  // of the secret, and of each coordinate
constexpr std::uint8_t record_version = 1;
using Record = std::array<std::uint8_t, 3 * size + settings::seal_overhead>;

std::optional<crypto::P256KeyPair> unpack(ConstBytes stored) {
    const auto content = settings::unseal(DeviceKey::key, record_version, stored);
    if (!content || content->size() != 3 * size) return std::nullopt;
    crypto::P256KeyPair pair;
    static_cast<void>(pair.secret.assign(content->first(size)));  // as large as it is
    copy(content->subspan(size, size), pair.open.x);
    copy(content->last(size), pair.open.y);
    return pair;
}

}  // namespace

Status DeviceKey::load() {
    Record record{};
    const auto stored = key_value_.get(key, record);
    if (stored) pair_ = unpack(*stored);
    wipe(record);
    if (pair_) return {};
    // Damaged is as good as absent: whoever encrypts asks for the public half first. A store that cannot be read now is
    // another matter: the key may be there.
    const bool gone = stored || stored.error() == errors::kv_not_found || stored.error() == errors::kv_corrupt ||
                      stored.error() == errors::kv_too_small;
    if (!gone) return fail(stored.error());
    return make();
}

Status DeviceKey::make() {
    auto made = crypto::make_key_pair(entropy_);
    if (!made) return fail(made.error());
    Record record{};
    const auto secret = made->secret.reveal();
    copy(secret, MutBytes(record).subspan(1));
    copy(made->open.x, MutBytes(record).subspan(1 + size));
    copy(made->open.y, MutBytes(record).subspan(1 + 2 * size));
    settings::seal(key, record_version, record);
    const auto put = key_value_.put(key, record);
    wipe(record);
    ESB_TRY(put);
    pair_ = *made;
    return {};
}

DeviceKey::Text DeviceKey::public_text() const {
    Text text;
    if (!pair_) return text;
    std::array<char, base64url_size(size)> digits{};
    static_cast<void>(text.append(base64url_encode(pair_->open.x, digits).value_or(std::string_view())));
    static_cast<void>(text.append('.'));
    static_cast<void>(text.append(base64url_encode(pair_->open.y, digits).value_or(std::string_view())));
    return text;
}

}  // namespace esb::life
