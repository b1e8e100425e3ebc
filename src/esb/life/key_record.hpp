// A P-256 key pair in flash: secret, x, y, sealed (settings/sealed.hpp). Every copy on the way is wiped.
#pragma once

#include "esb/chip/key_value.hpp"
#include "esb/crypto/key_agreement.hpp"

#include <string_view>

namespace esb::life {

// kv_corrupt where something else or something damaged stands, and KeyValue's errors.
Result<crypto::P256KeyPair> load_key_pair(chip::KeyValue& key_value, std::string_view key);
// KeyValue's errors.
Status save_key_pair(chip::KeyValue& key_value, std::string_view key, const crypto::P256KeyPair& pair);

}  // namespace esb::life
