// The cipher of tests that put a store on a flash by themselves; simulated chips have it from their eFuses.
#pragma once

#include "host/vchip/nvs_cipher.hpp"

namespace esb::test {

inline const vchip::NvsCipher& nvs_cipher() {
    static const vchip::NvsCipher cipher(vchip::EfuseKey{0x45, 0x53, 0x42});
    return cipher;
}

}  // namespace esb::test
