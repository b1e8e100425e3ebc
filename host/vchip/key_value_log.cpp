#include "host/vchip/key_value_log.hpp"

#include "esb/base/encoding.hpp"

#include <algorithm>

namespace esb::vchip::kv_log {
namespace {

constexpr std::uint32_t page_magic = 0x564B5345;        // "ESKV"
constexpr std::uint32_t encrypted_magic = 0x584B5345;   // "ESKX"
constexpr std::uint32_t half_magic = 0x4B45;            // "EK", and two bytes that say where the page before ends
constexpr std::uint32_t encrypted_half_magic = 0x5845;  // "EX"
constexpr std::size_t key_at = 8;
constexpr std::size_t key_field = 16;

std::uint32_t le32_at(ConstBytes bytes, std::size_t at) { return *ByteReader(bytes.subspan(at)).le32(); }

// The sequence number takes part, so that what an earlier use of the page left can never count.
std::uint32_t crc_in_page(std::uint32_t sequence, ConstBytes bytes) {
    std::array<std::uint8_t, 4> number{};
    ByteWriter(number).le32(sequence);
    return crc32(bytes, crc32(number));
}

// Where the entry at this offset would end by its own account; 0 when it cannot be an entry.
std::size_t claimed_end(ConstBytes page, std::size_t offset) {
    if (offset + entry_header_size > footer_at) return 0;
    const std::size_t value_size = page[offset + 4] | static_cast<std::size_t>(page[offset + 5]) << 8;
    const std::size_t end = offset + entry_size(value_size);
    return value_size <= chip::kv_value_max && end <= footer_at ? end : 0;
}

// What keeps bytes from being right: the CRC at their end, and the one they should have.
std::uint32_t header_residue(ConstBytes bytes) { return le32_at(bytes, 12) ^ crc32(bytes.first(12)); }
std::uint32_t footer_residue(ConstBytes bytes, std::uint32_t sequence) {
    return le32_at(bytes, 4) ^ crc_in_page(sequence, bytes.first(4));
}

PageHeader read_header(ConstBytes bytes) {
    const std::uint32_t magic = le32_at(bytes, 0);
    const std::uint32_t half = magic & 0xFFFF;
    PageHeader header{le32_at(bytes, 4), le32_at(bytes, 8), magic == encrypted_magic || half == encrypted_half_magic};
    if (half == half_magic || half == encrypted_half_magic) header.before = magic >> 16;
    return header;
}

std::uint32_t magic_of(const PageHeader& header) {
    if (!header.before) return header.encrypted ? encrypted_magic : page_magic;
    return (header.encrypted ? encrypted_half_magic : half_magic) | static_cast<std::uint32_t>(*header.before) << 16;
}

bool is_header(ConstBytes bytes, std::uint32_t pages) {
    const PageHeader header = read_header(bytes);
    if (!equal(bytes.first(header_size), encode(header))) return false;
    if (header.before && (*header.before < header_size || *header.before > footer_at)) return false;
    return header.oldest != 0 && header.oldest <= header.sequence && header.sequence - header.oldest < pages;
}

bool is_footer(ConstBytes bytes, const PageHeader& header) {
    const std::uint32_t oldest = le32_at(bytes, 0);
    if (!equal(bytes.first(footer_size), encode_footer(header.sequence, oldest))) return false;
    return oldest > header.oldest && oldest <= header.sequence;
}

template <std::size_t N>
using Bytes = std::array<std::uint8_t, N>;

template <std::size_t N>
Bytes<N> flipped(Bytes<N> bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
    return bytes;
}

// The bytes, with none, one or two bits of them put right; empty when that does not make them good. Every flipped bit
// changes the residue in its own way, so that the two bits to blame are found by their sum.
template <std::size_t N, typename Residue, typename Good>
std::optional<Bytes<N>> corrected(ConstBytes source, Residue residue, Good good) {
    Bytes<N> bytes{};
    copy(source.first(N), bytes);
    if (good(bytes)) return bytes;
    if (all_bytes(bytes, 0xFF) || all_bytes(bytes, 0x00)) return {};
    const std::uint32_t wrong = residue(bytes);
    std::array<std::uint32_t, 8 * N> change{};
    for (std::size_t bit = 0; bit < change.size(); ++bit) {
        const auto one = flipped(bytes, bit);
        change[bit] = residue(one) ^ wrong;
        if (change[bit] == wrong && good(one)) return one;
    }
    for (std::size_t first = 0; first < change.size(); ++first) {
        for (std::size_t second = 0; second < first; ++second) {
            if ((change[first] ^ change[second]) != wrong) continue;
            if (const auto both = flipped(flipped(bytes, first), second); good(both)) return both;
        }
    }
    return {};
}

}  // namespace

bool all_bytes(ConstBytes bytes, std::uint8_t value) {
    return std::all_of(bytes.begin(), bytes.end(), [value](std::uint8_t byte) { return byte == value; });
}

std::array<std::uint8_t, header_size> encode(const PageHeader& header) {
    std::array<std::uint8_t, header_size> bytes{};
    ByteWriter writer(bytes);
    writer.le32(magic_of(header)).le32(header.sequence).le32(header.oldest);
    writer.le32(crc32(writer.written()));
    return bytes;
}

std::optional<PageHeader> parse_header(ConstBytes page, std::uint32_t pages) {
    const auto good =
        corrected<header_size>(page, header_residue, [pages](ConstBytes bytes) { return is_header(bytes, pages); });
    if (!good) return {};
    return read_header(*good);
}

std::array<std::uint8_t, footer_size> encode_footer(std::uint32_t sequence, std::uint32_t oldest) {
    std::array<std::uint8_t, footer_size> bytes{};
    ByteWriter writer(bytes);
    writer.le32(oldest);
    writer.le32(crc_in_page(sequence, writer.written()));
    return bytes;
}

std::optional<std::uint32_t> parse_footer(ConstBytes page, const PageHeader& header) {
    const auto good = corrected<footer_size>(
        page.subspan(footer_at), [&header](ConstBytes bytes) { return footer_residue(bytes, header.sequence); },
        [&header](ConstBytes bytes) { return is_footer(bytes, header); });
    return good ? std::optional(le32_at(*good, 0)) : std::nullopt;
}

std::vector<std::uint8_t> encode(PageCode code, std::size_t offset, EntryKind kind, const std::string& key,
                                 ConstBytes value) {
    std::vector<std::uint8_t> bytes(entry_size(value.size()));
    ByteWriter(MutBytes(bytes).subspan(4))
        .le16(static_cast<std::uint16_t>(value.size()))
        .u8(static_cast<std::uint8_t>(kind))
        .u8(static_cast<std::uint8_t>(key.size()))
        .text(key);
    copy(value, MutBytes(bytes).subspan(entry_header_size));
    if (code.cipher != nullptr) code.cipher->encrypt(code.sequence, offset, MutBytes(bytes).subspan(key_at));
    ByteWriter(bytes).le32(crc_in_page(code.sequence, ConstBytes(bytes).subspan(4)));
    return bytes;
}

namespace {

// Key and value with its padding, in the clear.
std::vector<std::uint8_t> body_of(ConstBytes page, PageCode code, std::size_t offset, std::size_t end) {
    const auto stored = page.subspan(offset + key_at, end - offset - key_at);
    std::vector<std::uint8_t> body(stored.begin(), stored.end());
    if (code.cipher != nullptr) code.cipher->decrypt(code.sequence, offset, body);
    return body;
}

}  // namespace

std::optional<Entry> parse_entry(ConstBytes page, PageCode code, std::size_t offset) {
    const std::size_t end = claimed_end(page, offset);
    if (end == 0) return {};
    const auto bytes = page.subspan(offset, end - offset);
    const std::uint8_t kind = bytes[6];
    const std::size_t key_size = bytes[7];
    if (key_size == 0 || key_size >= key_field) return {};
    if (kind != static_cast<std::uint8_t>(EntryKind::value) && kind != static_cast<std::uint8_t>(EntryKind::removal)) {
        return {};
    }
    if (le32_at(bytes, 0) != crc_in_page(code.sequence, bytes.subspan(4))) return {};
    const std::size_t value_size = bytes[4] | static_cast<std::size_t>(bytes[5]) << 8;
    const auto body = body_of(page, code, offset, end);
    return Entry{static_cast<EntryKind>(kind), std::string(as_text(ConstBytes(body).first(key_size))), offset, value_size};
}

std::vector<std::uint8_t> value_of(ConstBytes page, PageCode code, const Entry& entry) {
    const auto body = body_of(page, code, entry.offset, entry.offset + entry.size());
    const auto value = ConstBytes(body).subspan(key_field, entry.value_size);
    return {value.begin(), value.end()};
}

namespace {

bool is_unused(ConstBytes page, std::size_t from) {
    const auto rest = page.subspan(from, footer_at - from);
    return all_bytes(rest, 0xFF) || all_bytes(rest, 0x00);
}

// Where a bad entry ends if nothing but one or two bits of its length are bad; 0 otherwise.
std::size_t end_with_length_put_right(ConstBytes page, PageCode code, std::size_t at) {
    if (at + entry_header_size > footer_at) return 0;
    std::vector<std::uint8_t> tried(page.begin(), page.end());
    const std::uint32_t size = page[at + 4] | static_cast<std::uint32_t>(page[at + 5]) << 8;
    for (std::uint32_t first = 1; first < 1U << 16; first <<= 1) {
        for (std::uint32_t second = first; second < 1U << 16; second <<= 1) {
            const std::uint32_t other = size ^ first ^ (second == first ? 0 : second);
            tried[at + 4] = static_cast<std::uint8_t>(other);
            tried[at + 5] = static_cast<std::uint8_t>(other >> 8);
            if (const auto entry = parse_entry(tried, code, at)) return at + entry->size();
        }
    }
    return 0;
}

bool unused_begins_at(ConstBytes page, std::size_t at) { return is_unused(page, at) && !is_unused(page, at - 4); }

// The first sound entry behind a bad one. Values are looked into only where nothing tells where the bad one ends: what
// somebody has stored may look like an entry.
std::optional<Entry> step_over(ConstBytes page, PageCode code, std::size_t bad) {
    if (const std::size_t end = end_with_length_put_right(page, code, bad); end != 0) {
        if (auto entry = parse_entry(page, code, end)) return entry;
        return is_unused(page, end) ? std::nullopt : step_over(page, code, end);
    }
    if (const std::size_t end = claimed_end(page, bad); end != 0) {
        if (auto entry = parse_entry(page, code, end)) return entry;
        if (unused_begins_at(page, end)) return {};
    }
    for (std::size_t next = bad + 4; next + entry_header_size <= footer_at; next += 4) {
        if (auto entry = parse_entry(page, code, next)) return entry;
    }
    return {};
}

}  // namespace

PageScan scan(ConstBytes page, PageCode code) {
    PageScan found{{}, header_size, false};
    for (std::size_t at = header_size;;) {
        auto entry = parse_entry(page, code, at);
        if (!entry && !is_unused(page, at)) entry = step_over(page, code, at);
        if (!entry) break;
        at = entry->offset + entry->size();
        found.end = at;
        found.entries.push_back(std::move(*entry));
    }
    found.garbage = !is_unused(page, found.end);
    return found;
}

}  // namespace esb::vchip::kv_log
