// A text that only one device can read, as crypto/jwe.hpp opens it.
#pragma once

#include "esb/crypto/crypto.hpp"
#include "host/cli/outcome.hpp"

#include <string>
#include <string_view>

namespace esb::cli {

// `device`: its public key, as the member `enc` of <base>/status tells it.
Outcome<std::string> encrypt_for(const crypto::P256PublicKey& device, std::string_view text);
// "x.y", as a device publishes it.
Outcome<crypto::P256PublicKey> parse_device_key(std::string_view text);

}  // namespace esb::cli
