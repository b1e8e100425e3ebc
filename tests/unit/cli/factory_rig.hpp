// Orders of a factory, and what its images are once they are flashed.
#pragma once

#include "host/cli/factory.hpp"
#include "host/nvs/image_reader.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "tests/support/memory_key_value.hpp"
#include "tests/unit/cli/cli_rig.hpp"

#include <gtest/gtest.h>

namespace esb::cli::test {

inline constexpr std::size_t nvs_size = 0x14000;

inline FactoryOrder order(const Folder& folder, std::size_t count) {
    FactoryOrder made;
    made.folder = folder / "line";
    made.batch = {"1", "GH", {}};
    made.batch.kind.given = true;
    made.batch.kind.nvs_size = nvs_size;
    made.count = count;
    return made;
}

inline Outcome<FactoryResult> make(const FactoryOrder& wanted) {
    vchip::HostEntropy entropy;
    return run_factory(wanted, entropy, [](std::size_t, std::size_t) {});
}

// The key/value store of a device with this image.
class Flash {
public:
    explicit Flash(const std::string& image, const nvs::Cipher* cipher = nullptr) {
        const auto values = nvs::read_image(as_bytes(image), cipher);
        EXPECT_TRUE(values) << values.error().name();
        if (!values) return;
        for (const auto& value : *values) {
            EXPECT_EQ(value.name_space, "esb");
            EXPECT_EQ(value.type, nvs::Type::blob);
            store.values[value.key] = value.bytes;
        }
    }
    esb::test::MemoryKeyValue store;
};

}  // namespace esb::cli::test
