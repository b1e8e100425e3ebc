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
    // Outlives a factory reset that keeps the secrets: a key that was in use is not told again.
    static constexpr std::string_view key_used = "key.used";

    explicit Commissioned(chip::KeyValue& key_value) : key_value_(key_value) {}

    // At boot, after KeyValue::mount().
    void load() {
        is_ = is_marked(key);
        key_was_used_ = is_marked(key_used);
    }
    // A round trip has succeeded. No flash operation when that is known already; on an error it is tried again with
    // the next one.
    Status note() {
        ESB_TRY(mark(key_used, key_was_used_));
        return mark(key, is_);
    }
    bool is() const { return is_; }
    bool key_was_used() const { return key_was_used_; }

private:
    bool is_marked(std::string_view name) {
        std::array<std::uint8_t, 1> found{};
        const auto got = key_value_.get(name, found);
        return got && got->size() == 1 && found[0] == 1;
    }
    Status mark(std::string_view name, bool& known) {
        if (known) return {};
        const std::uint8_t one = 1;
        ESB_TRY(key_value_.put(name, {&one, 1}));
        known = true;
        return {};
    }

    chip::KeyValue& key_value_;
    bool is_ = false;
    bool key_was_used_ = false;
};

}  // namespace esb
