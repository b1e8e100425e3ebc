// The key pair for which others encrypt what only this device may read: made at birth, its public half is in
// <base>/status. No console, page or message reads or writes it.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/key_value.hpp"
#include "esb/crypto/key_agreement.hpp"

#include <optional>
#include <string_view>

namespace esb::life {

class DeviceKey final : public crypto::KeyPairHolder {
public:
    static constexpr std::string_view key = "dev.key";  // gone with a factory reset
    using Text = FixedString<87>;                       // "x.y", both base64url

    DeviceKey(chip::KeyValue& key_value, chip::Entropy& entropy) : key_value_(key_value), entropy_(entropy) {}

    // At boot, after KeyValue::mount(): the stored pair, or a new one where there is none or it is damaged. On an error
    // the device has no such key until the next start.
    Status load();
    // Null before load() has succeeded.
    const crypto::P256KeyPair* pair() const override { return pair_ ? &*pair_ : nullptr; }
    // The public half; empty without one.
    Text public_text() const;

private:
    Status make();

    chip::KeyValue& key_value_;
    chip::Entropy& entropy_;
    std::optional<crypto::P256KeyPair> pair_;
};

}  // namespace esb::life
