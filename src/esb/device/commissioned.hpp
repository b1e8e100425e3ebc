// Whether the device has ever been on line: written once, gone with a factory reset.
#pragma once

#include "esb/chip/key_value.hpp"

#include <array>
#include <string_view>

namespace esb {

// Reactor's task only.
class Commissioned {
public:
    static constexpr std::string_view key = "commissioned";

    explicit Commissioned(chip::KeyValue& key_value) : key_value_(key_value) {}

    // At boot, after KeyValue::mount().
    void load() {
        std::array<std::uint8_t, 1> mark{};
        const auto got = key_value_.get(key, mark);
        is_ = got && got->size() == 1 && mark[0] == 1;
    }
    // A round trip has succeeded. No flash operation when that is known already; on an error it is tried again with
    // the next one.
    Status note() {
        if (is_) return {};
        const std::uint8_t mark = 1;
        ESB_TRY(key_value_.put(key, {&mark, 1}));
        is_ = true;
        return {};
    }
    bool is() const { return is_; }

private:
    chip::KeyValue& key_value_;
    bool is_ = false;
};

}  // namespace esb
