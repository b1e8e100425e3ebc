#include "host/vchip/partition_table.hpp"

#include <charconv>
#include <span>

namespace esb::vchip {

namespace {

constexpr std::size_t table_end = 0x9000;  // boot loader and table lie before it
constexpr std::size_t data_alignment = 0x1000;
constexpr std::size_t app_alignment = 0x10000;

struct Named {
    std::string_view name;
    std::uint8_t number;
};
constexpr Named app_subtypes[] = {{"factory", 0x00}, {"test", 0x20}};
constexpr Named data_subtypes[] = {{"ota", 0x00},      {"phy", 0x01},    {"nvs", 0x02},       {"coredump", 0x03},
                                   {"nvs_keys", 0x04}, {"efuse", 0x05},  {"undefined", 0x06}, {"esphttpd", 0x80},
                                   {"fat", 0x81},      {"spiffs", 0x82}, {"littlefs", 0x83}};

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> fields_of(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const auto comma = line.find(',');
        fields.push_back(trim(line.substr(0, comma)));
        if (comma == std::string_view::npos) return fields;
        line.remove_prefix(comma + 1);
    }
}

Result<std::size_t> parse_number(std::string_view text) {
    std::size_t unit = 1;
    if (text.ends_with('K') || text.ends_with('k')) unit = 1024;
    if (text.ends_with('M') || text.ends_with('m')) unit = 1024 * 1024;
    if (unit > 1) text.remove_suffix(1);
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size()) return fail(errors::partition_number);
    return number * unit;
}

Result<PartitionType> parse_type(std::string_view text) {
    if (text == "app" || text == "0") return PartitionType::app;
    if (text == "data" || text == "1") return PartitionType::data;
    return fail(errors::partition_type);
}

Result<std::uint8_t> parse_subtype(PartitionType type, std::string_view text) {
    const bool app = type == PartitionType::app;
    for (const auto& known : app ? std::span<const Named>(app_subtypes) : std::span<const Named>(data_subtypes)) {
        if (known.name == text) return known.number;
    }
    if (app && text.starts_with("ota_")) {
        const auto slot = parse_number(text.substr(4));
        if (!slot || *slot > 15) return fail(errors::partition_type);
        return static_cast<std::uint8_t>(subtype_ota_0 + *slot);
    }
    const auto number = parse_number(text);
    if (!number || *number > 0xFE) return fail(errors::partition_type);
    return static_cast<std::uint8_t>(*number);
}

std::size_t alignment_of(PartitionType type) { return type == PartitionType::app ? app_alignment : data_alignment; }

std::size_t align_up(std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

std::string_view default_partitions(std::size_t flash_size) {
    if (flash_size >= std::size_t{16} << 20) return partitions_16mb;
    return flash_size >= std::size_t{8} << 20 ? partitions_8mb : partitions_4mb;
}

Result<PartitionTable> PartitionTable::parse(std::string_view text, std::size_t flash_size) {
    PartitionTable table;
    for (std::int32_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        const auto line = trim(text.substr(0, end));
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.empty() || line.starts_with('#')) continue;
        if (const auto added = table.add(line, flash_size); !added) return fail(added.error().kind(), number);
    }
    return table;
}

Status PartitionTable::add(std::string_view line, std::size_t flash_size) {
    const auto fields = fields_of(line);
    if (fields.size() < 5 || fields.size() > 6) return fail(errors::partition_syntax);
    const auto type = parse_type(fields[1]);
    if (!type) return fail(type.error());
    const auto subtype = parse_subtype(*type, fields[2]);
    if (!subtype) return fail(subtype.error());
    const auto offset =
        fields[3].empty() ? Result<std::size_t>(align_up(end(), alignment_of(*type))) : parse_number(fields[3]);
    if (!offset) return fail(offset.error());
    const auto size = parse_number(fields[4]);
    if (!size) return fail(size.error());

    Partition added{std::string(fields[0]), *type, *subtype, *offset, *size};
    ESB_TRY(check(added, flash_size));
    partitions_.push_back(std::move(added));
    return {};
}

Status PartitionTable::check(const Partition& added, std::size_t flash_size) const {
    if (added.name.empty() || added.name.size() > 16 || find(added.name) != nullptr) {
        return fail(errors::partition_name);
    }
    if (added.offset % alignment_of(added.type) != 0 || added.size % data_alignment != 0 || added.size == 0) {
        return fail(errors::partition_alignment);
    }
    if (added.offset < table_end || added.offset > flash_size || added.size > flash_size - added.offset) {
        return fail(errors::partition_bounds);
    }
    for (const auto& other : partitions_) {
        if (added.offset < other.offset + other.size && other.offset < added.offset + added.size) {
            return fail(errors::partition_overlap);
        }
    }
    return {};
}

std::size_t PartitionTable::end() const {
    return partitions_.empty() ? table_end : partitions_.back().offset + partitions_.back().size;
}

const Partition* PartitionTable::find(std::string_view name) const {
    for (const auto& partition : partitions_) {
        if (partition.name == name) return &partition;
    }
    return nullptr;
}

const Partition* PartitionTable::find(PartitionType type, std::uint8_t subtype) const {
    for (const auto& partition : partitions_) {
        if (partition.type == type && partition.subtype == subtype) return &partition;
    }
    return nullptr;
}

Result<Region> PartitionTable::region(Flash& flash, PartitionType type, std::uint8_t subtype) const {
    const Partition* partition = find(type, subtype);
    if (partition == nullptr) return fail(errors::partition_missing);
    if (partition->offset + partition->size > flash.size()) return fail(errors::partition_bounds);
    return Region(flash, partition->offset, partition->size);
}

}  // namespace esb::vchip
