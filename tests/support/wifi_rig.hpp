// The Wi-Fi supervisor over a scripted radio, with everything it says written down.
#pragma once

#include "esb/wifi/supervisor.hpp"
#include "support/scripted_radio.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace esb::test {

wifi::KnownNetwork known(std::string_view ssid, std::string_view passphrase = "", int priority = 0);

struct WifiRecorder : wifi::Listener, wifi::Witness {
    void on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) override;
    void on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration wait) override;
    void on_portal_opened(wifi::PortalWhy why) override { log.push_back("open: " + std::string(wifi::name(why))); }
    void on_portal_closed(wifi::PortalWhy why) override { log.push_back("closed: " + std::string(wifi::name(why))); }
    void on_given_up() override { log.push_back("given up"); }
    void on_row(const wifi::LinkRow& row) override { links.push_back(&row); }
    void on_row(const wifi::PortalRow& row) override { portals.push_back(&row); }
    bool said(std::string_view line) const { return std::find(log.begin(), log.end(), line) != log.end(); }

    std::vector<std::string> log;
    std::vector<Duration> waits;
    std::vector<const wifi::LinkRow*> links;
    std::vector<const wifi::PortalRow*> portals;
};

// Waits are the shortest possible: the entropy is zero.
struct WifiRig {
    explicit WifiRig(std::uint8_t random = 0) : entropy(random) { policy.portal_available = true; }

    void start() { static_cast<void>(supervisor.start("", "host", now)); }
    void step(Duration later = Duration(0));
    // Goes to the next deadline.
    void next();
    void use(std::initializer_list<wifi::KnownNetwork> networks);
    void use(std::string_view ssid) { use({known(ssid)}); }
    void joined();
    void address(std::uint8_t last = 7);
    void left(chip::DisconnectReason reason = chip::DisconnectReason::signal_lost);
    void say(chip::RadioEvent::Kind kind);
    void phone(bool here);
    void scanned(std::initializer_list<std::pair<std::string_view, int>> heard);

    void spots(std::initializer_list<ScriptedRadio::Heard> heard);
    // A cable serves.
    void wire(std::uint8_t last) { supervisor.wire_up({chip::IpAddress::v4(10, 0, 0, last), {}, {}, {}}, now); }
    // The access point that the latest join asked for; 0: whichever.
    int spot() const;

    // Shortcuts to states.
    void to_joining() { start(), use("Home"); }
    void to_fresh() { to_joining(), joined(), address(); }
    // As kept_link() says, without a broker yet.
    void to_fresh_as_before_a_sleep();
    chip::KnownLink kept_link() const;
    void to_up() { to_fresh(), step(policy.settle_time); }
    void to_scanning() { start(), use({known("Home"), known("Work")}); }
    void to_waiting() { to_joining(), left(); }
    void to_paused() { to_waiting(), phone(true); }
    // Up on "Home", the stronger of two, without a broker.
    void to_looking();
    // Up on "Home" with a weak signal from its access point 1.
    void to_roaming();
    // The portal opened by itself: there is no network.
    void to_opening() { start(), step(); }
    void to_open() { to_opening(), say(Kind::access_point_started); }
    void to_grace() { to_open(), use("Home"), joined(), address(); }
    void to_closing() { to_open(), supervisor.close_portal(now); }

    using Kind = chip::RadioEvent::Kind;
    static constexpr Duration kept_lease = std::chrono::minutes(25);
    ScriptedRadio radio;
    FixedEntropy entropy;
    WifiRecorder said;
    wifi::Policy policy;
    wifi::Supervisor supervisor{radio, entropy, said, policy, &said};
    Instant now{};
};

}  // namespace esb::test
