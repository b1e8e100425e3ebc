// Views of bytes and bounds-checked cursors over them.
#pragma once

#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace esb {

using ConstBytes = std::span<const std::uint8_t>;  // bytes of others, to read
using MutBytes = std::span<std::uint8_t>;          // memory of others, to write to

inline ConstBytes as_bytes(std::string_view text) {  // the same memory as bytes
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ConstBytes bytes) {  // the same memory as text; whether it is UTF-8 is not looked at
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline MutBytes as_writable_bytes(std::span<char> text) {  // the same memory as bytes, to write to or to wipe
    return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}
bool equal(ConstBytes a, ConstBytes b);  // in length and contents; for secrets equal_constant_time()
// True if the two views share memory contents of equal length, in time that depends on the length only.
bool equal_constant_time(ConstBytes a, ConstBytes b);
inline void copy(ConstBytes from, MutBytes to) {
    if (!from.empty()) std::memmove(to.data(), from.data(), from.size());
}

// Reads from the front of a view; a read past the end fails with `too_short` and moves nothing.
// Multi-byte integers: `be` = big endian (the network's), `le` = little endian (the flash's).
class ByteReader {
public:
    explicit ByteReader(ConstBytes bytes) : rest_(bytes) {}  // begins at the first

    std::size_t remaining() const { return rest_.size(); }  // bytes not yet read
    bool empty() const { return rest_.empty(); }            // all have been read
    ConstBytes rest() const { return rest_; }               // what has not been read

    Result<ConstBytes> take(std::size_t count);  // the next bytes, not copied; too_short
    Result<std::uint8_t> u8();                   // too_short, as those below
    Result<std::uint16_t> be16();                // big endian
    Result<std::uint32_t> be32();                // big endian
    Result<std::uint16_t> le16();                // little endian
    Result<std::uint32_t> le32();                // little endian

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
    explicit ByteWriter(MutBytes out) : out_(out) {}  // begins at the first

    std::size_t size() const { return used_; }                // bytes written
    bool overflowed() const { return overflowed_; }           // something did not fit; it and all after it was left out
    ConstBytes written() const { return out_.first(used_); }  // what has been written

    ByteWriter& bytes(ConstBytes value);                                         // as they are, whole or not at all
    ByteWriter& text(std::string_view value) { return bytes(as_bytes(value)); }  // without a length
    ByteWriter& u8(std::uint8_t value);                                          // one byte
    ByteWriter& be16(std::uint16_t value);                                       // big endian
    ByteWriter& le16(std::uint16_t value);                                       // little endian
    ByteWriter& be32(std::uint32_t value);                                       // big endian
    ByteWriter& le32(std::uint32_t value);                                       // little endian

private:
    MutBytes out_;
    std::size_t used_ = 0;
    bool overflowed_ = false;
};

}  // namespace esb
