// The device's link: the supervisor, the wire beside the radio, and to whom their news go.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/task.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/browser_set_up.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/device/restart.hpp"
#include "esb/device/set_up.hpp"
#include "esb/device/time_keeper.hpp"
#include "esb/life/last_network.hpp"
#include "esb/wifi/supervisor.hpp"
#if ESB_ETHERNET
#include "esb/wifi/wired_link.hpp"
#endif

#include <atomic>

namespace esb {

class Network final : public Task,
#if ESB_ETHERNET
                      private wifi::WireListener,
#endif
                      private wifi::Listener {
public:
    struct Parts {
        chip::Chip& chip;
        net::Reactor& reactor;
        const settings::Store& store;
        const Identity& identity;
        link::BrokerLink& link;
        const std::atomic<bool>& online;
        const ota::Updater& updater;
        const life::Commissioned& commissioned;
        ConfigChanges& config;
        TimeKeeper& time;
        BrowserSetUp& improv;
        SetUp& set_up;
        Restart& restart;
        Notes& notes;
        Voice& voice;
        const Policy& policy;
    };
    explicit Network(const Parts& parts);

    wifi::Supervisor& wifi() { return wifi_; }
    const wifi::Supervisor& wifi() const { return wifi_; }
#if ESB_ETHERNET
    const wifi::WiredLink& wire() const { return wire_; }
#endif

    // At boot, once the settings are loaded.
    void start();
    void use_access_point();
    void use_networks(Instant now);
    // Puts the set-up access point on the air, as the settings have it now, or keeps it there for longer. wifi_no_portal.
    Status open_portal();
    // Whether a broker is wanted, and reached.
    void tell_about_broker();
    // The network has led to the broker: it is tried first after the next start.
    void led_to_broker();

    void step(Instant now) override;
    std::optional<Instant> deadline() const override {
#if ESB_ETHERNET
        return earliest(wifi_.deadline(), wire_.deadline());
#else
        return wifi_.deadline();
#endif
    }

private:
    void on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) override;
    void on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) override;
    void on_portal_opened(wifi::PortalWhy why) override;
    void on_portal_closed(wifi::PortalWhy why) override;
    void on_given_up() override;
#if ESB_ETHERNET
    void on_wire_up(const chip::AddressConfig& ip) override { wifi_.wire_up(ip, parts_.reactor.now()); }
    void on_wire_down(chip::DisconnectReason reason) override { wifi_.wire_down(reason, parts_.reactor.now()); }
    void on_wire_silent() override;
#endif
    void tell_link_up(const chip::Ssid& ssid, const chip::IpAddress& address);
    void tell_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try);
    void resume();
    bool is_known_unhidden(const chip::Ssid& ssid) const;

    Parts parts_;
    wifi::Supervisor wifi_;
#if ESB_ETHERNET
    wifi::WiredLink wire_;
#endif
    life::LastNetwork last_network_;
    FixedString<identity_max> host_name_;  // as the radio was started with
    FixedString<2> country_;
};

}  // namespace esb
