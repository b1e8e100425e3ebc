#include "esb/life/device_key.hpp"

#include "esb/base/encoding.hpp"
#include "esb/life/key_record.hpp"

#include <array>

namespace esb::life {
Status DeviceKey::load() {
    const auto stored = load_key_pair(key_value_, key);
    if (stored) {
        pair_ = *stored;
        return {};
    }
    // Damaged is as good as absent: whoever encrypts asks for the public half first. A store that cannot be read now is
    // another matter: the key may be there.
    const auto& why = stored.error();
    const bool gone = why == errors::kv_not_found || why == errors::kv_corrupt || why == errors::kv_too_small;
    return gone ? make() : fail(why);
}

Status DeviceKey::make() {
    const auto made = crypto::make_key_pair(entropy_);
    if (!made) return fail(made.error());
    ESB_TRY(save_key_pair(key_value_, key, *made));
    pair_ = *made;
    return {};
}

DeviceKey::Text DeviceKey::public_text() const {
    Text text;
    if (!pair_) return text;
    std::array<char, base64url_size(sizeof(pair_->open.x))> digits{};
    static_cast<void>(text.append(base64url_encode(pair_->open.x, digits).value_or(std::string_view())));
    static_cast<void>(text.append('.'));
    static_cast<void>(text.append(base64url_encode(pair_->open.y, digits).value_or(std::string_view())));
    return text;
}

}  // namespace esb::life
