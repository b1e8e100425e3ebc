// NVS encryption on the virtual chip: what ESP-IDF does with the HMAC eFuse scheme ("NVS Encryption" in its guide). Keys
// for XTS-AES-256 are derived from an eFuse block that no software can read; entries lie encrypted in flash, page headers
// in the clear.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace esb::vchip {

// A block of eFuses: random, burnt once, another one in each chip.
inline constexpr std::size_t efuse_key_size = 32;
using EfuseKey = std::array<std::uint8_t, efuse_key_size>;

// Copies share the key schedule. Not for several threads at a time.
class NvsCipher {
public:
    explicit NvsCipher(const EfuseKey& key);

    // In place, at least 16 bytes. The place (page and offset there) is the tweak: the same bytes look different elsewhere.
    void encrypt(std::uint32_t page, std::size_t offset, MutBytes bytes) const;
    void decrypt(std::uint32_t page, std::size_t offset, MutBytes bytes) const;

private:
    struct Schedule;
    std::shared_ptr<const Schedule> schedule_;
};

}  // namespace esb::vchip
