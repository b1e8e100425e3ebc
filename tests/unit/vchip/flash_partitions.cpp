#include "host/vchip/partition_table.hpp"

#include <gtest/gtest.h>

namespace esb::vchip {
namespace {

constexpr std::size_t four_megabytes = std::size_t{4} << 20;

Error error_of(std::string_view text, std::size_t flash_size = four_megabytes) {
    const auto table = PartitionTable::parse(text, flash_size);
    EXPECT_FALSE(table) << text;
    return table ? Error(errors::invalid_argument) : table.error();
}

TEST(PartitionTable, the_default_has_what_the_chip_needs) {
    const auto table = PartitionTable::parse(default_partitions(), default_flash_size);
    ASSERT_TRUE(table);
    const auto* nvs = table->find("nvs");
    ASSERT_NE(nvs, nullptr);
    EXPECT_EQ(nvs->offset, 0xC000U);
    EXPECT_EQ(nvs->size, 0x14000U);
    const auto* b = table->find(PartitionType::app, subtype_ota_0 + 1);
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(b->offset, 0x420000U);
    EXPECT_EQ(b->size, 0x400000U);
    MemoryStore store(default_flash_size);
    Flash flash(store);
    EXPECT_EQ(table->region(flash, PartitionType::data, subtype_otadata)->size(), 0x2000U);
}

// What ESP-IDF's gen_esp32part.py makes of partitions/*.csv. A device in the field keeps its table for ever, and both
// slots, the settings and the boot record must be where the firmware of tomorrow looks for them: whoever has to change
// a number here makes new hardware.
struct ShippedTable {
    std::string_view text;
    std::size_t flash_size;
    std::vector<Partition> expected;
};

std::vector<ShippedTable> shipped_tables() {
    using enum PartitionType;
    const Partition otadata{"otadata", data, 0x00, 0x9000, 0x2000};
    const Partition nvs_keys{"nvs_keys", data, 0x04, 0xB000, 0x1000};
    const Partition nvs{"nvs", data, 0x02, 0xC000, 0x14000};
    return {{partitions_4mb,
             0x400000,
             {otadata,
              nvs_keys,
              nvs,
              {"ota_0", app, 0x10, 0x20000, 0x1E0000},
              {"ota_1", app, 0x11, 0x200000, 0x1E0000},
              {"coredump", data, 0x03, 0x3E0000, 0x10000},
              {"reserve", data, 0x06, 0x3F0000, 0x10000}}},
            {partitions_8mb,
             0x800000,
             {otadata,
              nvs_keys,
              nvs,
              {"ota_0", app, 0x10, 0x20000, 0x300000},
              {"ota_1", app, 0x11, 0x320000, 0x300000},
              {"coredump", data, 0x03, 0x620000, 0x10000},
              {"reserve", data, 0x06, 0x630000, 0x1D0000}}},
            {partitions_16mb,
             0x1000000,
             {otadata,
              nvs_keys,
              nvs,
              {"ota_0", app, 0x10, 0x20000, 0x400000},
              {"ota_1", app, 0x11, 0x420000, 0x400000},
              {"coredump", data, 0x03, 0x820000, 0x10000},
              {"reserve", data, 0x06, 0x830000, 0x7D0000}}}};
}

TEST(PartitionTable, the_tables_of_real_chips_lie_where_esp_idf_puts_them) {
    for (const auto& shipped : shipped_tables()) {
        SCOPED_TRACE(shipped.flash_size);
        const auto table = PartitionTable::parse(shipped.text, shipped.flash_size);
        ASSERT_TRUE(table) << table.error().name() << " line " << table.error().detail();
        ASSERT_EQ(table->all().size(), shipped.expected.size());
        for (std::size_t i = 0; i < shipped.expected.size(); ++i) {
            const auto& is = table->all()[i];
            const auto& expected = shipped.expected[i];
            EXPECT_EQ(is.name, expected.name);
            EXPECT_EQ(is.type, expected.type) << is.name;
            EXPECT_EQ(is.subtype, expected.subtype) << is.name;
            EXPECT_EQ(is.offset, expected.offset) << is.name;
            EXPECT_EQ(is.size, expected.size) << is.name;
        }
    }
}

// No gap from the table's end to the flash's: what is free has a name, so that a later firmware can find it.
TEST(PartitionTable, the_tables_of_real_chips_use_the_whole_flash) {
    for (const auto& shipped : shipped_tables()) {
        std::size_t end = 0x9000;
        for (const auto& partition : shipped.expected) {
            EXPECT_EQ(partition.offset, end) << partition.name << " of " << shipped.flash_size;
            end = partition.offset + partition.size;
        }
        EXPECT_EQ(end, shipped.flash_size);
    }
}

TEST(PartitionTable, a_flash_gets_the_largest_table_it_has_room_for) {
    EXPECT_EQ(default_partitions(0x1000000), partitions_16mb);
    EXPECT_EQ(default_partitions(0x2000000), partitions_16mb);
    EXPECT_EQ(default_partitions(0xFFFFFF), partitions_8mb);
    EXPECT_EQ(default_partitions(0x800000), partitions_8mb);
    EXPECT_EQ(default_partitions(four_megabytes), partitions_4mb);
    EXPECT_EQ(error_of(default_partitions(0x200000), 0x200000), errors::partition_bounds);
}

// A table as ESP-IDF ships it ("Factory app, two OTA definitions").
TEST(PartitionTable, reads_esp_idfs_syntax) {
    const auto table = PartitionTable::parse(
        "# Name,   Type, SubType, Offset,  Size, Flags\r\n"
        "nvs,      data, nvs,     ,        0x4000,\r\n"
        "otadata,  data, ota,     ,        0x2000,\r\n"
        "phy_init, data, phy,     ,        0x1000,\r\n"
        "\r\n"
        "factory,  app,  factory, ,        1M,\r\n"
        "ota_0,    app,  ota_0,   ,        1024K,\r\n"
        "storage,  1,    0x99,    0x300000,512k, encrypted\r\n",
        four_megabytes);
    ASSERT_TRUE(table) << table.error().name() << " line " << table.error().detail();
    ASSERT_EQ(table->all().size(), 6U);
    EXPECT_EQ(table->find("nvs")->offset, 0x9000U);
    EXPECT_EQ(table->find("otadata")->offset, 0xD000U);
    EXPECT_EQ(table->find("factory")->offset, 0x10000U);
    EXPECT_EQ(table->find("ota_0")->offset, 0x110000U);
    EXPECT_EQ(table->find("storage")->subtype, 0x99);
    EXPECT_EQ(table->find("storage")->size, 512U * 1024);
    EXPECT_EQ(table->find("missing"), nullptr);
    EXPECT_EQ(table->find(PartitionType::app, subtype_ota_0 + 1), nullptr);
}

TEST(PartitionTable, errors_name_their_cause_and_line) {
    EXPECT_EQ(error_of("nvs, data, nvs, 0x9000"), errors::partition_syntax);
    EXPECT_EQ(error_of("a, data, nvs, , 4K, , more"), errors::partition_syntax);
    EXPECT_EQ(error_of(", data, nvs, , 4K"), errors::partition_name);
    EXPECT_EQ(error_of("seventeen_letters, data, nvs, , 4K"), errors::partition_name);
    EXPECT_EQ(error_of("a, data, nvs, , 4K\na, data, phy, , 4K"), errors::partition_name);
    EXPECT_EQ(error_of("a, disk, nvs, , 4K"), errors::partition_type);
    EXPECT_EQ(error_of("a, data, nsv, , 4K"), errors::partition_type);
    EXPECT_EQ(error_of("a, app, ota_16, , 64K"), errors::partition_type);
    EXPECT_EQ(error_of("a, data, 255, , 4K"), errors::partition_type);
    EXPECT_EQ(error_of("a, data, nvs, 9G, 4K"), errors::partition_number);
    EXPECT_EQ(error_of("a, data, nvs, -4096, 4K"), errors::partition_number);
    EXPECT_EQ(error_of("a, data, nvs, , "), errors::partition_number);
    EXPECT_EQ(error_of("a, data, nvs, , 0x"), errors::partition_number);
    EXPECT_EQ(error_of("a, data, nvs, , 99999999999"), errors::partition_number);
    EXPECT_EQ(error_of("a, data, nvs, 0x9004, 4K"), errors::partition_alignment);
    EXPECT_EQ(error_of("a, data, nvs, , 5000"), errors::partition_alignment);
    EXPECT_EQ(error_of("a, data, nvs, , 0"), errors::partition_alignment);
    EXPECT_EQ(error_of("a, app, ota_0, 0x11000, 64K"), errors::partition_alignment);
    EXPECT_EQ(error_of("a, data, nvs, 0x8000, 4K"), errors::partition_bounds);
    EXPECT_EQ(error_of("a, app, ota_0, 0x10000, 4M"), errors::partition_bounds);
    EXPECT_EQ(error_of("a, app, ota_0, 0xFFFF0000, 4095M"), errors::partition_bounds);
    const auto overlap = error_of("# two\na, data, nvs, 0x9000, 8K\n\nb, data, phy, 0xa000, 4K\n");
    EXPECT_EQ(overlap, errors::partition_overlap);
    EXPECT_EQ(overlap.detail(), 4);
}

TEST(PartitionTable, a_missing_partition_or_a_small_flash_is_named) {
    const auto table = PartitionTable::parse("a, data, nvs, 0x9000, 24K", four_megabytes);
    ASSERT_TRUE(table);
    MemoryStore store(0xA000);
    Flash flash(store);
    EXPECT_EQ(table->region(flash, PartitionType::data, subtype_otadata).error(), errors::partition_missing);
    EXPECT_EQ(table->region(flash, PartitionType::data, subtype_nvs).error(), errors::partition_bounds);
    EXPECT_TRUE(PartitionTable::parse("", 0).value().all().empty());
}

}  // namespace
}  // namespace esb::vchip
