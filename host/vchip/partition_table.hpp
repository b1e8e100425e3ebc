// The flash's layout, from a file in the syntax of ESP-IDF's partitions.csv.
#pragma once

#include "esb/base/result.hpp"
#include "host/vchip/flash.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::errors {
// The detail of all of these is the line's number, from 1; 0 when no line is to blame.
inline constexpr ErrorKind partition_syntax{"partition.syntax",
                                            "a partition is name, type, subtype, offset, size[, flags]"};
inline constexpr ErrorKind partition_name{"partition.name", "a partition's name is 1 to 16 characters and its own"};
inline constexpr ErrorKind partition_type{"partition.type", "this partition type or subtype is not known"};
inline constexpr ErrorKind partition_number{"partition.number",
                                            "a size or offset is a decimal or 0x number, with K or M at its end"};
inline constexpr ErrorKind partition_alignment{"partition.alignment",
                                               "offsets are multiples of 4K (app: 64K), sizes multiples of 4K"};
inline constexpr ErrorKind partition_overlap{"partition.overlap", "the partition overlaps an earlier one"};
inline constexpr ErrorKind partition_bounds{"partition.bounds", "the partition lies outside the flash"};
inline constexpr ErrorKind partition_missing{"partition.missing", "a partition that the chip needs is missing"};
}  // namespace esb::errors

namespace esb::vchip {

enum class PartitionType : std::uint8_t { app = 0x00, data = 0x01 };
// Subtypes by their numbers in ESP-IDF.
inline constexpr std::uint8_t subtype_ota_0 = 0x10;  // app; ota_1 is the next number
inline constexpr std::uint8_t subtype_otadata = 0x00;
inline constexpr std::uint8_t subtype_nvs = 0x02;
inline constexpr std::uint8_t subtype_coredump = 0x03;

struct Partition {
    std::string name;
    PartitionType type;
    std::uint8_t subtype;
    std::size_t offset;  // bytes
    std::size_t size;    // bytes
};

// The tables that real chips are flashed with, the very files (partitions/esb-*.csv).
extern const std::string_view partitions_4mb;
extern const std::string_view partitions_8mb;
extern const std::string_view partitions_16mb;

// A virtual chip whose owner asks for nothing else has the largest flash: programs of a host are larger than a chip's.
inline constexpr std::size_t default_flash_size = std::size_t{16} << 20;
// The largest of the tables that such a flash has room for; the smallest when it has for none.
std::string_view default_partitions(std::size_t flash_size = default_flash_size);

class PartitionTable {
public:
    // One of the partition errors, with the line's number as detail. Partitions may start behind the table (0x9000).
    static Result<PartitionTable> parse(std::string_view text, std::size_t flash_size);

    const std::vector<Partition>& all() const { return partitions_; }
    // Null when there is none.
    const Partition* find(std::string_view name) const;
    const Partition* find(PartitionType type, std::uint8_t subtype) const;
    // The first partition of this type as a region of the flash; partition_missing.
    Result<Region> region(Flash& flash, PartitionType type, std::uint8_t subtype) const;

private:
    Status add(std::string_view line, std::size_t flash_size);
    Status check(const Partition& added, std::size_t flash_size) const;
    std::size_t end() const;

    std::vector<Partition> partitions_;
};

}  // namespace esb::vchip
