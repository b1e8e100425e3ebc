// Changes of one device's settings over the broker: what the device said last, and what it makes of the next one.
#pragma once

#include "host/cli/mqtt_session.hpp"
#include "host/cli/rotation.hpp"
#include "host/cli/signing_key.hpp"

#include <optional>
#include <string>

namespace esb::cli {

class ConfigChannel {
public:
    // Takes the session's messages. `key`: signs each change; null: they go bare.
    ConfigChannel(MqttSession& session, std::string identity, const SigningKey* key);

    Outcome<void> listen();
    // Once the device is known to be on line.
    Outcome<ConfigReport> latest();
    // What secrets are encrypted for. Fails for a device that publishes no key: then they cannot be sent at all.
    Outcome<crypto::P256PublicKey> device_key();
    // Sends a change (the JSON of the settings) and waits for what becomes of it: `kept`, `reverted` or `refused`.
    Outcome<ConfigReport> change(const std::string& set, Duration patience);

private:
    void take(const Message& message);
    void take_status(const std::string& payload);
    Outcome<std::string> signed_change(const std::string& set);

    MqttSession& session_;
    std::string identity_;
    const SigningKey* key_;
    bool online_ = false;
    bool has_status_ = false;
    std::string device_key_;
    std::string waiting_for_;
    std::optional<ConfigReport> latest_;
    std::optional<ConfigReport> ended_;
};

// "the device has refused the change: ... (config.unsigned)"; success for what was kept.
Outcome<void> judge(const ConfigReport& report);

}  // namespace esb::cli
