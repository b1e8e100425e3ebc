// The device behind the set-up pages: what they show, and what they may do.
#pragma once

#include "esb/base/task.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/device/restart.hpp"
#include "esb/device/snapshot_reader.hpp"
#include "esb/portal/portal.hpp"
#include "esb/record/log_words.hpp"
#include "esb/record/recorder.hpp"
#include "esb/wifi/supervisor.hpp"

#include <atomic>
#include <optional>

namespace esb {

// Reactor's task only.
class PortalHost final : public Task, public portal::Host {
public:
    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        settings::Store& store;
        const settings::Schema& schema;
        wifi::Supervisor& wifi;
        link::BrokerLink& link;
        ota::Updater& updater;
        ConfigChanges& config;
        portal::Portal& portal;
        const record::Recorder& recorder;
        const record::Names& log_names;
        const SnapshotReader& snapshot;
        const std::atomic<bool>& online;
        Restart& restart;
    };
    explicit PortalHost(const Parts& parts) : parts_(parts) {}

    // What was asked for and must wait until the reply has left: the page's own access point is about to go.
    void step(Instant now) override;
    // Does what try_now() has asked for; once the settings are in use.
    void begin_try(Instant now);
    std::optional<Instant> deadline() const override { return to_try_ ? std::optional(Instant{}) : due_; }
    // Somebody has used the pages since the portal opened.
    bool visited() const { return visited_; }
    // The portal opens or has closed: nobody has used it, nothing waits.
    void reset();

    life::Snapshot snapshot() const override { return parts_.snapshot.read(); }
    const ota::Progress& update() const override { return parts_.updater.progress(); }
    ota::Uploads& uploads() override { return parts_.updater; }
    chip::Radio& radio() const override { return parts_.chip.radio; }
    const settings::Schema& schema() const override { return parts_.schema; }
    const settings::Store& settings() const override { return parts_.store; }
    Status change(const settings::Patch& patch) override { return parts_.config.propose(patch, Proposer::portal); }
    Status set_console_password(std::string_view password) override;
    void try_now(std::string_view ssid) override;
    std::string_view log_line(std::uint32_t& number, std::span<char> out) const override;
    void later(portal::Later what) override;
    Status factory_reset() override;
    void page_served() override { visited_ = true; }
    void page_used() override;

private:
    bool at_work() const;

    Parts parts_;
    bool visited_ = false;
    std::optional<chip::Ssid> to_try_;
    portal::Later later_ = portal::Later::result_shown;
    std::optional<Instant> due_;
};

}  // namespace esb
