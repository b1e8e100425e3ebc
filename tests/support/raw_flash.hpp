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

inline void flip_bit(vchip::FlashStore& store, std::size_t bit) {
    std::array<std::uint8_t, 1> byte{};
    static_cast<void>(store.read(bit / 8, byte));
    byte[0] = static_cast<std::uint8_t>(byte[0] ^ (1U << bit % 8));
    static_cast<void>(store.write(bit / 8, byte));
}

struct StoredEntry {
    std::string key;
    std::size_t at = 0;    // in the flash
    std::size_t size = 0;  // header, value and padding
};

// All entries of the key/value partition (with its cipher, if it is encrypted) at `begin`, oldest pages first or not: as they lie.
inline std::vector<StoredEntry> entries_in(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
                                           const vchip::NvsCipher* cipher) {
    using namespace vchip;
    std::vector<StoredEntry> found;
    for (std::size_t at = begin; at < begin + size; at += kv_log::page_size) {
        std::vector<std::uint8_t> page(kv_log::page_size);
        static_cast<void>(store.read(at, page));
        const auto header = kv_log::parse_header(page, static_cast<std::uint32_t>(size / kv_log::page_size));
        if (!header) continue;
        for (const auto& entry : kv_log::scan(page, {header->sequence, header->encrypted ? cipher : nullptr}).entries) {
            found.push_back({entry.key, at + entry.offset, entry.size()});
        }
    }
    return found;
}

// The places of every bit of the entries of these keys, the older ones included, and of all headers and footers of pages.
inline std::vector<std::size_t> bits_of(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
                                        const std::set<std::string>& keys,
                                        const vchip::NvsCipher* cipher = nullptr) {
    std::vector<std::size_t> bits;
    const auto add = [&bits](std::size_t at, std::size_t length) {
        for (std::size_t bit = 8 * at; bit < 8 * (at + length); ++bit) bits.push_back(bit);
    };
    for (const auto& entry : entries_in(store, begin, size, cipher)) {
        if (keys.contains(entry.key)) add(entry.at, entry.size);
    }
    for (std::size_t at = begin; at < begin + size; at += vchip::kv_log::page_size) {
        add(at, vchip::kv_log::header_size);
        add(at + vchip::kv_log::footer_at, vchip::kv_log::footer_size);
    }
    return bits;
}

}  // namespace esb::test
