// How the device is doing, and what it remembers of it: safe mode, flight recorder, time, Home Assistant.
#pragma once

#include "esb/chip/chip.hpp"
#include "esb/console/output.hpp"
#include "esb/device/app.hpp"
#include "esb/device/crash_guard.hpp"
#include "esb/device/home_assistant.hpp"
#include "esb/device/log_publisher.hpp"
#include "esb/device/recorder.hpp"
#include "esb/device/wall_clock.hpp"
#include "esb/net/sntp.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/store.hpp"
#include "esb/settings/trial.hpp"

#include <cstdint>
#include <optional>

namespace esb {

// References outlive it.
struct HealthParts {
    chip::Chip& chip;
    net::Reactor& reactor;
    net::Names& names;
    BrokerLink& link;
    settings::Store& settings;
    console::Output& output;
    const ota::ImageIdentity& image;
};

// Reactor's task only. Core tells it what happens; it decides nothing about connections.
class Health final : private net::SntpHandler {
public:
    explicit Health(const HealthParts& parts);

    // At boot, after KeyValue::mount() and before anything that could be worth noting.
    void begin_log();
    void settings_loaded(const Result<settings::Loaded>& loaded);
    // At boot, when the update engine knows whether the image is on trial: safe mode or not.
    void begin(bool on_trial);

    bool safe_mode() const { return guard_.safe(); }
    Status leave_safe_mode();

    // Call step() every turn, before BrokerLink::step().
    void step(Instant now, bool online);
    std::optional<Instant> deadline() const;

    void link_up() { sntp_.set_network(true); }
    void link_down(chip::DisconnectReason reason);
    void broker_lost(const Error& why);
    void on_line(bool online);
    // Something about a topic: a subscription that is missing, a message that was dropped.
    void topic(LogTopic topic, const Error& why) {
        recorder_.note({LogKind::topic, static_cast<std::uint8_t>(topic), why});
    }
    // What Home Assistant was told is told again.
    void announce_again() { home_assistant_.again(); }
    // What became of a change of settings.
    void config(const settings::Report& report);
    void progress(const ota::Progress& progress);
    // The local-only settings are lost.
    void trust_lost();
    // True if the publish was one of its own.
    bool published(mqtt::Token token, const Status& outcome);
    // What RAM would lose is written.
    void before_restart();

    Recorder& recorder() { return recorder_; }
    const net::SntpClient& sntp() const { return sntp_; }
    const WallClock& clock() const { return wall_clock_; }

private:
    Status on_time(UnixTime now) override;
    void on_no_time(const Error& why) override;
    void apply_settings();
    void watch_heap(Instant now);
    std::uint32_t seconds_up() const;

    HealthParts parts_;
    CrashGuard guard_;
    Recorder recorder_;
    LogPublisher publisher_;
    WallClock wall_clock_;
    net::SntpClient sntp_;
    HomeAssistant home_assistant_;
    std::optional<std::uint32_t> revision_;  // of the settings applied
    std::optional<Error> no_time_;           // said already
    bool config_staged_ = false;             // the latest report was of a trial that had begun
    std::uint32_t off_line_since_ = 0;       // seconds up
    std::size_t heap_noted_ = 0;             // bytes, the lowest noted
    Instant next_heap_{};
};

}  // namespace esb
