// What the set-up pages need of the device. device/ implements it.
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/radio.hpp"
#include "esb/life/snapshot.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/shelf.hpp"
#include "esb/settings/store.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace esb::portal {

// What a page asks for and the device does once the answer has left; a later one weighs more than an earlier one.
enum class Later : std::uint8_t {
    result_shown,  // somebody has seen how the set-up ended: the access point may close
    close,         // somebody is done with the pages
    restart,
};

// Called from the reactor's task, from within the web server's callbacks: none of these may stop the portal at once.
// Views hold until the next turn.
class Host {
public:
    virtual ~Host() = default;

    virtual life::Snapshot snapshot() const = 0;
    // The latest update, whether it came by MQTT or from this page.
    virtual const ota::Progress& update() const = 0;
    // Where an image from the browser goes.
    virtual ota::Uploads& uploads() = 0;
    // For its scans.
    virtual chip::Radio& radio() const = 0;

    virtual const settings::Schema& schema() const = 0;
    virtual const settings::Store& settings() const = 0;
    // For certificates; null where this firmware knows none.
    virtual settings::Shelf* shelf() = 0;
    // A request for a certificate for a key of this device (PKCS#10), as PEM. too_long; not_found where this firmware
    // knows no certificates.
    virtual Result<std::string_view> certificate_request(std::span<char> out) = 0;
    // Proposes a change (Origin::portal) as the console does: at once, or on trial once the device is commissioned.
    // config_on_trial, the errors of settings::Store::stage().
    virtual Status change(const settings::Patch& patch) = 0;
    // Of the console; only its slow hash is stored, an empty one removes the lock. The errors of crypto::hash_password().
    virtual Status set_console_password(std::string_view password) = 0;
    // Tries Wi-Fi and broker as soon as the change is in use, although a phone is at the access point and whatever pause
    // is being kept: the network named `ssid` first, also when another one is joined. Empty: whichever.
    virtual void try_now(std::string_view ssid) = 0;

    // One line of the flight recorder as text, oldest first: writes it into `out` (at least 160 bytes) and moves
    // `number` (0 at first) on to it; empty at the end.
    virtual std::string_view log_line(std::uint32_t& number, std::span<char> out) const = 0;

    // What somebody says of an update that waits: "install", "postpone 2h", "skip". ota_nothing_waits, ota_word, the store's
    // errors; not_found where this firmware's updates do not wait.
    virtual Status say_of_update(std::string_view word) = 0;

    virtual void later(Later what) = 0;
    // Wipes settings and secrets and restarts.
    virtual Status factory_reset() = 0;
    // Somebody has the page open.
    virtual void page_served() = 0;
    // The page has done something (an accepted POST, which no other site's page can make): with no broker to be healthy
    // with, that is the proof of a firmware on trial.
    virtual void page_used() = 0;
};

}  // namespace esb::portal
