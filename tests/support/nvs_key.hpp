// The cipher of tests that put a store on a flash by themselves; simulated chips have it from their eFuses.
#pragma once

#include "host/vchip/nvs_cipher.hpp"

namespace esb::test {

// Made as the program starts, not when first asked for: a test may be refusing memory by then.
inline const vchip::NvsCipher made_nvs_cipher(vchip::EfuseKey{0x45, 0x53, 0x42});

inline const vchip::NvsCipher& nvs_cipher() { return made_nvs_cipher; }

}  // namespace esb::test
