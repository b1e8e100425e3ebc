// The device's time of day: asked of a time server, set in the chip, noted in the flight recorder.
#pragma once

#include "esb/chip/chip.hpp"
#include "esb/device/voice.hpp"
#include "esb/net/sntp.hpp"
#include "esb/record/recorder.hpp"
#include "esb/record/wall_clock.hpp"
#include "esb/settings/store.hpp"

#include <optional>

namespace esb {

class TimeKeeper final : private net::SntpHandler {
public:
    TimeKeeper(chip::Chip& chip, net::Reactor& reactor, net::Names& names, record::Recorder& recorder, Voice& voice)
        : recorder_(recorder), voice_(voice), clock_(chip.clock), sntp_(reactor, names, chip.entropy, *this) {}

    // At boot, before anything is noted: true if the clock stood before the firmware's build and was raised.
    bool raise() { return clock_.raise(); }
    // The time server that the settings name.
    void use(const settings::Store& store);
    void set_network(bool up) { sntp_.set_network(up); }

    const net::SntpClient& sntp() const { return sntp_; }
    UnixTime floor() const { return clock_.floor(); }

private:
    Status on_time(UnixTime now) override;
    void on_no_time(const Error& why) override;

    record::Recorder& recorder_;
    Voice& voice_;
    record::WallClock clock_;
    net::SntpClient sntp_;
    std::optional<Error> no_time_;  // said already
};

}  // namespace esb
