// Improv on the serial port: what the engine (console/improv.hpp) asks for, done by the device.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/chip.hpp"
#include "esb/console/console.hpp"
#include "esb/console/improv.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/wifi/supervisor.hpp"

#include <optional>
#include <string_view>

namespace esb {

// "esp32c3" as Espressif writes it and flashing pages compare it: "ESP32-C3". Other chips keep their names.
FixedString<16> chip_family(std::string_view hardware);

// A network that comes this way takes the place of the first one and is tried at once. On a commissioned device the
// change is on trial like any other and ends by itself; the next try here ends it early. A commissioned device whose
// console is locked keeps its network: whoever could change that could cut it off. What goes wrong is also told in words
// on a line of the console.
class ImprovLink final : private console::ImprovDevice {
public:
    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        console::Console& console;
        wifi::Supervisor& wifi;
        ConfigChanges& config;
        const settings::Schema& schema;
        const life::Commissioned& commissioned;
        const ota::ImageIdentity& image;
        const Identity& identity;
    };
    // Stands in front of the console from then on: see Improv::take().
    explicit ImprovLink(const Parts& parts);

    void step(Instant now);
    std::optional<Instant> deadline(Instant now) const;

    // What happens to the device's link.
    void link_up(std::string_view ssid);
    void link_down(std::string_view ssid, chip::DisconnectReason reason);

private:
    void improv_send(ConstBytes frame) override;
    Status improv_join(std::string_view ssid, ConstBytes passphrase) override;
    bool improv_online() const override;
    std::string_view improv_url() const override { return {}; }  // no page is served on the station's side
    console::ImprovInfo improv_info() const override;
    Status improv_scan() override;

    Status propose(std::string_view ssid, ConstBytes passphrase);
    void hand_over_scan();

    struct Scan {
        std::uint32_t count = 0;  // of the supervisor's scans when it began
        Instant until{};
    };

    Parts parts_;
    console::Improv improv_{*this};
    FixedString<16> chip_;  // "ESP32-C3"
    chip::Ssid wanted_;     // of the latest try
    bool to_try_ = false;   // its settings are stored; put to use later in the same turn
    std::optional<Scan> scan_;
};

}  // namespace esb
