// The form of an NVS partition, version 2 (ESP-IDF's guide, "Non-Volatile Storage Library", Internals):
//
//   page    32 bytes of header | 32 bytes of bitmap, two bits an entry | 126 entries of 32 bytes
//   header  le32 state | le32 sequence number | u8 version | 19 bytes 0xFF | le32 CRC-32 of all but the state
//   entry   u8 namespace | u8 type | u8 span | u8 chunk | le32 CRC-32 of the others | key, 16 bytes | value, 8 bytes
//   text    the value: le16 size with its NUL | 0xFFFF | le32 CRC-32 of the bytes, which are the entries behind it
//   blob    parts of that form with the chunk's number, and an entry that says how many: le32 size | u8 count | u8 first
//
// Namespaces are entries of namespace 0: the name as the key, the number as the value. Every CRC begins with 0xFFFFFFFF.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/crc32.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esb::nvs {

inline constexpr std::string_view device_name_space = "esb";  // of what a device keeps: chip/esp32/key_value.cpp

inline constexpr std::size_t page_size = 4096;  // bytes
inline constexpr std::size_t header_size = 32;
inline constexpr std::size_t bitmap_at = 32;
inline constexpr std::size_t first_entry_at = 64;
inline constexpr std::size_t entry_size = 32;
inline constexpr std::size_t entries_per_page = 126;
inline constexpr std::size_t pages_min = 3;
inline constexpr std::size_t name_max = 15;  // characters of a key or namespace
inline constexpr std::size_t text_max =
    (entries_per_page - 2) * entry_size;  // bytes with the NUL; the generator's limit

inline constexpr std::uint32_t page_active = 0xFFFFFFFE;
inline constexpr std::uint32_t page_full = 0xFFFFFFFC;
inline constexpr std::uint32_t page_freeing = 0xFFFFFFF8;
inline constexpr std::uint8_t version_1 = 0xFF;  // without blobs of several parts
inline constexpr std::uint8_t version_2 = 0xFE;
inline constexpr std::uint8_t any_chunk = 0xFF;

enum class Type : std::uint8_t {
    u8 = 0x01,
    u16 = 0x02,
    u32 = 0x04,
    u64 = 0x08,
    i8 = 0x11,
    i16 = 0x12,
    i32 = 0x14,
    i64 = 0x18,
    text = 0x21,
    blob = 0x41,  // of version 1, in one piece
    blob_part = 0x42,
    blob_index = 0x48,
};

// Bytes of an integer's value; 0: not an integer.
constexpr std::size_t integer_size(Type type) {
    switch (type) {
        case Type::u8:
        case Type::i8:
            return 1;
        case Type::u16:
        case Type::i16:
            return 2;
        case Type::u32:
        case Type::i32:
            return 4;
        case Type::u64:
        case Type::i64:
            return 8;
        default:
            return 0;
    }
}

inline std::uint32_t checksum(ConstBytes bytes, std::uint32_t seed = 0xFFFFFFFF) { return crc32(bytes, seed); }
// Of an entry: all but the checksum itself.
inline std::uint32_t entry_checksum(std::span<const std::uint8_t, entry_size> entry) {
    return checksum(entry.subspan<8>(), checksum(entry.first<4>()));
}

}  // namespace esb::nvs
