#include "esb/settings/sealed.hpp"

#include "esb/base/encoding.hpp"

namespace esb::settings {
namespace {

std::uint32_t record_crc(std::string_view key, ConstBytes versioned) { return crc32(versioned, crc32(as_bytes(key))); }

}  // namespace

void seal(std::string_view key, std::uint8_t version, MutBytes record) {
    record[0] = version;
    ByteWriter tail(record.last(4));
    tail.le32(record_crc(key, record.first(record.size() - 4)));
}

std::optional<ConstBytes> unseal(std::string_view key, std::uint8_t version, ConstBytes stored) {
    if (stored.size() < seal_overhead || stored[0] != version) return std::nullopt;
    const ConstBytes versioned = stored.first(stored.size() - 4);
    ByteReader tail(stored.last(4));
    if (tail.le32().value_or(0) != record_crc(key, versioned)) return std::nullopt;
    return versioned.subspan(1);
}

}  // namespace esb::settings
