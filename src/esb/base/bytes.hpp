// Views of bytes and bounds-checked cursors over them.
#pragma once

#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace esb {

using ConstBytes = std::span<const std::uint8_t>;
using MutBytes = std::span<std::uint8_t>;

inline ConstBytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ConstBytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline bool equal(ConstBytes a, ConstBytes b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
// True if the two views share memory contents of equal length, in time that depends on the length only.
inline bool equal_constant_time(ConstBytes a, ConstBytes b) {
    if (a.size() != b.size()) return false;
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}
inline void copy(ConstBytes from, MutBytes to) {
    if (!from.empty()) std::memmove(to.data(), from.data(), from.size());
}

// Reads from the front of a view; a read past the end fails with `too_short` and moves nothing.
// Multi-byte integers: `be` = big endian (the network's), `le` = little endian (the flash's).
class ByteReader {
public:
    explicit ByteReader(ConstBytes bytes) : rest_(bytes) {}

    std::size_t remaining() const { return rest_.size(); }
    bool empty() const { return rest_.empty(); }
    ConstBytes rest() const { return rest_; }

    Result<ConstBytes> take(std::size_t count) {
        if (count > rest_.size()) return fail(errors::too_short);
        auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    Result<std::uint8_t> u8() { return integer<std::uint8_t, 1, true>(); }
    Result<std::uint16_t> be16() { return integer<std::uint16_t, 2, true>(); }
    Result<std::uint32_t> be32() { return integer<std::uint32_t, 4, true>(); }
    Result<std::uint16_t> le16() { return integer<std::uint16_t, 2, false>(); }
    Result<std::uint32_t> le32() { return integer<std::uint32_t, 4, false>(); }

private:
    template <typename T, std::size_t N, bool Big>
    Result<T> integer() {
        auto taken = take(N);
        if (!taken) return fail(taken.error());
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < N; ++i) {
            const std::size_t shift = 8 * (Big ? N - 1 - i : i);
            value |= static_cast<std::uint32_t>((*taken)[i]) << shift;
        }
        return static_cast<T>(value);
    }
    ConstBytes rest_;
};

// Appends to a caller's buffer. A write that does not fit writes nothing and latches `overflowed()`,
// so a sequence of writes needs one check at its end.
class ByteWriter {
public:
    explicit ByteWriter(MutBytes out) : out_(out) {}

    std::size_t size() const { return used_; }
    bool overflowed() const { return overflowed_; }
    ConstBytes written() const { return out_.first(used_); }

    ByteWriter& bytes(ConstBytes value) {
        if (overflowed_ || value.size() > out_.size() - used_) {
            overflowed_ = true;
            return *this;
        }
        copy(value, out_.subspan(used_));
        used_ += value.size();
        return *this;
    }
    ByteWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    ByteWriter& u8(std::uint8_t value) { return bytes({&value, 1}); }
    ByteWriter& be16(std::uint16_t value) { return u8(hi(value)).u8(lo(value)); }
    ByteWriter& le16(std::uint16_t value) { return u8(lo(value)).u8(hi(value)); }
    ByteWriter& be32(std::uint32_t value) {
        return be16(static_cast<std::uint16_t>(value >> 16)).be16(static_cast<std::uint16_t>(value & 0xFFFF));
    }
    ByteWriter& le32(std::uint32_t value) {
        return le16(static_cast<std::uint16_t>(value & 0xFFFF)).le16(static_cast<std::uint16_t>(value >> 16));
    }

private:
    static std::uint8_t hi(std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); }
    static std::uint8_t lo(std::uint16_t v) { return static_cast<std::uint8_t>(v & 0xFF); }

    MutBytes out_;
    std::size_t used_ = 0;
    bool overflowed_ = false;
};

}  // namespace esb
