#include "host/vchip/virtual_radio.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/trace.hpp"

#include <algorithm>
#include <utility>

namespace esb::vchip {

using chip::DisconnectReason;
using RadioKind = chip::RadioEvent::Kind;

namespace {

constexpr std::size_t ap_passphrase_min = 8;

chip::Mac made_up_bssid(const AirNetwork& network, std::size_t position) {
    const auto hash = crc32(as_bytes(network.ssid.view()));
    return {0x02,
            static_cast<std::uint8_t>(hash >> 24),
            static_cast<std::uint8_t>(hash >> 16),
            static_cast<std::uint8_t>(hash >> 8),
            static_cast<std::uint8_t>(hash),
            static_cast<std::uint8_t>(position)};
}

#if ESB_WIFI_ENTERPRISE
// The station looks at the server before it says who it is, the server then at the station.
std::optional<DisconnectReason> refusal_of(const AirNetwork::Server& server, const chip::Enterprise& station) {
    if (station.authority != server.authority || station.server != server.name) return DisconnectReason::server_refused;
    if (station.method == chip::Eap::tls) {
        const bool known = server.station != chip::Enterprise::Certificate{} && station.own == server.station;
        return known ? std::nullopt : std::optional(DisconnectReason::auth_refused);
    }
    const bool known = !server.password.empty() && station.user == server.user &&
                       equal(as_bytes(server.password), station.password.reveal());
    return known ? std::nullopt : std::optional(DisconnectReason::wrong_password);
}
#endif

// Why this network would not take this station; empty when it would.
std::optional<DisconnectReason> refusal(const AirNetwork& network, const chip::StationConfig& station) {
    if (network.refuses) return network.refuses;
#if ESB_WIFI_ENTERPRISE
    const bool asks = station.enterprise.method != chip::Eap::none;
    if (asks != network.server.has_value()) return DisconnectReason::auth_refused;  // neither is ever less than it should be
    if (asks) return refusal_of(*network.server, station.enterprise);
#endif
    const bool open = network.auth == chip::Auth::open;
    // A known password against an open network of the same name: the look-alike must not win.
    if (open) return station.passphrase.empty() ? std::nullopt : std::optional(DisconnectReason::auth_refused);
    if (equal(as_bytes(network.passphrase), station.passphrase.reveal())) return std::nullopt;
    return DisconnectReason::wrong_password;
}

bool contains(const std::vector<chip::Mac>& list, const chip::Mac& mac) {
    return std::find(list.begin(), list.end(), mac) != list.end();
}

}  // namespace

VirtualRadio::VirtualRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link,
                           const chip::AddressConfig& lease)
    : clock_(clock), wake_(wake), station_(link), lease_(lease) {
    station_.up = false;
}

void VirtualRadio::set_air(Air air) {
    air.networks.resize(std::min(air.networks.size(), air_networks_max));
    air.phones.resize(std::min(air.phones.size(), air_phones_max));
    for (std::size_t i = 0; i < air.networks.size(); ++i) {
        if (air.networks[i].bssid == chip::Mac{}) air.networks[i].bssid = made_up_bssid(air.networks[i], i);
    }
    air_ = std::move(air);
    const bool associated = state_ == State::waiting_address || state_ == State::silent_dhcp || state_ == State::up;
    if (associated && find_joined() == nullptr) leave_with(DisconnectReason::signal_lost);
    update_phones();
}

void VirtualRadio::kick(DisconnectReason reason) {
    if (state_ != State::idle) leave_with(reason);
}

void VirtualRadio::power_off() {
    set_state(State::idle);
    started_ = false;
    scan_until_.reset();
    scan_.clear();
    set_access_point(std::nullopt);
    clients_.clear();
    while (!events_.empty()) events_.pop();
}

Status VirtualRadio::start(std::string_view country, std::string_view host_name) {
    if (!country.empty() && country.size() != 2) return fail(errors::invalid_argument);
    host_name_ = host_name;
    started_ = true;
    return {};
}

Status VirtualRadio::join(const chip::StationConfig& network) {
    if (!started_) return fail(errors::radio_failed);
    if (network.ssid.empty()) return fail(errors::invalid_argument);
    if (state_ != State::idle) leave_with(DisconnectReason::requested);
#if ESB_WIFI_ENTERPRISE
    ESB_TRY(take_trust(network.enterprise));
#endif
    trace::event("radio", "join", {{"ssid", network.ssid.view()}});
    target_ = network;
    set_state(State::joining, finds_at_once() ? timing_.join_on_channel : timing_.join);
    return {};
}

