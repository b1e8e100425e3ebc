// chip::KeyValue on ESP-IDF's NVS.
#pragma once

#include "esb/chip/key_value.hpp"

#include <nvs.h>

namespace esb::chip::esp32 {

// Blobs in a namespace of its own ("esb") in the default NVS partition; the author's namespaces are left alone.
// With CONFIG_NVS_ENCRYPTION it is encrypted if it was made by such a firmware; one from before stays in the clear.
class KeyValue final : public chip::KeyValue {
public:
    // NVS takes pages that it cannot read for free ones and would format a partition full of somebody else's data
    // without a word. So does mount() not: kv_corrupt, unless one page at least is NVS's or all of it is erased.
    Result<Mount> mount() override;
    Result<ConstBytes> get(std::string_view key, MutBytes out) override;
    Status put(std::string_view key, ConstBytes value) override;
    Status remove(std::string_view key) override;
    bool damaged() const override { return damaged_; }
    bool encrypted() const override { return encrypted_; }

private:
    nvs_handle_t handle_ = 0;
    bool damaged_ = false;
    bool encrypted_ = false;
};

}  // namespace esb::chip::esp32
