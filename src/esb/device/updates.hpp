// Updates, as the device sees them: whose are trusted, and what console, flight recorder and broker hear of them.
#pragma once

#include "esb/base/function.hpp"
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
struct UpdateWaiting;  // device.hpp

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

    // "install", "postpone 2h", "skip": the errors of Updater::obey().
    Status obey(std::string_view word);
    // The same from <base>/ota/do. A retained one is refused: it would be said again with each connection.
    void take_word(const link::Message& message);
    // Called in the device's turn, while an update waits and once none does any more.
    void on_waiting(Function<void(const UpdateWaiting*)> handler) { waiting_handler_ = handler; }

    // A connection is there, or the broker may have lost it: <base>/ota/status is sent.
    void report() { to_send_ = true; }
    // Nothing of it waits to be sent.
    bool reported() const { return !to_send_; }

    void step(Instant now) override;
    std::optional<Instant> deadline() const override { return std::nullopt; }  // the engine is a task of its own

private:
    void on_progress(const ota::Progress& progress) override;
    void on_restart_wanted() override { parts_.restart.request(); }
    void tell_author();
    void use_hours();
    void trust_keys();
    bool trust(std::string_view key);

    Parts parts_;
    ota::Updater updater_;
    bool to_send_ = false;
    bool to_tell_ = false;  // the author,
    bool told_ = false;     // who knows of one that waits
    Function<void(const UpdateWaiting*)> waiting_handler_;
};

}  // namespace esb
