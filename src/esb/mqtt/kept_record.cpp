#include "esb/mqtt/kept_record.hpp"

#include "esb/base/crc32.hpp"
#include "esb/mqtt/errors.hpp"

namespace esb::mqtt {
namespace {

constexpr std::size_t checked_from = 4;

void put32(std::uint32_t value, std::uint8_t* at) {
    for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(value >> shift);
}

std::uint32_t take32(const std::uint8_t* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | *at++;
    return value;
}

bool has_body(const KeptRecord& record) {
    switch (record.kind) {
        case KeptRecord::Kind::session:
            return record.id == 0 && record.body.size() % 2 == 0;
        case KeptRecord::Kind::publish:
            return record.id != 0 && !record.body.empty();
        case KeptRecord::Kind::release:
            return record.id != 0 && record.body.empty();
    }
    return false;
}

}  // namespace

void KeptRecord::write_head(std::span<std::uint8_t, head_size> out) const {
    out[4] = version;
    out[5] = static_cast<std::uint8_t>(kind);
    put32(owner, &out[6]);
    put32(order, &out[10]);
    out[14] = static_cast<std::uint8_t>(id >> 8);
    out[15] = static_cast<std::uint8_t>(id & 0xFF);
    out[16] = flag ? 1 : 0;
    put32(crc32(body, crc32(out.subspan<checked_from>())), out.data());
}

std::uint32_t owner_of(std::string_view client_id) { return crc32(as_bytes(client_id)); }

Result<KeptRecord> read_kept(ConstBytes bytes) {
    if (bytes.size() < KeptRecord::head_size || take32(bytes.data()) != crc32(bytes.subspan(checked_from)) ||
        bytes[4] != KeptRecord::version) {
        return fail(errors::mqtt_kept_damaged);
    }
    KeptRecord record;
    record.kind = static_cast<KeptRecord::Kind>(bytes[5]);
    record.owner = take32(&bytes[6]);
    record.order = take32(&bytes[10]);
    record.id = static_cast<PacketId>(bytes[14] << 8 | bytes[15]);
    record.flag = bytes[16] != 0;
    record.body = bytes.subspan(KeptRecord::head_size);
    if (!has_body(record)) return fail(errors::mqtt_kept_damaged);
    return record;
}

}  // namespace esb::mqtt
