// The stored form of a generation of settings.
//
//   0  "ESBS"
//   4  u8   format version, 2
//   5  u8   stages that have not been confirmed yet, one bit each; 0 = committed
//   6  le16 length of what begins at 16
//   8  le32 generation
//  12  le32 CRC-32 of the bytes 0..11 and of all from 16 on
//  16  8 bytes: which change the unconfirmed stages belong to (the beginning of its message's SHA-256); 0 = none
//  24  records, sorted by name, no name twice: u8 name length, name, le16 value length, value
//
// Version 1 had no such 8 bytes; its records began at 16. It is read, and replaced by the next change.
// Equal settings make equal records. Every later version keeps the first 16 bytes as they are, so that an older
// firmware can tell "newer" from "corrupt".
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/settings/errors.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::settings {

inline constexpr std::size_t records_max = 3056;     // bytes
inline constexpr std::size_t blob_header_size = 24;  // of today's version
inline constexpr std::size_t blob_max = blob_header_size + records_max;
inline constexpr std::uint8_t blob_version = 2;
inline constexpr std::size_t blob_common_size = 16;  // of the header's part that every version has
// Where the records begin in a version that this firmware reads.
constexpr std::size_t records_at(std::uint8_t version) { return version == 1 ? blob_common_size : blob_header_size; }

using ChangeTag = std::array<std::uint8_t, 8>;

struct BlobHeader {
    std::uint8_t version = blob_version;
    std::uint8_t staged_mask = 0;
    std::uint32_t generation = 0;
    ChangeTag tag{};
};

// True when generation `a` was written after `b`; the counter may wrap.
constexpr bool is_newer(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) > 0; }

// One setting, or in a patch one change. Views into whatever it was read from.
struct Record {
    std::string_view name;
    ConstBytes value;
    bool removal = false;  // only in patches: back to the default
};
// Bytes that the record takes.
std::size_t encoded_size(const Record& record);
void encode(const Record& record, ByteWriter& out);

// Reads records from the front to the back; ends early at one that is cut off.
class RecordReader {
public:
    explicit RecordReader(ConstBytes records) : reader_(records) {}
    std::optional<Record> next();
    // What next() has not read.
    ConstBytes rest() const { return reader_.rest(); }

private:
    ByteReader reader_;
};

// Checks a whole blob. settings_corrupt; of a newer version that is undamaged only the header is known, which is
// then returned with its version.
Result<BlobHeader> check_blob(ConstBytes blob);
// Writes the header of a blob of its version, whose records are in place. `blob` is at least a header long.
void seal_blob(MutBytes blob, const BlobHeader& header);

// The record of this name; null when there is none. `records` must have passed check_blob().
std::optional<Record> find_record(ConstBytes records, std::string_view name);
// Writes `base` changed by `patch`, both sorted. Check out.overflowed().
void merge_records(ConstBytes base, ConstBytes patch, ByteWriter& out);

}  // namespace esb::settings