#if ESB_WIFI_ENTERPRISE
// As a port does that hands all of it to its driver before it joins.
Status VirtualRadio::take_trust(const chip::Enterprise& with) const {
    if (with.method == chip::Eap::none) return {};
    if (trust_ == nullptr) return fail(errors::radio_failed);
    std::vector<std::uint8_t> room(4096);
    if (const auto found = trust_->certificates(with.authority, room); !found) return fail(found.error());
    if (with.method != chip::Eap::tls) return {};
    if (const auto found = trust_->certificates(with.own, room); !found) return fail(found.error());
    const auto key = trust_->key(with.own);
    return key ? Status() : fail(key.error());
}
#endif

Status VirtualRadio::leave() {
    if (!started_) return fail(errors::radio_failed);
    if (state_ != State::idle) leave_with(DisconnectReason::requested);
    return {};
}

std::optional<chip::Link> VirtualRadio::link() const {
    if (state_ != State::waiting_address && state_ != State::silent_dhcp && state_ != State::up) return std::nullopt;
    const AirNetwork* network = find_joined();
    if (network == nullptr) return std::nullopt;
    return chip::Link{network->bssid, network->rssi, network->channel};
}

Status VirtualRadio::set_power_save(chip::PowerSave mode) {
    if (!started_) return fail(errors::radio_failed);
    power_save_ = mode;
    return {};
}

Status VirtualRadio::start_scan() {
    if (!started_) return fail(errors::radio_failed);
    if (scan_until_) return fail(errors::busy);
    trace::event("radio", "scan", {});
    scan_until_ = clock_.now() + timing_.scan;
    return {};
}

std::size_t VirtualRadio::scan_results(std::span<chip::ScanEntry> out) const {
    const std::size_t count = std::min(out.size(), scan_.size());
    std::copy_n(scan_.begin(), count, out.begin());
    return count;
}

Status VirtualRadio::start_access_point(const chip::AccessPointConfig& config) {
    if (!started_) return fail(errors::radio_failed);
    if (config.passphrase.size() < ap_passphrase_min) return fail(errors::radio_open_ap);
    if (config.ssid.empty() || !config.address.is_set()) return fail(errors::invalid_argument);
    trace::event("radio", "access-point", {{"ssid", config.ssid.view()}, {"channel", config.channel}});
    set_access_point(config);
    emit({.kind = RadioKind::access_point_started});
    update_phones();
    return {};
}

Status VirtualRadio::stop_access_point() {
    if (!started_) return fail(errors::radio_failed);
    if (ap_) set_access_point(std::nullopt);
    update_phones();
    emit({.kind = RadioKind::access_point_stopped});
    return {};
}

std::size_t VirtualRadio::access_point_clients(std::span<chip::Mac> out) const {
    const std::size_t count = std::min(out.size(), clients_.size());
    std::copy_n(clients_.begin(), count, out.begin());
    return count;
}

std::optional<chip::RadioEvent> VirtualRadio::next_event() {
    VirtualRadio::poll();  // a file is looked at when it has changed
    if (events_.empty()) return std::nullopt;
    return events_.pop();
}

std::optional<Instant> VirtualRadio::due() const {
    return earliest(timed() ? std::optional(state_until_) : std::nullopt, scan_until_);
}

void VirtualRadio::poll() {
    const Instant now = clock_.now();
    if (scan_until_ && now >= *scan_until_) finish_scan();
    if (timed() && now >= state_until_) step_station();
}

void VirtualRadio::emit(const chip::RadioEvent& event) {
    tell(event);
    // A driver whose queue nobody empties loses the oldest report, never the newest state.
    if (events_.full()) events_.pop();
    static_cast<void>(events_.push(event));
    wake_.wake();
}

// The driver's report, for whoever watches.
void VirtualRadio::tell(const chip::RadioEvent& event) const {
    if (!trace::on()) return;
    switch (event.kind) {
        case RadioKind::station_joined:
            return trace::event("radio", "joined", {{"ssid", target_.ssid.view()}});
        case RadioKind::station_address:
            return trace::event("radio", "address", {{"address", chip::to_text(event.ip.address).view()}});
        case RadioKind::station_left:
            return trace::event("radio", "left", {{"reason", chip::name(event.reason)}});
        case RadioKind::scan_done:
            return trace::event("radio", "scan-done", {{"networks", scan_.size()}});
        case RadioKind::access_point_started:
            return;  // told when it was asked for
        case RadioKind::access_point_stopped:
            return trace::event("radio", "access-point-off", {});
        case RadioKind::client_joined:
            return trace::event("radio", "phone-joined", {{"phones", clients_.size()}});
        case RadioKind::client_left:
            return trace::event("radio", "phone-left", {});
    }
}

void VirtualRadio::leave_with(DisconnectReason reason) {
    set_state(State::idle);
    emit({.kind = RadioKind::station_left, .reason = reason});
}

