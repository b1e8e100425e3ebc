// The network that last led to the broker, over restarts: it is tried first, without a scan. Gone with a factory reset.
#pragma once

#include "esb/chip/key_value.hpp"
#include "esb/chip/radio.hpp"

#include <array>
#include <string_view>

namespace esb::life {

class LastNetwork {
public:
    static constexpr std::string_view key = "wifi.last";

    explicit LastNetwork(chip::KeyValue& key_value) : key_value_(key_value) {}

    // At boot, after KeyValue::mount().
    void load() {
        std::array<std::uint8_t, chip::Ssid::capacity()> buffer;
        ssid_.clear();
        if (const auto got = key_value_.get(key, buffer)) static_cast<void>(ssid_.assign(as_text(*got)));
    }
    // No flash operation when it is the one already. What cannot be stored is only forgotten sooner.
    void note(const chip::Ssid& ssid) {
        if (ssid.empty() || ssid == ssid_) return;
        if (key_value_.put(key, as_bytes(ssid.view()))) ssid_ = ssid;
    }
    // Empty when none is known.
    const chip::Ssid& ssid() const { return ssid_; }

private:
    chip::KeyValue& key_value_;
    chip::Ssid ssid_;
};

}  // namespace esb::life
