// What a factory gives a device, and the flash images that bring it there: what birth would have made, by the device's own
// code (life/birth.hpp, settings/store.hpp).
#pragma once

#include "esb/chip/entropy.hpp"
#include "host/cli/outcome.hpp"
#include "host/cli/setting_words.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// How the chip has the keys that its NVS is encrypted with (host/nvs/keys.hpp).
enum class NvsEncryption : std::uint8_t { none, flash, hmac };
constexpr std::string_view word_of(NvsEncryption encryption) {
    return encryption == NvsEncryption::none ? "none" : encryption == NvsEncryption::flash ? "flash" : "hmac";
}

// What all devices of a batch have in common.
struct DeviceKind {
    NvsEncryption encryption = NvsEncryption::none;
    bool lock = false;                  // each has a password of its own at its console
    bool given = false;                 // its identity is written into it, not made of its MAC
    std::size_t nvs_size = 0;           // bytes of the partition
    std::vector<SettingWord> settings;  // of the base's
};

// Everything that is its own. Two of the same give the same images.
struct FactoryDevice {
    std::string identity;
    std::string psk;  // hex
    std::string ap_password;
    std::string console_password;  // empty: none
    std::string salt;              // hex, of that password's hash; empty: none
    std::string nvs_key;           // hex: keys of NVS, or the HMAC unit's; empty: NVS is not encrypted
};

// Fresh secrets. no_entropy.
Outcome<FactoryDevice> make_device(std::string identity, const DeviceKind& kind, chip::Entropy& entropy);

struct DeviceImages {
    std::string nvs;       // of the partition `nvs`
    std::string nvs_keys;  // of the partition `nvs_keys`; empty unless NvsEncryption::flash
    std::string hmac_key;  // for the eFuse; empty unless NvsEncryption::hmac
};
// Fails for settings that the device would refuse, and where they do not fit.
Outcome<DeviceImages> device_images(const FactoryDevice& device, const DeviceKind& kind);

}  // namespace esb::cli
