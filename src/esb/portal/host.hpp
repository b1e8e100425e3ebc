// What the set-up pages need of the device. device/ implements it.
#pragma once

#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/network.hpp"
#include "esb/chip/radio.hpp"
#include "esb/settings/schema.hpp"
#include "esb/settings/store.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::portal {

// Who the device is; does not change while the firmware runs.
struct About {
    std::string_view identity;  // also the name of the access point
    std::string_view app;
    std::string_view version;
    std::string_view hardware;
    std::uint32_t seq = 0;
    bool safe_mode = false;
    std::span<const std::string_view> protections;  // "sec" of <base>/status: "secure-boot", ...
};

// How it is now.
struct Moment {
    std::string_view wifi;      // name of the link's state: "joining", "up"
    std::string_view ssid;      // of the network that is joined or tried; any bytes
    std::int8_t rssi = 0;       // dBm; 0 while not joined
    chip::IpAddress address{};  // of the station; none without a link
    bool online = false;        // the MQTT round trip has succeeded
    bool commissioned = false;  // it has been on line
    bool key_was_used = false;  // the key of the account has been on line: it is not shown any more
    bool on_trial = false;      // a change of settings waits for its proof
    std::size_t heap = 0;       // bytes free
    std::size_t heap_min = 0;   // the lowest since the start
    Duration up{};              // since the start
    Duration portal_left{};     // until the access point closes by itself
};

// An update, whether it came by MQTT or from this page.
struct UpdateProgress {
    std::string_view state;  // name(ota::State)
    std::string_view version;
    std::uint32_t done = 0;  // bytes
    std::uint32_t size = 0;
    std::optional<Error> error;
};

// Called from the reactor's task, from within the web server's callbacks: none of these may stop the portal at once.
// Views hold until the next turn.
class Host {
public:
    virtual ~Host() = default;

    virtual About about() const = 0;
    virtual Moment moment() const = 0;
    virtual UpdateProgress update() const = 0;

    virtual const settings::Schema& schema() const = 0;
    virtual const settings::Store& settings() const = 0;
    // Proposes a change (Origin::portal) as the console does: at once, or on trial once the device is commissioned.
    // config_on_trial, the errors of settings::Store::stage().
    virtual Status change(const settings::Patch& patch) = 0;
    // Tries Wi-Fi and broker as soon as the change is in use, although a phone is at the access point and whatever pause
    // is being kept: the network named `ssid` first, also when another one is joined. Empty: whichever.
    virtual void try_now(std::string_view ssid) = 0;
    // Of the console; only its slow hash is stored, an empty one removes the lock. The errors of crypto::hash_password().
    virtual Status set_console_password(std::string_view password) = 0;

    // Starts a scan; `busy` while one runs.
    virtual Status scan() = 0;
    // Scans that have ended since the start.
    virtual std::uint32_t scans() const = 0;
    // The latest scan's networks, strongest first, as many as fit; returns how many.
    virtual std::size_t networks(std::span<chip::ScanEntry> out) const = 0;

    // One line of the flight recorder as text, oldest first: writes it into `out` (at least 160 bytes) and moves
    // `number` (0 at first) on to it; empty at the end.
    virtual std::string_view log_line(std::uint32_t& number, std::span<char> out) const = 0;

    // An image from the browser: a signed envelope, LF, then the image (docs/updates.md). The same verification as of
    // an update by MQTT; errors of ota::. `size` is of all of it.
    virtual Status begin_upload(std::uint32_t size) = 0;
    virtual Status upload_piece(ConstBytes piece) = 0;
    // All bytes are here. Success: it will be verified, and the device restarts into it; update() tells.
    virtual Status end_upload() = 0;
    virtual void upload_lost() = 0;

    virtual void restart() = 0;
    // Wipes settings and secrets and restarts.
    virtual Status factory_reset() = 0;
    // Somebody has seen how the set-up ended: the access point may close.
    virtual void result_shown() = 0;
    // Somebody is done with the pages.
    virtual void close_portal() = 0;
    // Somebody has the page open.
    virtual void page_served() = 0;
    // The page has done something (an accepted POST, which no other site's page can make): with no broker to be healthy
    // with, that is the proof of a firmware on trial.
    virtual void page_used() = 0;
};

}  // namespace esb::portal
