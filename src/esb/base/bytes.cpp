#include "esb/base/bytes.hpp"

namespace esb {
namespace {

std::uint8_t hi(std::uint16_t v) { return static_cast<std::uint8_t>(v >> 8); }
std::uint8_t lo(std::uint16_t v) { return static_cast<std::uint8_t>(v & 0xFF); }

}  // namespace

bool equal(ConstBytes a, ConstBytes b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

bool equal_constant_time(ConstBytes a, ConstBytes b) {
    if (a.size() != b.size()) return false;
    std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

Result<ConstBytes> ByteReader::take(std::size_t count) {
    if (count > rest_.size()) return fail(errors::too_short);
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
}

bool ByteReader::number(std::uint32_t& value, std::size_t size, Order order) {
    if (size > rest_.size()) return false;
    value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | rest_[order == Order::big ? i : size - 1 - i];
    rest_ = rest_.subspan(size);
    return true;
}

template <typename T>
Result<T> ByteReader::integer(Order order) {
    std::uint32_t value = 0;
    if (!number(value, sizeof(T), order)) return fail(errors::too_short);
    return static_cast<T>(value);
}

Result<std::uint8_t> ByteReader::u8() { return integer<std::uint8_t>(Order::big); }
Result<std::uint16_t> ByteReader::be16() { return integer<std::uint16_t>(Order::big); }
Result<std::uint32_t> ByteReader::be32() { return integer<std::uint32_t>(Order::big); }
Result<std::uint16_t> ByteReader::le16() { return integer<std::uint16_t>(Order::little); }
Result<std::uint32_t> ByteReader::le32() { return integer<std::uint32_t>(Order::little); }

ByteWriter& ByteWriter::bytes(ConstBytes value) {
    if (overflowed_ || value.size() > out_.size() - used_) {
        overflowed_ = true;
        return *this;
    }
    copy(value, out_.subspan(used_));
    used_ += value.size();
    return *this;
}

ByteWriter& ByteWriter::u8(std::uint8_t value) { return bytes({&value, 1}); }
ByteWriter& ByteWriter::be16(std::uint16_t value) { return u8(hi(value)).u8(lo(value)); }
ByteWriter& ByteWriter::le16(std::uint16_t value) { return u8(lo(value)).u8(hi(value)); }
ByteWriter& ByteWriter::be32(std::uint32_t value) {
    return be16(static_cast<std::uint16_t>(value >> 16)).be16(static_cast<std::uint16_t>(value & 0xFFFF));
}
ByteWriter& ByteWriter::le32(std::uint32_t value) {
    return le16(static_cast<std::uint16_t>(value & 0xFFFF)).le16(static_cast<std::uint16_t>(value >> 16));
}

}  // namespace esb
