// A device's new pre-shared key, handed over while it is on line. What has been done so far stands in the broker's
// folder, so that a run that was interrupted is finished by the next one; every step may be done twice.
//
//   account OLD      -> OLD>NEW   the new key is chosen; the broker knows the old one
//   device           its second slot gets NEW (it then tries both)
//   account OLD>NEW  -> NEW<      the broker knows the new key only
//   device           the slot it has used so far is emptied: on trial until a round trip with NEW, then wiped for good
//   account NEW<     -> NEW
#pragma once

#include "host/cli/broker_accounts.hpp"
#include "host/cli/outcome.hpp"

#include "esb/crypto/crypto.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

// What a rotation needs of the world.
class RotationPorts {
public:
    virtual ~RotationPorts() = default;

    // 32 hex digits nobody has seen.
    virtual Outcome<std::string> new_key() = 0;
    virtual Outcome<Account> account() = 0;
    // Replaces the account and makes the broker read it.
    virtual Outcome<void> store(const Account& account) = 0;
    // The name of the setting with the key that the device uses in its present connection: "mqtt.0.psk.0".
    virtual Outcome<std::string> key_in_use() = 0;
    // The device's public key, for which the new one is encrypted. Fails where there is none.
    virtual Outcome<crypto::P256PublicKey> device_key() = 0;
    // Sends a change of settings and waits until the device has kept it.
    virtual Outcome<void> change(const std::string& json) = 0;
    // One line for the person at the terminal.
    virtual void tell(const std::string& line) = 0;
};

// Rotates the account's key, or finishes a rotation that was begun.
Outcome<void> rotate_key(RotationPorts& ports);

// What <base>/config/status says.
struct ConfigReport {
    std::string id;
    std::string state;
    std::string error;
    std::string why;
    std::string setting;
    std::string key;
    std::optional<std::uint32_t> counter;  // of the last signed change
};
// Nothing for what is malformed.
Outcome<ConfigReport> read_config_report(std::string_view payload);
// The name that a device gives to a message of <base>/config.
std::string config_id(std::string_view message);

}  // namespace esb::cli
