// Updates, as the device sees them: whose are trusted, and what console, flight recorder and broker hear of them.
#pragma once

#include "esb/base/task.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/app.hpp"
#include "esb/device/notes.hpp"
#include "esb/device/restart.hpp"
#include "esb/device/voice.hpp"
#include "esb/life/device_key.hpp"
#include "esb/link/publisher.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/store.hpp"

namespace esb {

class CertificateDesk;

class Updates final : public Task, private ota::UpdaterHandler {
public:
    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        net::Names& names;
        const settings::Store& store;
        link::Publisher& publisher;
        const link::BrokerLink& link;
        const life::DeviceKey& device_key;
        const AppDesc& app;
        Restart& restart;
        CertificateDesk* certificates;  // null: this firmware knows none
        Notes& notes;
        Voice& voice;
    };
    explicit Updates(const Parts& parts);

    ota::Updater& updater() { return updater_; }
    const ota::Updater& updater() const { return updater_; }

    // At boot, once the settings are loaded.
    void begin(const Identity& identity);
    // What the settings say of updates.
    void use_settings();
    // Makes anew what the update engine has lost. trust_lost when the local-only settings are: only a reset ends that.
    Status repair_trust(std::uint32_t counter);

    // A connection is there, or the broker may have lost it: <base>/ota/status is sent.
    void report() { to_send_ = true; }
    // Nothing of it waits to be sent.
    bool reported() const { return !to_send_; }

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // the engine is a task of its own

private:
    void on_progress(const ota::Progress& progress) override;
    void on_restart_wanted() override { parts_.restart.request(); }
    void trust_keys();
    bool trust(std::string_view key);

    Parts parts_;
    ota::Updater updater_;
    bool to_send_ = false;
};

}  // namespace esb
