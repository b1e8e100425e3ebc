// A radio whose air is a table: joins, scans, address assignment and the access point as a small state machine.
// FileRadio (real process) and SimRadio (in-process) are this with two ways to change the table.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/sockets.hpp"
#include "host/vchip/wait_source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace esb::vchip {

// What the "DHCP server" of a chip whose sockets are the host's gives.
inline constexpr chip::AddressConfig loopback_lease{
    chip::IpAddress::v4(127, 0, 0, 1), chip::IpAddress::v4(255, 0, 0, 0), chip::IpAddress::v4(127, 0, 0, 1),
    chip::IpAddress::v4(127, 0, 0, 1)};

// One access point in the air.
struct AirNetwork {
    chip::Ssid ssid;
    std::string passphrase;
    struct Server {  // of an enterprise network: what it shows, and whom it lets in
        chip::Enterprise::Certificate authority{};
        std::string name;
        std::string user;
        std::string password;                     // empty: no PEAP
        chip::Enterprise::Certificate station{};  // the certificate it lets in by TLS; all zero: none
        friend bool operator==(const Server&, const Server&) = default;
    };
    std::optional<Server> server;
    std::int8_t rssi = -50;
    std::uint8_t channel = 1;
    chip::Auth auth = chip::Auth::wpa2;
    bool dhcp = true;  // false: it hands out no addresses
    bool hidden = false;
    std::optional<chip::DisconnectReason> refuses;  // it takes no station, whatever its password
    chip::IpAddress address{};  // what its DHCP hands out: whoever keeps one of another /24 reaches nobody; unset: the chip's usual one
    std::optional<Duration> drops_after;  // it ends every join so long after it gave the address
    chip::Mac bssid{};                    // all zero: made from the name and the position in the table
};

// Everything around the chip that its antenna can notice.
struct Air {
    bool on = true;  // false: nothing can be heard
    std::vector<AirNetwork> networks;
    std::vector<chip::Mac> phones;  // stations that want to join our access point
};

inline constexpr std::size_t air_networks_max = 64;
inline constexpr std::size_t air_phones_max = 16;

// How long things take.
struct RadioTiming {
    Duration join{150};           // the access point is looked for
    Duration join_on_channel{50};  // it is where the station has been told
    Duration handshake_failure{300};
    Duration address{50};          // by DHCP; a fixed one takes none
    std::chrono::seconds lease{3600};
    Duration no_address{5000};
    Duration scan{300};
};

// `link` is true exactly while the station has an address. Everything on the reactor's task.
class VirtualRadio : public chip::Radio, public WaitSource {
public:
    // `lease` is what DHCP gives to the station.
    VirtualRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease);

    // Replaces what can be heard. A joined network that is gone leaves with signal_lost; a changed passphrase
    // matters at the next join. More than the limits above is cut off.
    void set_air(Air air);
    const Air& air() const { return air_; }
    void set_timing(const RadioTiming& timing) { timing_ = timing; }
    // The running access point; nullptr when there is none.
    const chip::AccessPointConfig* access_point() const { return ap_ ? &*ap_ : nullptr; }
    // Ends the join from outside, as an access point does.
    void kick(chip::DisconnectReason reason);
    std::string_view host_name() const { return host_name_; }
    chip::PowerSave power_save() const { return power_save_; }
    bool has_address() const { return state_ == State::up; }
    // Back to unpowered, silently.
    void power_off();

    Status start(std::string_view country, std::string_view host_name) override;
    Status join(const chip::StationConfig& network) override;
    Status leave() override;
    std::optional<chip::Link> link() const override;
    Status set_power_save(chip::PowerSave mode) override;
#if ESB_WIFI_ENTERPRISE
    void set_trust(chip::EnterpriseTrust& trust) override { trust_ = &trust; }
#endif
    Status start_scan() override;
    std::size_t scan_results(std::span<chip::ScanEntry> out) const override;
    Status start_access_point(const chip::AccessPointConfig& config) override;
    Status stop_access_point() override;
    std::size_t access_point_clients(std::span<chip::Mac> out) const override;
    std::optional<chip::RadioEvent> next_event() override;

    std::optional<Instant> due() const override;
    void poll() override;

    // Told of every start and stop (nullptr) of the access point.
    void on_access_point(std::function<void(const chip::AccessPointConfig*)> told) { ap_told_ = std::move(told); }

private:
    enum class State : std::uint8_t { idle, joining, refusing, waiting_address, silent_dhcp, up };

#if ESB_WIFI_ENTERPRISE
    Status take_trust(const chip::Enterprise& with) const;
#endif
    bool timed() const { return state_ != State::idle && (state_ != State::up || drops_); }
    std::optional<Duration> air_drop() const;
    void emit(const chip::RadioEvent& event);
    void tell(const chip::RadioEvent& event) const;
    void leave_with(chip::DisconnectReason reason);
    void set_state(State state, Duration until = Duration::zero());
    bool is_stranded() const;
    const AirNetwork* find_target() const;
    const AirNetwork* find_joined() const;
    bool finds_at_once() const;
    chip::AddressConfig lease_of(const AirNetwork& network) const;
    void get_address();
    void finish_join();
    void step_station();
    void finish_scan();
    void set_access_point(std::optional<chip::AccessPointConfig> config);
    void update_phones();

    const chip::Clock& clock_;
    chip::Wake& wake_;
    StationLink& station_;
    chip::AddressConfig lease_;
    RadioTiming timing_;
    Air air_;

    bool started_ = false;
    std::string host_name_;
    chip::PowerSave power_save_ = chip::PowerSave::none;
    State state_ = State::idle;
    Instant state_until_{};
    bool drops_ = false;  // up, but not for long
    chip::DisconnectReason refusal_ = chip::DisconnectReason::unknown;
    chip::StationConfig target_;
#if ESB_WIFI_ENTERPRISE
    chip::EnterpriseTrust* trust_ = nullptr;
#endif
    chip::Mac joined_{};
    std::optional<Instant> scan_until_;
    std::vector<chip::ScanEntry> scan_;
    std::optional<chip::AccessPointConfig> ap_;
    std::function<void(const chip::AccessPointConfig*)> ap_told_;
    std::vector<chip::Mac> clients_;
    FixedQueue<chip::RadioEvent, 64> events_;
};

}  // namespace esb::vchip
