// What is worth a line of the flight recorder (docs/health.md).
#pragma once

#include "esb/chip/radio.hpp"
#include "esb/net/reactor.hpp"
#include "esb/ota/updater.hpp"
#include "esb/record/recorder.hpp"
#include "esb/settings/trial.hpp"

#include <cstdint>

namespace esb {

// Somebody has said it already, with the topic and the size.
bool told_already(const std::optional<Error>& why);

// Told what happens; decides nothing.
class Notes {
public:
    Notes(record::Recorder& recorder, net::Reactor& reactor) : recorder_(recorder), reactor_(reactor) {}

    void settings_loaded(const Result<settings::Loaded>& loaded);
    // The local-only settings are lost.
    void trust_lost();
    // What became of a change of settings.
    void config(const settings::Report& report);

    void link_down(chip::DisconnectReason reason);
    void broker_lost(const Error& why);
    void on_line(bool online);
    // This start has ended a deep sleep: that it is on line again is no news.
    void woke() { woke_ = true; }
    // A subscription that is missing, a message that was dropped.
    void topic(record::LogTopic topic, const Error& why);
    void update(const ota::Progress& progress);
    // The run before crashed; the address is 0 when it is not known.
    void crash(std::uint32_t address);
    // An event of the author's.
    void author(const ErrorKind& event, std::int32_t detail);

private:
    std::uint32_t seconds_up() const;

    record::Recorder& recorder_;
    net::Reactor& reactor_;
    bool woke_ = false;
    bool config_staged_ = false;        // the latest report was of a trial that had begun
    std::uint32_t off_line_since_ = 0;  // seconds up
};

}  // namespace esb
