// A key/value partition without room: what changes is refused by name, what is stored stays, updates fail cleanly.
#include "support/device_rig.hpp"
#include "support/nvs_key.hpp"
#include "support/update_rig.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace esb {
namespace {

// Puts values under names of their own until nothing more fits, not even one byte.
void fill(chip::KeyValue& key_value) {
    std::array<std::uint8_t, 512> junk{};
    int number = 0;
    for (std::size_t size = junk.size(); size > 0; size /= 2) {
        while (key_value.put("junk" + std::to_string(number), ConstBytes(junk).first(size))) ++number;
    }
}

TEST(StorageFull, a_change_of_settings_is_refused_by_name_and_the_old_ones_stay) {
    vchip::MemoryStore store(vchip::default_flash_size);
    vchip::Flash flash(store);
    test::DeviceRig rig(flash);
    rig.boot(10ms);
    rig.type("mqtt server old.example 1111\n");
    rig.boot(10ms, [](Device&, vchip::SimChip& chip) { fill(chip.chip().key_value); });
    const std::string label(60, 'x');
    const auto long_name = label + "." + label + "." + label;
    const auto text = rig.type("mqtt server " + long_name + "\n");
    EXPECT_NE(text.find("(kv.full)"), std::string::npos) << text;
    EXPECT_EQ(test::line_after(rig.type("mqtt info\n"), "server: "), "old.example:1111");
}

TEST(StorageFull, an_update_fails_by_name_and_the_running_firmware_stays) {
    const auto old_image = test::make_image({.seq = 41, .ver = "1.3.0"});
    const auto new_image = test::make_image({.seq = 42, .ver = "1.4.0"});
    auto store = test::factory_flash(old_image);
    vchip::Flash flash(store);
    const auto table = vchip::PartitionTable::parse(test::small_partitions, flash.size()).value();
    {
        vchip::KeyValue key_value(*table.region(flash, vchip::PartitionType::data, vchip::subtype_nvs), test::nvs_cipher());
        ASSERT_TRUE(key_value.mount());
        fill(key_value);
    }
    test::UpdateRig rig(flash);
    rig.allow(old_image);
    rig.allow(new_image);
    rig.server.file = new_image;
    rig.retained = rig.envelope(new_image);
    const auto boot = rig.boot();
    EXPECT_TRUE(boot.refused(errors::kv_full)) << (boot.last.error ? boot.last.error->name() : "no error");
    EXPECT_EQ(boot.seq, 41U);
    EXPECT_EQ(rig.boot().seq, 41U);
}

}  // namespace
}  // namespace esb
