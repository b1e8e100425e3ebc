// The bytes of the key/value log: page headers, page footers and entries, each with a CRC of its own. All integers
// little endian. Pure functions over one page's contents.
//
// An encrypted store's pages have another magic; of its entries key and value are encrypted, the CRC is that of what lies
// in flash.
//
// page   = header (16) entry* ... footer (last 8 bytes)
// header = magic, sequence, oldest, crc of the three; the magic's upper half is where the entries of the page before end,
//          but for the first page and those of earlier versions
// footer = oldest, crc of page sequence and oldest; erased until the page has taken the oldest page's entries
// entry  = crc of page sequence and all that follows, value size (2), kind (1), key size (1), key (16), value, padding
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/chip/key_value.hpp"
#include "host/vchip/nvs_cipher.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace esb::vchip::kv_log {

inline constexpr std::size_t header_size = 16;
inline constexpr std::size_t footer_size = 8;
inline constexpr std::size_t entry_header_size = 24;
inline constexpr std::size_t page_size = 4096;
inline constexpr std::size_t footer_at = page_size - footer_size;
// Values stop here, so that there is always room for one removal.
inline constexpr std::size_t value_limit = footer_at - entry_header_size;

enum class EntryKind : std::uint8_t { value = 1, removal = 2 };

constexpr std::size_t entry_size(std::size_t value) { return entry_header_size + (value + 3) / 4 * 4; }
static_assert(header_size + entry_size(chip::kv_value_max) <= value_limit);

struct PageHeader {
    std::uint32_t sequence;  // from 1
    std::uint32_t oldest;    // the first page that still counts
    bool encrypted = false;
    std::optional<std::size_t> before =
        {};  // where the entries of the page before end: what is behind them never counted
};

// What a page's entries are written and read with.
struct PageCode {
    // NOLINTNEXTLINE(google-explicit-constructor)
    PageCode(std::uint32_t page, const NvsCipher* with = nullptr) : sequence(page), cipher(with) {}
    std::uint32_t sequence;
    const NvsCipher* cipher;  // nullptr: in the clear
};

struct Entry {
    EntryKind kind;
    std::string key;
    std::size_t offset;      // in the page
    std::size_t value_size;  // bytes
    std::size_t size() const { return entry_size(value_size); }
};

struct PageScan {
    std::vector<Entry> entries;  // those whose CRC matches, in order
    std::size_t end;             // behind the last of them
    bool garbage;                // between end and footer lies something else than erased or voided cells
};

std::array<std::uint8_t, header_size> encode(const PageHeader& header);
// Empty unless the CRC matches and at most `pages` pages count. Up to two rotten bits are put right: a page that counts no
// more would take all newer values with it, and older ones would count again. NVS merely loses the page's.
std::optional<PageHeader> parse_header(ConstBytes page, std::uint32_t pages);

std::array<std::uint8_t, footer_size> encode_footer(std::uint32_t sequence, std::uint32_t oldest);
// The declared oldest page; empty unless the CRC matches and it makes sense behind this header. Rotten bits as above.
std::optional<std::uint32_t> parse_footer(ConstBytes page, const PageHeader& header);

// For this offset of the page. `key` has at most 15 bytes, `value` at most kv_value_max.
std::vector<std::uint8_t> encode(PageCode code, std::size_t offset, EntryKind kind, const std::string& key,
                                 ConstBytes value);
// The entry at this offset of a page, if there is one.
std::optional<Entry> parse_entry(ConstBytes page, PageCode code, std::size_t offset);
// The value of an entry of this page.
std::vector<std::uint8_t> value_of(ConstBytes page, PageCode code, const Entry& entry);
// All entries. A corrupt one is stepped over to the next sound one; what a value holds is taken for entries only where
// nothing tells any more where that value ends.
PageScan scan(ConstBytes page, PageCode code);

bool all_bytes(ConstBytes bytes, std::uint8_t value);

}  // namespace esb::vchip::kv_log
