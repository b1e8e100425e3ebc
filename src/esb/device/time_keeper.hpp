// The device's time of day: asked of a time server, set in the chip, noted in the flight recorder.
#pragma once

#include "esb/base/features.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/voice.hpp"
#include "esb/net/sntp.hpp"
#include "esb/record/recorder.hpp"
#include "esb/record/wall_clock.hpp"
#include "esb/settings/store.hpp"

#include <algorithm>
#include <optional>

namespace esb {

class TimeKeeper final : private net::SntpHandler {
public:
    TimeKeeper(chip::Chip& chip, net::Reactor& reactor, net::Names& names, record::Recorder& recorder, Voice& voice)
        : key_value_(chip.key_value),
          recorder_(recorder),
          voice_(voice),
          clock_(chip.clock),
          sntp_(reactor, names, chip.entropy, *this) {}

    // At boot, before anything is noted: true if the clock stood before the firmware's build and was raised.
    bool raise() {
        if constexpr (with_certificates) recall();
        return clock_.raise();
    }
    // The time server that the settings name.
    void use(const settings::Store& store);
    void set_network(bool up) { sntp_.set_network(up); }

    const net::SntpClient& sntp() const { return sntp_; }
    UnixTime floor() const { return clock_.floor(); }
    // It cannot be earlier: the firmware was built then, or a time server said so before the power went.
    UnixTime at_least() const { return std::max(clock_.floor(), noted_); }

private:
    Status on_time(UnixTime now) override;
    void on_no_time(const Error& why) override;
    void recall();
    void note(UnixTime now);

    chip::KeyValue& key_value_;
    record::Recorder& recorder_;
    Voice& voice_;
    record::WallClock clock_;
    net::SntpClient sntp_;
    std::optional<Error> no_time_;  // said already
    UnixTime noted_{};              // a day's accuracy is enough, and kind to the flash
};

}  // namespace esb
