// Rot: bits of a stored flash flipped where they lie, and where the entries of some keys are.
#pragma once

#include "host/vchip/flash_store.hpp"
#include "host/vchip/key_value_log.hpp"

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace esb::test {

void flip_bit(vchip::FlashStore& store, std::size_t bit);

struct StoredEntry {
    std::string key;
    std::size_t at = 0;    // in the flash
    std::size_t size = 0;  // header, value and padding
};

// All entries of the key/value partition (with its cipher, if it is encrypted) at `begin`, oldest pages first or not: as they lie.
std::vector<StoredEntry> entries_in(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
                                           const vchip::NvsCipher* cipher);

// The places of every bit of the entries of these keys, the older ones included, and of all headers and footers of pages.
std::vector<std::size_t> bits_of(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
                                        const std::set<std::string>& keys,
                                        const vchip::NvsCipher* cipher = nullptr);

}  // namespace esb::test
