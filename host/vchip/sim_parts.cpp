#include "host/vchip/sim_parts.hpp"

namespace esb::vchip {

void SimUart::type(std::string_view text) {
    input_ += text;
    wake_.wake();
}

std::size_t SimUart::read(MutBytes out) {
    const std::size_t count = std::min(out.size(), input_.size());
    copy(as_bytes(input_).first(count), out);
    input_.erase(0, count);
    return count;
}

std::size_t SimUart::write(ConstBytes bytes) {
    const auto taken = bytes.first(std::min(bytes.size(), write_limit_));
    output_ += as_text(taken);
    if (output_.size() > output_max) output_.erase(0, output_.size() - output_max);
    return taken.size();
}

Status SimEntropy::fill(MutBytes out) {
    if (failing_) return esb::fail(errors::no_entropy);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_.next() >> 56);
    return {};
}

void SimRetainedRam::scramble(SeededRandom& random) {
    for (auto& byte : bytes_) byte = static_cast<std::uint8_t>(random.next() >> 56);
}

void SimRadio::add_network(std::string_view ssid, std::string_view passphrase, std::int8_t rssi) {
    Air changed = air();
    AirNetwork network;
    static_cast<void>(network.ssid.assign(ssid));
    network.passphrase = passphrase;
    network.rssi = rssi;
    network.auth = passphrase.empty() ? chip::Auth::open : chip::Auth::wpa2;
    changed.networks.push_back(std::move(network));
    set_air(std::move(changed));
}

void SimRadio::remove_network(std::string_view ssid) {
    Air changed = air();
    std::erase_if(changed.networks, [ssid](const AirNetwork& network) { return network.ssid == ssid; });
    set_air(std::move(changed));
}

void SimRadio::set_on(bool on) {
    Air changed = air();
    changed.on = on;
    set_air(std::move(changed));
}

void SimRadio::set_phones(std::vector<chip::Mac> phones) {
    Air changed = air();
    changed.phones = std::move(phones);
    set_air(std::move(changed));
}

SimSystem::SimSystem(SimWorld& world, chip::Wake& wake, const chip::Mac& mac) : world_(world), wake_(wake), mac_(mac) {
    world_.add_source(*this);
}

SimSystem::~SimSystem() { world_.remove_source(*this); }

void SimSystem::boot(chip::ResetReason reason) {
    reason_ = reason;
    watchdog_.reset();
    sleep_.reset();
    restart_ = false;
    expired_ = false;
}

Status SimSystem::start_watchdog(Duration timeout) {
    if (timeout <= Duration::zero()) return fail(errors::invalid_argument);
    watchdog_ = timeout;
    fed_at_ = world_.now();
    return {};
}

void SimSystem::feed_watchdog() {
    poll();
    fed_at_ = world_.now();
}

std::optional<Instant> SimSystem::due() const {
    if (!watchdog_ || expired_) return std::nullopt;
    return fed_at_ + *watchdog_;
}

void SimSystem::poll() {
    const auto at = due();
    if (!at || world_.now() < *at) return;
    expired_ = true;
    wake_.wake();
}

}  // namespace esb::vchip
