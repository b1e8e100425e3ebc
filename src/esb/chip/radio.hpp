// Wi-Fi: a station, an access point, a scanner.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/result.hpp"
#include "esb/base/secret.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/errors.hpp"
#include "esb/chip/network.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace esb::chip {

using Mac = std::array<std::uint8_t, 6>;  // as on the air
// A network name: up to 32 arbitrary bytes (IEEE 802.11 §9.4.2.2), not necessarily text.
using Ssid = FixedString<32>;
// 8 to 63 characters, or 64 hex digits of the derived key; empty for an open network.
using Passphrase = Secret<64>;

enum class Auth : std::uint8_t { open, wep, wpa, wpa2, wpa2_wpa3, wpa3, enterprise, unknown };  // how it is protected
std::string_view name(Auth auth);                                                               // "wpa2_wpa3"

// Why a station is not, or no longer, joined. The port maps its own codes to these.
enum class DisconnectReason : std::uint8_t {
    unknown,
    requested,            // leave() or another join()
    network_not_found,    // no access point with this name answers
    wrong_password,       // the four-way handshake failed
    auth_refused,         // authentication refused or expired
    association_refused,  // full, or not allowed
    signal_lost,          // beacons stopped
    closed_by_peer,       // the access point ended it
    no_address,           // joined, but DHCP stayed silent
    cable_out,            // of the wire (wire.hpp): nothing is plugged in any more
    server_refused,       // by us: an enterprise network's server is not who it should be
};
std::string_view name(DisconnectReason reason);

// How an enterprise network lets stations in (IEEE 802.1X); none: with a passphrase, or open.
enum class Eap : std::uint8_t { none, peap, tls };

// What such a network is joined with. The server is always verified: by its authority and by its name.
struct Enterprise {
    using Certificate = std::array<std::uint8_t, 32>;  // SHA-256 of its DER; EnterpriseTrust has the bytes

    Eap method = Eap::none;    // how
    FixedString<64> anonymous;  // told to everybody near; empty: the user's name
    FixedString<64> user;       // told to the server
    Secret<64> password;        // peap
    FixedString<128> server;    // name in the server's certificate
    Certificate authority{};    // that has signed it
    Certificate own{};          // tls: the device's
    friend bool operator==(const Enterprise&, const Enterprise&) = default;
};

// Where a port gets certificates and keys from when it joins. Called from the reactor's task.
class EnterpriseTrust {
public:
    virtual ~EnterpriseTrust() = default;
    // Certificates as DER, one behind another. not_found.
    virtual Result<ConstBytes> certificates(const Enterprise::Certificate& name, MutBytes room) = 0;
    // The private key of such a certificate of the device's: 32 bytes, on P-256. not_found.
    virtual Result<Secret<32>> key(const Enterprise::Certificate& name) = 0;
    // What time it is, if anybody knows.
    virtual bool knows_time() const = 0;
};

struct StationConfig {         // a network to join
    Ssid ssid;                 // its name
    Passphrase passphrase;     // empty: open
    bool hidden = false;       // it does not tell its name
    std::optional<Mac> bssid;  // only this access point
    std::uint8_t channel = 0;  // where it is looked for first; 0: nobody knows
    AddressConfig ip;          // DHCP unless said
#if ESB_WIFI_ENTERPRISE
    Enterprise enterprise;     // instead of a passphrase
#endif
    friend bool operator==(const StationConfig&, const StationConfig&) = default;
};

struct AccessPointConfig {          // the one of the set-up page
    Ssid ssid;                      // the name it tells
    Passphrase passphrase;          // at least 8 characters
    IpAddress address;              // the chip's own; it serves DHCP around it
    std::uint8_t channel = 1;       // 1 to 13; that of the station while it is joined
    std::uint8_t max_stations = 1;  // phones at once
};

struct ScanEntry {              // a network that was heard
    Ssid ssid;                  // empty: it hides its name
    Mac bssid{};                // the access point
    std::int8_t rssi = 0;       // dBm
    std::uint8_t channel = 0;   // where it was heard
    Auth auth = Auth::unknown;  // how it is protected
};

struct Link {                  // of the joined station
    Mac bssid{};               // the access point
    std::int8_t rssi = 0;      // dBm
    std::uint8_t channel = 0;  // where it is
};

struct RadioEvent {                   // what has happened; members say for which kinds they count
    enum class Kind : std::uint8_t {  // what it was
        station_joined,               // associated, no address yet
        station_address,
        station_left,  // also the outcome of a failed join()
        scan_done,
        access_point_started,
        access_point_stopped,
        client_joined,  // of our access point
        client_left,
    };
    Kind kind;                                            // what it was
    DisconnectReason reason = DisconnectReason::unknown;  // station_left
    std::int32_t raw_reason = 0;                          // station_left: the driver's own code
    AddressConfig ip{};                                   // station_address
    std::chrono::seconds lease{0};  // station_address: of DHCP's address; 0: not known, or a fixed one
    Mac client{};                   // client_joined, client_left
};

// How a network was joined once: the next join finds the access point without a scan, and with `ip` asks no DHCP server.
struct KnownLink {
    Ssid ssid;                 // its name
    Mac bssid{};               // the access point
    std::uint8_t channel = 0;  // where it was
    AddressConfig ip;          // what DHCP gave; all zero: to be asked for
    Duration lease{};          // so long `ip` may still be used
    friend bool operator==(const KnownLink&, const KnownLink&) = default;
};

enum class PowerSave : std::uint8_t { none, modem_sleep };  // modem_sleep: the receiver rests between beacons

// A new event wakes the reactor. Station and access point may be on together.
class Radio {
public:
    virtual ~Radio() = default;

    // Brings the driver up; must succeed before the others. `country` is two letters, "" = world-safe.
    virtual Status start(std::string_view country, std::string_view host_name) = 0;

    // Starts joining; ends an earlier join first. Success or failure comes as events. One try, no own retries.
    virtual Status join(const StationConfig& network) = 0;
    virtual Status leave() = 0;
    // Empty when not joined.
    virtual std::optional<Link> link() const = 0;
    virtual Status set_power_save(PowerSave mode) = 0;
#if ESB_WIFI_ENTERPRISE
    // What enterprise networks are joined with; it outlives the radio's use. Without it join() of one fails.
    virtual void set_trust(EnterpriseTrust& trust) = 0;
#endif

    // Starts a scan of all channels; scan_done follows. `busy` while one runs.
    virtual Status start_scan() = 0;
    // The latest scan's networks, strongest first, as many as fit; returns how many.
    virtual std::size_t scan_results(std::span<ScanEntry> out) const = 0;

    // access_point_started follows. radio_open_ap when the passphrase is shorter than 8 characters.
    virtual Status start_access_point(const AccessPointConfig& config) = 0;
    // access_point_stopped follows once it is off the air, also when it was off before.
    virtual Status stop_access_point() = 0;
    virtual std::size_t access_point_clients(std::span<Mac> out) const = 0;

    virtual std::optional<RadioEvent> next_event() = 0;  // the oldest not yet taken
};

}  // namespace esb::chip
