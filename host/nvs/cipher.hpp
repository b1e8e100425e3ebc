// XTS-AES-256 (IEEE 1619) as NVS has it: each entry is a data unit of its own, its tweak the address in the partition.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "host/nvs/keys.hpp"
#include "host/vchip/xts.hpp"

#include <cstddef>
#include <utility>

namespace esb::nvs {

// Movable; a moved-from one may only be destroyed.
class Cipher {
public:
    // nvs_cipher.
    static Result<Cipher> make(const Keys& keys);

    // `bytes`: whole entries, in place. `address`: of the first one in the partition. nvs_cipher.
    Status encrypt(std::size_t address, MutBytes bytes) const;
    Status decrypt(std::size_t address, MutBytes bytes) const;

private:
    explicit Cipher(vchip::Xts xts) : xts_(std::move(xts)) {}
    vchip::Xts xts_;
};

}  // namespace esb::nvs
