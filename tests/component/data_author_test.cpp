// What an author reads of the data that his firmware came with, and what the device says of it.
#include "esb/device/data_file.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/records.hpp"
#include "support/data_rig.hpp"
#include "support/device_rig.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esb {
namespace {

constexpr std::string_view table = R"(
otadata,  data, ota,       0x9000,   8K
nvs,      data, nvs,       0xc000,   80K
ota_0,    app,  ota_0,     0x20000,  64K
ota_1,    app,  ota_1,     ,         64K
www_0,    data, undefined, 0x40000,  64K
www_1,    data, undefined, ,         64K
)";

class AuthorsData : public testing::Test {
protected:
    const test::Image page = test::some_data(3000, 1);
    vchip::MemoryStore store{0x80000};
    vchip::Flash flash{store};
    test::DeviceRig rig{flash, {.partitions = std::string(table)}};

    // As an update leaves it, in slot a, which runs.
    void came_with(std::uint32_t seq) {
        test::Image padded = page;
        padded.resize((page.size() + 15) / 16 * 16, 0xFF);
        ASSERT_TRUE(flash.program(0x40000, padded));
        rig.boot(std::chrono::milliseconds(10), [&](Device&, vchip::SimChip& chip) {
            ota::Records records(chip.chip().key_value);
            ota::DataRecord record{seq, {}};
            const auto size = static_cast<std::uint32_t>(page.size());
            ASSERT_TRUE(record.parts.push_back({*FixedString<14>::from("www"), size, crypto::sha256(page)}));
            ASSERT_TRUE(records.data(chip::SlotId::a).save(record));
        });
    }
    void read(const std::function<void(Device&)>& act) {
        bool ran = false;
        rig.boot(std::chrono::milliseconds(10), [&](Device& device, vchip::SimChip&) {
            ran = true;
            act(device);
        });
        EXPECT_TRUE(ran);
    }
};

TEST_F(AuthorsData, is_read_in_pieces_and_to_its_end_only) {
    came_with(1);
    read([this](Device& device) {
        const auto data = device.data("www");
        ASSERT_TRUE(data) << data.error().name();
        ASSERT_EQ(data->size(), page.size());
        test::Image whole(page.size());
        EXPECT_TRUE(data->read(0, whole));
        EXPECT_EQ(whole, page);
        std::array<std::uint8_t, 7> piece{};
        EXPECT_TRUE(data->read(page.size() - 7, piece));
        EXPECT_TRUE(equal(piece, ConstBytes(page).last(7)));
        EXPECT_TRUE(data->read(page.size(), {}));
        for (const auto at : {page.size() - 6, page.size(), page.size() + 1, SIZE_MAX}) {
            const auto beyond = data->read(at, piece);
            ASSERT_FALSE(beyond);
            EXPECT_EQ(beyond.error(), errors::slot_bounds);
        }
    });
}

TEST_F(AuthorsData, is_none_where_the_firmware_came_without) {
    const auto none = [](Device& device) {
        for (const auto* part : {"www", "", "model", "ota", "www_0"}) {
            const auto data = device.data(part);
            ASSERT_FALSE(data) << part;
            EXPECT_EQ(data.error(), errors::ota_no_data);
        }
    };
    read(none);
    came_with(2);  // another image's
    read(none);
}

}  // namespace
}  // namespace esb
