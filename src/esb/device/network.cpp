#include "esb/device/network.hpp"

#include "esb/base/features.hpp"
#include "esb/device/accounts.hpp"
#if ESB_DEEP_SLEEP
#include "esb/record/known_link.hpp"
#endif

#include <algorithm>

namespace esb {

namespace names = settings::names;

Network::Network(const Parts& parts)
    : parts_(parts),
      wifi_(parts.chip.radio, parts.chip.entropy, *this, parts.policy.wifi),
#if ESB_ETHERNET
      wire_(parts.chip.wire, parts.chip.entropy, *this, parts.policy.wifi),
#endif
      last_network_(parts.chip.key_value) {}

void Network::start() {
    last_network_.load();
    host_name_ = host_name(parts_.store, parts_.identity);
    static_cast<void>(country_.assign(parts_.store.text(names::wifi_country)));  // its length is the schema's
    wifi_.set_commissioned(parts_.commissioned.is());
    wifi_.remember(last_network_.ssid());
    resume();
    parts_.voice.tell("wifi", wifi_.start(country_, host_name_, parts_.reactor.now()));
#if ESB_ETHERNET
    parts_.voice.tell("wire", wire_.start(host_name_, parts_.reactor.now()));
#endif
}

// Whatever else has switched the device on, power may have failed meanwhile and the world be another.
void Network::resume() {
#if ESB_DEEP_SLEEP
    const auto known = record::take_known_link(parts_.chip.retained_ram);
    if (known && parts_.chip.system.reset_reason() == chip::ResetReason::deep_sleep) wifi_.resume(*known);
#endif
}

void Network::use_access_point() {
    if constexpr (!with_portal) return;
    chip::AccessPointConfig config;
    static_cast<void>(config.ssid.assign(parts_.identity));  // made from the MAC: 16 characters
    static_cast<void>(config.passphrase.assign(as_bytes(parts_.store.text(names::ap_pass))));
    if (const auto address = chip::parse_ipv4(parts_.store.text(names::ap_address))) config.address = *address;
    wifi_.set_access_point(config);
}

void Network::use_networks(Instant now) {
    const auto networks = known_networks(parts_.store);
    wifi_.use({networks.begin(), networks.size()}, now);
}

Status Network::open_portal() {
    use_access_point();  // what was set in this very turn counts
    return wifi_.open_portal(parts_.reactor.now());
}

void Network::tell_about_broker() {
    const auto without = parts_.link.account().complete() ? wifi::Broker::sought : wifi::Broker::unused;
    wifi_.set_broker(parts_.online.load() ? wifi::Broker::reached : without, parts_.reactor.now());
}

void Network::led_to_broker() {
    wifi_.set_commissioned(true);
    if (const auto* last_good = wifi_.last_good()) last_network_.note(*last_good);
}

void Network::step(Instant now) {
    const auto update = parts_.updater.progress().state;
    const bool held = update == ota::State::downloading || update == ota::State::verifying ||
                      update == ota::State::rebooting;
    wifi_.hold_link(held);
#if ESB_ETHERNET
    wire_.set_radio(wifi_.is_joined(), held);
    wire_.step(now);  // first: with an address by cable the station need not join
#endif
    wifi_.step(now);
}

void Network::on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) {
    const auto now = parts_.reactor.now();
    if (parts_.voice.info()) tell_link_up(ssid, ip.address);
    parts_.link.set_network(true, now);
    parts_.config.trial().address_obtained(now);
    parts_.improv.link_up(ssid.view());
    parts_.time.set_network(true);
    parts_.set_up.link_up(ssid, ip.address);
    // Set up by other means: nobody has a page open to see how it went.
    const bool nobody_looks = wifi_.portal() == wifi::PortalState::grace && !parts_.set_up.visited();
    if (nobody_looks) wifi_.portal_result_shown(now);
}

void Network::tell_link_up(const chip::Ssid& ssid, const chip::IpAddress& address) {
    auto& out = parts_.voice.out();
    if (wifi_.is_wired()) {
        out.text("wire: address ").line(chip::to_text(address).view());
        return;
    }
    out.text("wifi: joined ").quoted(as_bytes(ssid)).text(", address ").text(chip::to_text(address));
    out.line(with_deep_sleep && wifi_.resumed() ? ", as before the sleep" : "");
}

void Network::tell_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) {
    auto& out = parts_.voice.out();
    if (with_ethernet && ssid.empty()) {
        out.text("wire: ").text(chip::name(reason)).line(", back to Wi-Fi");
        return;
    }
    out.text("wifi: ").quoted(ssid.view()).text(": ").text(chip::name(reason));
    if (wifi_.is_wired()) {
        out.line(", the cable serves");
        return;
    }
    if (reason == chip::DisconnectReason::network_not_found && is_known_unhidden(ssid)) {
        out.text(" (if it hides its name: wifi connect ... hidden)");
    }
    out.text(", next try in ").number(next_try.count()).line(" ms");
}

void Network::on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) {
    tell_link_down(ssid, reason, next_try);
    parts_.link.set_network(false, parts_.reactor.now());
    parts_.config.trial().address_lost();
    parts_.improv.link_down(ssid.view(), reason);
    parts_.time.set_network(false);
    parts_.notes.link_down(reason);
    parts_.set_up.link_down(ssid, reason);
}

#if ESB_ETHERNET
void Network::on_wire_silent() {
    parts_.voice.out().text("wire: cable in, ").line(chip::name(chip::DisconnectReason::no_address));
    parts_.notes.link_down(chip::DisconnectReason::no_address);
}
#endif

bool Network::is_known_unhidden(const chip::Ssid& ssid) const {
    const auto known = known_networks(parts_.store);
    return std::any_of(known.begin(), known.end(), [&ssid](const wifi::KnownNetwork& network) {
        return network.station.ssid == ssid && !network.station.hidden;
    });
}

void Network::on_portal_opened(wifi::PortalWhy why) {
    const auto address = parts_.store.text(names::ap_address);
    auto& out = parts_.voice.out();
    if (parts_.voice.info()) {
        out.text("portal: open, ").text(wifi::name(why)).text(": join ").text(parts_.identity);
        out.text(", then http://").text(address).line("/");
    }
    const auto at = chip::parse_ipv4(address);
    if (parts_.voice.tell("portal", at ? parts_.set_up.open(*at) : Status(fail(at.error())))) return;
    wifi_.close_portal(parts_.reactor.now());
}

void Network::on_portal_closed(wifi::PortalWhy why) {
    parts_.set_up.close();
    if (parts_.voice.info()) parts_.voice.out().text("portal: closed, ").line(wifi::name(why));
}

void Network::on_given_up() {
    parts_.voice.out().line("wifi: no link in time, restarting");
    parts_.restart.request();
}

}  // namespace esb
