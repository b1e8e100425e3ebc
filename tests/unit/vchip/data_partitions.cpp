// Pairs of partitions for data: which there are, and the rules of writing them.
#include "host/vchip/data_partitions.hpp"

#include "esb/chip/errors.hpp"
#include "host/vchip/flash_store.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>

namespace esb::vchip {
namespace {

using chip::SlotId;

constexpr std::string_view layout = R"(
otadata,  data, ota,       0x9000,  8K
nvs_0,    data, nvs,       ,        8K
nvs_1,    data, nvs,       ,        8K
www_0,    data, undefined, 0x20000, 8K
www_1,    data, undefined, ,        8K
fs_0,     data, littlefs,  ,        4K
fs_1,     data, 0x40,      ,        4K
lone_0,   data, undefined, ,        4K
uneven_0, data, undefined, ,        4K
uneven_1, data, undefined, ,        8K
app_0,    app,  0x20,      0x40000, 64K
app_1,    app,  0x21,      0x50000, 64K
)";

class Data : public testing::Test {
protected:
    MemoryStore store{0x80000};
    Flash flash{store};
    const PartitionTable table = PartitionTable::parse(layout, flash.size()).value();
    DataPartitions data{flash, table, SlotId::a};
    const std::array<std::uint8_t, 16> unit{1, 2, 3};

    static const ErrorKind* why(const Status& status) { return status ? nullptr : &status.error().kind(); }
};

TEST_F(Data, comes_in_pairs_of_one_size) {
    EXPECT_EQ(data.size("www"), 8192U);
    EXPECT_EQ(data.size("fs"), 4096U);
    for (const auto* name : {"", "ww", "www_0", "www_", "lone", "uneven", "nvs", "app", "otadata", "WWW"}) {
        EXPECT_FALSE(data.size(name)) << name;
    }
}

TEST_F(Data, of_the_running_slot_is_not_written) {
    EXPECT_EQ(why(data.erase("www", SlotId::a, 0, 4096)), &errors::slot_running);
    EXPECT_EQ(why(data.program("www", SlotId::a, 0, unit)), &errors::slot_running);
    std::array<std::uint8_t, 3> read{};
    EXPECT_TRUE(data.read("www", SlotId::a, 8189, read));
}

TEST_F(Data, is_written_within_its_partition) {
    EXPECT_TRUE(data.program("www", SlotId::b, 8176, unit));
    std::array<std::uint8_t, 16> read{};
    ASSERT_TRUE(flash.read(0x23FF0, read));
    EXPECT_EQ(read, unit);
    EXPECT_EQ(why(data.program("www", SlotId::b, 8176, unit)), &errors::slot_not_erased);
    EXPECT_TRUE(data.erase("www", SlotId::b, 4096, 4096));
    EXPECT_TRUE(data.program("www", SlotId::b, 8176, unit));
    EXPECT_EQ(why(data.program("www", SlotId::b, 8192, unit)), &errors::slot_bounds);
    EXPECT_EQ(why(data.erase("www", SlotId::b, 8192, 4096)), &errors::slot_bounds);
    EXPECT_EQ(why(data.program("www", SlotId::b, 8, unit)), &errors::slot_alignment);
    EXPECT_EQ(why(data.read("www", SlotId::b, 8177, read)), &errors::slot_bounds);
    EXPECT_EQ(why(data.erase("none", SlotId::b, 0, 4096)), &errors::slot_bounds);
}

// The example that docs/partitions.md speaks of.
TEST_F(Data, has_a_pair_in_the_example) {
    std::ifstream file(ESB_SOURCE_DIR "/partitions/esb-8mb-data.csv");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto example = PartitionTable::parse(text, 0x800000);
    const auto without = PartitionTable::parse(partitions_8mb, 0x800000);
    ASSERT_TRUE(example && without);
    MemoryStore its_store(0x800000);
    Flash its_flash(its_store);
    EXPECT_EQ(DataPartitions(its_flash, *example, SlotId::a).size("www"), 512U * 1024);
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_EQ(example->all()[i].name, without->all()[i].name);
        EXPECT_EQ(example->all()[i].offset, without->all()[i].offset) << "a firmware fits both";
        EXPECT_EQ(example->all()[i].size, without->all()[i].size);
    }
    EXPECT_EQ(example->all().back().offset + example->all().back().size, 0x800000U);
}

}  // namespace
}  // namespace esb::vchip
