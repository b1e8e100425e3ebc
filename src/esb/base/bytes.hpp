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
bool equal(ConstBytes a, ConstBytes b);
// True if the two views share memory contents of equal length, in time that depends on the length only.
bool equal_constant_time(ConstBytes a, ConstBytes b);
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

    Result<ConstBytes> take(std::size_t count);
    Result<std::uint8_t> u8();
    Result<std::uint16_t> be16();
    Result<std::uint32_t> be32();
    Result<std::uint16_t> le16();
    Result<std::uint32_t> le32();

private:
    enum class Order : std::uint8_t { big, little };
    template <typename T>
    Result<T> integer(Order order);
    bool number(std::uint32_t& value, std::size_t size, Order order);

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

    ByteWriter& bytes(ConstBytes value);
    ByteWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    ByteWriter& u8(std::uint8_t value);
    ByteWriter& be16(std::uint16_t value);
    ByteWriter& le16(std::uint16_t value);
    ByteWriter& be32(std::uint32_t value);
    ByteWriter& le32(std::uint32_t value);

private:
    MutBytes out_;
    std::size_t used_ = 0;
    bool overflowed_ = false;
};

}  // namespace esb