void VirtualRadio::set_state(State state, Duration until) {
    state_ = state;
    drops_ = false;
    state_until_ = clock_.now() + until;
    station_.up = state == State::up && !is_stranded();
}

// With an address that belongs to another network than the one it is in.
bool VirtualRadio::is_stranded() const {
    const AirNetwork* network = find_joined();
    if (network == nullptr || !network->address.is_set() || !target_.ip.address.is_set()) return false;
    return !std::equal(target_.ip.address.bytes.begin(), target_.ip.address.bytes.begin() + 3,
                       network->address.bytes.begin());
}

bool VirtualRadio::finds_at_once() const {
    const AirNetwork* network = find_target();
    return network != nullptr && target_.bssid && target_.channel == network->channel;
}

chip::AddressConfig VirtualRadio::lease_of(const AirNetwork& network) const {
    auto lease = lease_;
    if (network.address.is_set()) lease.address = network.address;
    return lease;
}

void VirtualRadio::get_address() {
    const bool fixed = target_.ip.address.is_set();
    const AirNetwork* network = find_joined();
    set_state(State::up, air_drop().value_or(Duration::zero()));
    drops_ = air_drop().has_value();
    chip::RadioEvent event{.kind = RadioKind::station_address};
    event.ip = fixed || network == nullptr ? target_.ip : lease_of(*network);
    if (!fixed) event.lease = timing_.lease;
    emit(event);
}

// The strongest access point that the station's configuration asks for.
const AirNetwork* VirtualRadio::find_target() const {
    const AirNetwork* best = nullptr;
    if (!air_.on) return nullptr;
    for (const auto& network : air_.networks) {
        if (network.ssid != target_.ssid || (network.hidden && !target_.hidden)) continue;
        if (target_.bssid && *target_.bssid != network.bssid) continue;
        if (best == nullptr || network.rssi > best->rssi) best = &network;
    }
    return best;
}

const AirNetwork* VirtualRadio::find_joined() const {
    if (!air_.on) return nullptr;
    for (const auto& network : air_.networks) {
        if (network.bssid == joined_ && network.ssid == target_.ssid) return &network;
    }
    return nullptr;
}

void VirtualRadio::finish_join() {
    const AirNetwork* network = find_target();
    if (network == nullptr) return leave_with(DisconnectReason::network_not_found);
    if (const auto reason = refusal(*network, target_)) {
        refusal_ = *reason;
        return set_state(State::refusing, timing_.handshake_failure);
    }
    joined_ = network->bssid;
    if (target_.ip.address.is_set()) {
        set_state(State::waiting_address);
    } else if (network->dhcp) {
        set_state(State::waiting_address, timing_.address);
    } else {
        set_state(State::silent_dhcp, timing_.no_address);
    }
    emit({.kind = RadioKind::station_joined});
}

void VirtualRadio::step_station() {
    switch (state_) {
        case State::joining:
            return finish_join();
        case State::refusing:
            return leave_with(refusal_);
        case State::silent_dhcp:
            return leave_with(DisconnectReason::no_address);
        case State::waiting_address:
            return get_address();
        case State::up:
            return leave_with(DisconnectReason::closed_by_peer);
        case State::idle:
            return;
    }
}

// How long the joined network lets its stations stay.
std::optional<Duration> VirtualRadio::air_drop() const {
    const AirNetwork* network = find_joined();
    return network != nullptr ? network->drops_after : std::nullopt;
}

void VirtualRadio::finish_scan() {
    scan_until_.reset();
    scan_.clear();
    for (const auto& network : air_.networks) {
        if (!air_.on || network.hidden) continue;
        scan_.push_back({network.ssid, network.bssid, network.rssi, network.channel, network.auth});
    }
    std::sort(scan_.begin(), scan_.end(),
              [](const auto& a, const auto& b) { return a.rssi != b.rssi ? a.rssi > b.rssi : a.bssid < b.bssid; });
    emit({.kind = RadioKind::scan_done});
}

void VirtualRadio::set_access_point(std::optional<chip::AccessPointConfig> config) {
    ap_ = std::move(config);
    if (ap_told_) ap_told_(access_point());
}

// Lets phones leave and join our access point, first come first served up to max_stations.
void VirtualRadio::update_phones() {
    for (std::size_t i = clients_.size(); i-- > 0;) {
        if (ap_ && contains(air_.phones, clients_[i])) continue;
        emit({.kind = RadioKind::client_left, .client = clients_[i]});
        clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!ap_) return;
    for (const auto& phone : air_.phones) {
        if (clients_.size() >= ap_->max_stations) return;
        if (contains(clients_, phone)) continue;
        clients_.push_back(phone);
        emit({.kind = RadioKind::client_joined, .client = phone});
    }
}

}  // namespace esb::vchip
