#include "model_world.hpp"

#include <algorithm>

namespace esb::wifi::model {

namespace {

constexpr Duration broker_round_trip = 300ms;
constexpr unsigned busy_steps = 200;  // at one instant: more is a loop
constexpr chip::AddressConfig lease{chip::IpAddress::v4(192, 0, 2, 10), {}, {}, {}};
constexpr chip::AddressConfig wire_lease{chip::IpAddress::v4(192, 0, 2, 11), {}, {}, {}};
constexpr chip::Mac phone{2, 0, 0, 0, 0, 1};

std::string ssid_of(std::size_t site) { return "N" + std::to_string(site); }
std::string password_of(std::size_t site) { return "password" + std::to_string(site); }

}  // namespace

World::World(std::uint64_t seed, Measured& measured, bool socket)
    : random_(seed),
      measured_(measured),
      radio_(clock_, bell_, link_, lease),
      wire_(clock_, bell_, link_, wire_lease),
      socket_(socket) {
    policy_.mode = draw(2) == 0 ? Policy::Mode::background : Policy::Mode::required;
    policy_.portal_available = draw(8) != 0;
    policy_.portal_when_commissioned = draw(8) == 0;
    commissioned_ = draw(2) == 0;
    for (std::size_t i = 0; i < sites; ++i) {
        if (draw(3) != 0) change_network(i);
    }
    const auto count = 1 + draw(networks_max);
    const auto first = draw(sites);
    for (std::size_t i = 0; i < count; ++i) {
        const auto site = (first + i) % sites;
        KnownNetwork network;
        static_cast<void>(network.station.ssid.assign(ssid_of(site)));
        static_cast<void>(network.station.passphrase.assign(as_bytes(password_of(site))));
        network.station.hidden = draw(6) == 0;
        network.priority = static_cast<std::int8_t>(draw(4) == 0 ? 1 : 0);
        networks_.push_back(network);
    }
    used_ = draw(6) == 0 ? 0 : networks_.size();
    boot();
}

void World::boot() {
    supervisor_.reset();
    radio_.power_off();
    wire_.power_off();
    wired_.reset();
    radio_.refuse_start = draw(10) == 0 ? static_cast<unsigned>(1 + draw(3)) : 0;
    restart_ = online_ = false;
    up_since_.reset();
    session_.reset();
    joins_.clear();
    supervisor_.emplace(radio_, entropy_, *this, policy_, this);
    supervisor_->set_commissioned(commissioned_);
    supervisor_->set_broker(Broker::sought, now());
    chip::AccessPointConfig config;
    static_cast<void>(config.ssid.assign("ESP-TEST"));
    static_cast<void>(config.passphrase.assign(as_bytes("12345678")));
    config.address = chip::IpAddress::v4(4, 3, 2, 1);
    supervisor_->set_access_point(config);
    static_cast<void>(supervisor_->start("", "host", now()));
    wired_.emplace(socket_ ? &wire_ : nullptr, entropy_, *this, policy_);
    static_cast<void>(wired_->start("host", now()));
    supervisor_->use({networks_.data(), used_}, now());
    step();
}

std::string World::run() {
    const auto faults = 6 + draw(12);
    for (std::uint64_t i = 0; i < faults && violated_.empty(); ++i) {
        fault();
        step();
        const auto scale = draw(8);
        pass(scale == 0 ? Duration(0) : Duration(draw(scale < 6 ? 60'000 : 1'200'000)));
    }
    const bool one = draw(3) == 0;
    const bool stays = !one && draw(4) == 0;
    if (one) {
        heal_one();
        measure_recovery(100min, measured_.online_among_broken);
    } else {
        heal_all();
        if (stays) air_.phones = {phone};
        radio_.set_air(air_);
        measure_recovery(stays ? 15min : 8min, stays ? measured_.online_with_phone : measured_.online_after);
    }
    return violated_;
}

void World::fault() {
    if (socket_ && draw(3) == 0) return play_with_the_cable();
    switch (draw(15)) {
        case 0:
        case 1:
        case 2:
        case 3:
            return change_network(draw(sites));
        case 4:
            broker_up_ = draw(2) == 0;
            return;
        case 5:
            radio_.kick(static_cast<chip::DisconnectReason>(draw(9)));
            return;
        case 6:
            air_.on = draw(2) == 0;
            return radio_.set_air(air_);
        case 7:
            air_.phones.clear();
            if (draw(3) != 0) air_.phones = {phone};
            return radio_.set_air(air_);
        case 8:
            return boot();  // the power was cut
        case 9:
            clock_.set_wall(UnixTime(draw(2'000'000'000)));
            return;
        case 10:
            return fault_of_the_radio();
        case 11:
            return fade();
        default:
            held_ = draw(4) == 0;  // an update
            supervisor_->hold_link(held_);
            return act();
    }
}

void World::fault_of_the_radio() {
    const auto times = static_cast<unsigned>(1 + draw(3));
    switch (draw(6)) {
        case 0:
            radio_.refuse_join = times;
            return;
        case 1:
            radio_.refuse_scan = times;
            return;
        case 2:
            radio_.refuse_ap = times;
            return;
        case 3:
            radio_.refuse_stop = times;
            return;
        case 4:
            static_cast<void>(radio_.VirtualRadio::stop_access_point());  // it dies
            return;
        default:
            static_cast<void>(radio_.VirtualRadio::start_scan());  // somebody else's
    }
}

void World::play_with_the_cable() {
    switch (draw(6)) {
        case 0:
            return wire_.set_dhcp(draw(2) == 0);
        case 1:
            return wire_.end_lease();
        case 2:
            return wire_.set_broken(draw(2) == 0);
        default:
            wire_.set_cable(!wire_.cable());
    }
}

// What people do.
void World::act() {
    switch (draw(6)) {
        case 0:
        case 1:
            return ask();
        case 2:
            return supervisor_->close_portal(now());
        case 3:
            return supervisor_->portal_result_shown(now());
        case 4:
            return use_networks();
        default:
            policy_.power_save = draw(2) == 0 ? chip::PowerSave::none : chip::PowerSave::modem_sleep;
    }
}

void World::ask() {
    if (!supervisor_->open_portal(now())) return;
    session_asked_ = now();
    session_allowed_ = true;
}

// The list in another order, shorter, or as it was.
void World::use_networks() {
    std::rotate(networks_.begin(), networks_.begin() + static_cast<std::ptrdiff_t>(draw(networks_.size())),
                networks_.end());
    if (draw(3) == 0) networks_[0].priority = static_cast<std::int8_t>(draw(3));
    used_ = draw(4) == 0 ? draw(networks_.size() + 1) : networks_.size();
    supervisor_->use({networks_.data(), used_}, now());
    joins_.clear();
}

void World::change_network(std::size_t site) {
    std::erase_if(air_.networks, [site](const auto& network) { return network.ssid == ssid_of(site); });
    sites_[site].broker = draw(4) != 0;
    if (draw(4) != 0) {
        vchip::AirNetwork network;
        static_cast<void>(network.ssid.assign(ssid_of(site)));
        network.passphrase = draw(4) == 0 ? "was changed" : password_of(site);
        network.rssi = static_cast<std::int8_t>(-static_cast<int>(30 + draw(60)));
        network.dhcp = draw(5) != 0;
        network.hidden = draw(8) == 0;
        if (draw(6) == 0) network.drops_after = Duration(draw(90'000));
        air_.networks.push_back(network);
        for (auto more = draw(4); more > 1; --more) add_spot(network);
    }
    radio_.set_air(air_);
}

// Another access point of the same name, which may be set up differently.
void World::add_spot(vchip::AirNetwork network) {
    using enum chip::DisconnectReason;
    network.rssi = static_cast<std::int8_t>(-static_cast<int>(30 + draw(60)));
    if (draw(3) == 0) network.refuses = draw(2) == 0 ? association_refused : wrong_password;
    if (draw(4) == 0) network.dhcp = !network.dhcp;
    air_.networks.push_back(network);
}

// Somebody carries the device about.
void World::fade() {
    for (auto& network : air_.networks) network.rssi = static_cast<std::int8_t>(-static_cast<int>(30 + draw(60)));
    radio_.set_air(air_);
}

// All networks in the air are well, and one of them at least is known; nobody is at the portal.
void World::heal_all() {
    radio_.refuse_start = radio_.refuse_join = radio_.refuse_scan = radio_.refuse_ap = radio_.refuse_stop = 0;
    heal_one();
    for (auto& network : air_.networks) {
        const auto site = static_cast<std::size_t>(network.ssid.view()[1] - '0');
        network.passphrase = password_of(site);
        network.dhcp = true;
        network.drops_after.reset();
        network.refuses.reset();
        sites_[site].broker = true;
    }
}

void World::heal_one() {
    radio_.refuse_start = radio_.refuse_join = radio_.refuse_scan = radio_.refuse_ap = radio_.refuse_stop = 0;
    const auto& ssid = networks_[draw(networks_.size())].station.ssid;
    const auto site = static_cast<std::size_t>(ssid.view()[1] - '0');
    std::erase_if(air_.networks, [&ssid](const auto& network) { return network.ssid == ssid; });
    vchip::AirNetwork well;
    well.ssid = ssid;
    well.passphrase = password_of(site);
    air_.networks.push_back(well);
    sites_[site].broker = true;
    air_.on = true;
    air_.phones.clear();
    broker_up_ = true;
    radio_.set_air(air_);
    used_ = networks_.size();
    supervisor_->use(networks_, now());  // nothing happens if it is as before
    step();
}

void World::measure_recovery(Duration limit, Duration& longest) {
    const auto begin = now();
    while (!online_ && violated_.empty() && now() - begin < limit) pass(1s);
    expect(online_, "on line in time");
    longest = std::max(longest, now() - begin);
}

void World::pass(Duration time) {
    const auto end = now() + time;
    while (now() < end && violated_.empty()) {
        auto next = earliest(supervisor_->deadline(), radio_.due());
        next = earliest(next, earliest(wired_->deadline(), wire_.due()));
        if (up_since_ && *up_since_ + broker_round_trip > now()) next = earliest(next, *up_since_ + broker_round_trip);
        clock_.advance_to(std::min(next.value_or(end), end));
        step();
    }
}

void World::step() {
    ++measured_.steps;
    steps_here_ = here_ == now() ? steps_here_ + 1 : 0;
    here_ = now();
    expect(steps_here_ < busy_steps, "no busy loop");
    wired_->set_radio(supervisor_->is_joined(), held_);
    wired_->step(now());
    supervisor_->step(now());
    tell_broker();
    check();
    if (restart_) boot();
}

void World::tell_broker() {
    const bool up = supervisor_->is_up();
    if (up && !up_since_) up_since_ = now();
    if (!up) up_since_.reset();
    const bool online = up && now() >= *up_since_ + broker_round_trip && broker_answers();
    if (online == online_) return;
    online_ = online;
    supervisor_->set_broker(online ? Broker::reached : Broker::sought, now());
    if (!online) return;
    commissioned_ = true;
    supervisor_->set_commissioned(true);
}

bool World::broker_answers() const {
    const auto link = radio_.link();
    if (supervisor_->is_wired()) return broker_up_;
    if (!broker_up_ || !link) return false;
    for (const auto& network : radio_.air().networks) {
        if (network.bssid == link->bssid) return sites_[static_cast<std::size_t>(network.ssid.view()[1] - '0')].broker;
    }
    return false;
}

void World::on_given_up() {
    ++measured_.restarts;
    expect(policy_.mode == Policy::Mode::required, "no restart on a device that works without Wi-Fi");
    expect(session_ && now() - *session_ >= policy_.portal_time, "no restart before the portal's time is over");
    expect(!supervisor_->is_up(), "no restart with a link");
    restart_ = true;
}

void World::on_row(const PortalRow& row) {
    ++measured_.rows;
    if (row.from != PortalState::closed) return;
    session_ = session_asked_ = now();
    session_allowed_ = row.event != PortalEvent::link_missing || !commissioned_ || policy_.portal_when_commissioned;
}

void World::check() {
    const auto state = supervisor_->state();
    expect(state != State::choosing, "choosing does not last");
    expect(supervisor_->deadline() || supervisor_->is_up() || state == State::idle, "never stuck");
    expect(supervisor_->is_joined() == radio_.has_address(), "up is what the radio says");
    expect(supervisor_->is_wired() == (wired_->serves() && state != State::off), "wired is what the wire says");
    expect(!wired_->serves() || wire_.has_address(), "the wire that serves has an address");
    expect(supervisor_->is_up() == supervisor_->address().address.is_set(), "up is to have an address");
    expect(policy_.portal_available || radio_.access_point() == nullptr, "no access point that nobody serves");
    check_portal();
    count_joins();
}

void World::check_portal() {
    if (supervisor_->portal() == PortalState::closed) {
        expect(radio_.access_point() == nullptr, "closed is off the air");
        session_.reset();
        return;
    }
    expect(session_allowed_, "after commissioning the portal opens only when asked for");
    const auto open = now() - *session_asked_;
    // The radio confirms a start, and refuses to stop three times at most.
    const auto allowed = policy_.portal_time + policy_.portal_grace + 4 * policy_.access_point_timeout;
    expect(open <= allowed, "the portal is not open longer than allowed");
    measured_.portal_open = std::max<Duration>(measured_.portal_open, open);
}

void World::count_joins() {
    for (; joins_counted_ != radio_.joins; ++joins_counted_) joins_.push_back(now());
    while (!joins_.empty() && joins_.front() + 10min < now()) joins_.pop_front();
    const auto minute = std::lower_bound(joins_.begin(), joins_.end(), now() - 1min);
    const auto in_minute = static_cast<std::size_t>(joins_.end() - minute);
    measured_.joins_a_minute = std::max(measured_.joins_a_minute, in_minute);
    measured_.joins_ten_minutes = std::max(measured_.joins_ten_minutes, joins_.size());
    expect(in_minute <= 60, "at most 60 tries a minute");
    expect(joins_.size() <= 150, "at most 150 tries in ten minutes");
}

void World::expect(bool holds, const char* what) {
    if (!holds && violated_.empty()) {
        violated_ = std::string(what) + " (" + std::string(name(supervisor_->state())) + ", portal " +
                    std::string(name(supervisor_->portal())) + ", at " + std::to_string(milliseconds(now())) + " ms)";
    }
}

}  // namespace esb::wifi::model
