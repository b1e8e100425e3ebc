#include "tests/support/wifi_rig.hpp"

namespace esb::test {

wifi::KnownNetwork known(std::string_view ssid, std::string_view passphrase, int priority) {
    wifi::KnownNetwork network;
    static_cast<void>(network.station.ssid.assign(ssid));
    static_cast<void>(network.station.passphrase.assign(as_bytes(passphrase)));
    network.priority = static_cast<std::int8_t>(priority);
    return network;
}

void WifiRecorder::on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) {
    log.push_back("up " + std::string(ssid.view()) + " " + std::string(chip::to_text(ip.address).view()));
}

void WifiRecorder::on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration wait) {
    log.push_back("down " + std::string(ssid.view()) + ": " + std::string(chip::name(reason)));
    waits.push_back(wait);
}

void WifiRig::step(Duration later) {
    now += later;
    supervisor.step(now);
}

void WifiRig::next() {
    now = std::max(now, supervisor.deadline().value_or(now));
    supervisor.step(now);
}

void WifiRig::use(std::initializer_list<wifi::KnownNetwork> networks) {
    supervisor.use({networks.begin(), networks.size()}, now);
}

void WifiRig::joined() {
    radio.joined();
    step();
}

void WifiRig::address(std::uint8_t last) {
    radio.address(chip::IpAddress::v4(10, 0, 0, last));
    step();
}

void WifiRig::left(chip::DisconnectReason reason) {
    radio.left(reason);
    step();
}

void WifiRig::say(chip::RadioEvent::Kind kind) {
    radio.say(kind);
    step();
}

void WifiRig::phone(bool here) {
    radio.phone(here);
    step();
}

void WifiRig::scanned(std::initializer_list<std::pair<std::string_view, int>> heard) {
    radio.scanned(heard);
    step();
}

void WifiRig::spots(std::initializer_list<ScriptedRadio::Heard> heard) {
    radio.scanned_spots(heard);
    step();
}

int WifiRig::spot() const {
    const auto& bssid = radio.joins.back().bssid;
    return bssid ? (*bssid)[5] : 0;
}

void WifiRig::to_fresh_as_before_a_sleep() {
    supervisor.set_broker(wifi::Broker::sought, now);
    supervisor.resume(kept_link());
    to_joining(), joined(), address(8);
}

chip::KnownLink WifiRig::kept_link() const {
    chip::KnownLink link;
    static_cast<void>(link.ssid.assign("Home"));
    link.bssid = {2, 0, 0, 0, 0, 1};
    link.channel = 6;
    link.ip.address = chip::IpAddress::v4(10, 0, 0, 8);
    link.lease = kept_lease;
    return link;
}

void WifiRig::to_looking() {
    supervisor.set_broker(wifi::Broker::sought, now);
    to_scanning(), scanned({{"Home", -40}, {"Work", -60}}), joined(), address();
    step(policy.settle_time);
    step(policy.broker_patience);
}

void WifiRig::to_roaming() {
    radio.joined_to(1, -80);
    to_up();
    step(policy.roam_check);
}

}  // namespace esb::test
