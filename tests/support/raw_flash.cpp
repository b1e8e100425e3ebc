#include "tests/support/raw_flash.hpp"

namespace esb::test {

void flip_bit(vchip::FlashStore& store, std::size_t bit) {
    std::array<std::uint8_t, 1> byte{};
    static_cast<void>(store.read(bit / 8, byte));
    byte[0] = static_cast<std::uint8_t>(byte[0] ^ (1U << bit % 8));
    static_cast<void>(store.write(bit / 8, byte));
}

std::vector<StoredEntry> entries_in(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
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

std::vector<std::size_t> bits_of(const vchip::FlashStore& store, std::size_t begin, std::size_t size,
    const std::set<std::string>& keys,
    const vchip::NvsCipher* cipher) {
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
