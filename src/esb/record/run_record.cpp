#include "esb/record/run_record.hpp"

#include "esb/base/encoding.hpp"

namespace esb::record {
namespace {

constexpr std::uint32_t run_magic = 0x48425345;  // "ESBH"
constexpr std::uint8_t run_version = 1;

}  // namespace

void encode(const RunRecord& record, ByteWriter& out) {
    const auto begin = out.size();
    out.le32(run_magic).u8(run_version).u8(static_cast<std::uint8_t>(record.image.slot)).u8(record.crashes);
    out.u8(record.safe ? 1 : 0).le32(record.image.seq).le32(record.alive).le32(record.crash_gap);
    out.le32(record.heap_minimum);
    if (!out.overflowed()) out.le32(crc32(out.written().subspan(begin)));
}

Result<RunRecord> decode_run_record(ConstBytes bytes) {
    if (bytes.size() < run_record_size) return fail(errors::run_record);
    const ConstBytes content = bytes.first(run_record_size - 4);
    ByteReader tail(bytes.subspan(content.size()));
    if (*tail.le32() != crc32(content)) return fail(errors::run_record);
    ByteReader in(content);
    if (*in.le32() != run_magic || *in.u8() != run_version) return fail(errors::run_record);
    const auto slot = *in.u8();
    RunRecord record;
    record.crashes = *in.u8();
    const auto safe = *in.u8();
    if (slot > 1 || safe > 1) return fail(errors::run_record);
    record.image.slot = static_cast<chip::SlotId>(slot);
    record.safe = safe != 0;
    record.image.seq = *in.le32();
    record.alive = *in.le32();
    record.crash_gap = *in.le32();
    record.heap_minimum = *in.le32();
    return record;
}

}  // namespace esb::record
