// The device behind the set-up pages: what they show, what they may do, and what they are told of the way to the broker.
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

class PortalHost final : public Task, public portal::Host, public ChangeListener {
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

    // The access point is on the air: serves the pages. The errors of Portal::open().
    Status open(const chip::IpAddress& address);
    // It is not any more.
    void close();
    // No reply is under way.
    bool idle() const { return parts_.portal.idle(); }

    // What happens on the way that somebody tries (portal::Attempt).
    void link_up(const chip::Ssid& ssid, const chip::IpAddress& address);
    void link_down(const chip::Ssid& ssid, chip::DisconnectReason reason);
    void broker_stage(link::BrokerLink::Stage stage);
    void broker_failed(const Error& why);
    void round_trip() { parts_.portal.attempt().round_trip(); }
    void on_reverted(const settings::Report& report, Proposer by) override;

    // What was asked for and must wait until the reply has left: the page's own access point is about to go.
    void step(Instant now) override;
    // Does what try_now() has asked for; once the settings are in use.
    void begin_try(Instant now);
    std::optional<Instant> deadline() const override { return to_try_ ? std::optional(Instant{}) : due_; }
    // Somebody has used the pages since the portal opened.
    bool visited() const { return visited_; }

    life::Snapshot snapshot() const override { return parts_.snapshot.read(); }
    const ota::Progress& update() const override { return parts_.updater.progress(); }
    ota::Uploads& uploads() override { return parts_.updater; }
    chip::Radio& radio() const override { return parts_.chip.radio; }
    const settings::Schema& schema() const override { return parts_.schema; }
    const settings::Store& settings() const override { return parts_.store; }
    settings::Shelf* shelf() override {
        auto* const desk = parts_.config.certificates();
        return desk != nullptr ? &desk->shelf() : nullptr;
    }
    Result<std::string_view> certificate_request(std::span<char> out) override {
        auto* const desk = parts_.config.certificates();
        return desk != nullptr ? desk->request(parts_.snapshot.read().identity, out) : fail(errors::not_found);
    }
    Status change(const settings::Patch& patch) override { return parts_.config.propose(patch, Proposer::portal); }
    Status set_console_password(std::string_view password) override;
    void try_now(std::string_view ssid) override;
    std::string_view log_line(std::uint32_t& number, std::span<char> out) const override;
    Status say_of_update(std::string_view word) override {
        if constexpr (with_update_policy) return parts_.updater.obey(word);
        return fail(errors::not_found);
    }
    void later(portal::Later what) override;
    Status factory_reset() override;
    void page_served() override { visited_ = true; }
    void page_used() override;

private:
    void reset();
    bool at_work() const;

    Parts parts_;
    bool visited_ = false;
    std::optional<chip::Ssid> to_try_;
    portal::Later later_ = portal::Later::result_shown;
    std::optional<Instant> due_;
};

}  // namespace esb
