// What is remembered of a run of the firmware: how long it has lived and how often it has crashed in a row.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"
#include "esb/record/errors.hpp"

#include <cstddef>
#include <cstdint>

namespace esb::record {

// Which firmware: images of the same slot and seq are the same.
struct ImageId {
    std::uint32_t seq = 0;
    chip::SlotId slot = chip::SlotId::a;
    friend bool operator==(const ImageId&, const ImageId&) = default;
};

struct RunRecord {
    ImageId image;
    std::uint8_t crashes = 0;        // in a row, of this image
    bool safe = false;               // boots into safe mode until somebody ends it
    std::uint32_t alive = 0;         // seconds this run has lasted
    std::uint32_t crash_gap = 0;     // seconds between the last two crashes, if there were two
    std::uint32_t heap_minimum = 0;  // bytes, the lowest in this run; 0 = not known
    friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// "ESBH" | u8 version | u8 slot | u8 crashes | u8 safe | le32 seq, alive, crash_gap, heap_minimum | le32 CRC-32.
inline constexpr std::size_t run_record_size = 28;
void encode(const RunRecord& record, ByteWriter& out);
// From RAM or flash. health.run_record; accepts exactly what encode() makes. Bytes behind it are ignored.
Result<RunRecord> decode_run_record(ConstBytes bytes);

}  // namespace esb::record
