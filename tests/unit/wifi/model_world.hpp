// A supervisor on a simulated radio in a world that turns against it, in virtual time, with everything that must
// always hold checked at every step.
#pragma once

#include "esb/wifi/supervisor.hpp"
#include "esb/wifi/wired_link.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/sim_world.hpp"
#include "host/vchip/virtual_radio.hpp"
#include "host/vchip/virtual_wire.hpp"

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace esb::wifi::model {

struct Bell final : chip::Wake {
    void wake() override {}
};

// Refuses some calls before it obeys again.
class MoodyRadio final : public vchip::VirtualRadio {
public:
    using VirtualRadio::VirtualRadio;
    Status start(std::string_view country, std::string_view host) override {
        return refuses(refuse_start) ? fail(errors::radio_failed) : VirtualRadio::start(country, host);
    }
    Status join(const chip::StationConfig& network) override {
        ++joins;
        return refuses(refuse_join) ? fail(errors::radio_failed) : VirtualRadio::join(network);
    }
    Status start_scan() override {
        return refuses(refuse_scan) ? fail(errors::radio_failed) : VirtualRadio::start_scan();
    }
    Status start_access_point(const chip::AccessPointConfig& config) override {
        return refuses(refuse_ap) ? fail(errors::radio_failed) : VirtualRadio::start_access_point(config);
    }
    Status stop_access_point() override {
        return refuses(refuse_stop) ? fail(errors::radio_failed) : VirtualRadio::stop_access_point();
    }

    unsigned joins = 0;
    unsigned refuse_start = 0, refuse_join = 0, refuse_scan = 0, refuse_ap = 0, refuse_stop = 0;

private:
    static bool refuses(unsigned& count) { return count > 0 && count-- > 0; }
};

struct Measured {
    Duration online_after{};         // all that is in the air is well
    Duration online_with_phone{};    // the same, with a phone that never leaves
    Duration online_among_broken{};  // one network is well, the others are not
    Duration portal_open{};          // since it was asked for last
    std::size_t joins_a_minute = 0;
    std::size_t joins_ten_minutes = 0;
    std::uint64_t wires = 0;  // times that a cable served
    std::uint64_t moves = 0, restarts = 0, portals = 0, rows = 0, steps = 0;
};

class World final : public Listener, public WireListener, public Witness {
public:
    // `socket`: the board has one, and somebody plays with its cable.
    World(std::uint64_t seed, Measured& measured, bool socket = false);

    // Random faults, then a world that is well again; returns what was violated, empty if nothing.
    std::string run();

private:
    struct Site {  // what is behind a network
        bool broker = true;
    };
    static constexpr std::size_t sites = 5;

    void on_link_up(const chip::Ssid&, const chip::AddressConfig&) override {}
    void on_link_down(const chip::Ssid&, chip::DisconnectReason, Duration) override {}
    void on_portal_opened(PortalWhy) override { ++measured_.portals; }
    void on_portal_closed(PortalWhy) override {}
    void on_given_up() override;
    void on_wire_up(const chip::AddressConfig& ip) override {
        ++measured_.wires;
        supervisor_->wire_up(ip, now());
    }
    void on_wire_down(chip::DisconnectReason reason) override { supervisor_->wire_down(reason, now()); }
    void on_wire_silent() override {}
    void on_row(const LinkRow& row) override {
        ++measured_.rows;
        if (row.event == Event::stronger_heard) ++measured_.moves;
    }
    void on_row(const PortalRow& row) override;

    void boot();
    void fault();
    void fault_of_the_radio();
    void play_with_the_cable();
    void act();
    void change_network(std::size_t site);
    void add_spot(vchip::AirNetwork network);
    void fade();
    void use_networks();
    void ask();
    void heal_all();
    void heal_one();
    void measure_recovery(Duration limit, Duration& longest);

    void pass(Duration time);
    void step();
    void tell_broker();
    bool broker_answers() const;
    void check();
    void check_portal();
    void count_joins();
    void expect(bool holds, const char* what);
    Instant now() const { return clock_.now(); }
    std::uint64_t draw(std::uint64_t limit) { return random_.below(limit); }

    vchip::SeededRandom random_;
    Measured& measured_;
    vchip::SimClock clock_;
    Bell bell_;
    vchip::StationLink link_;
    MoodyRadio radio_;
    vchip::VirtualWire wire_;
    bool socket_;
    bool held_ = false;
    vchip::Air air_;
    Policy policy_;
    class Noise final : public chip::Entropy {
    public:
        explicit Noise(vchip::SeededRandom& random) : random_(random) {}
        Status fill(MutBytes out) override {
            for (auto& byte : out) byte = static_cast<std::uint8_t>(random_.next() >> 56);
            return {};
        }

    private:
        vchip::SeededRandom& random_;
    } entropy_{random_};
    std::optional<Supervisor> supervisor_;
    std::optional<WiredLink> wired_;
    std::vector<KnownNetwork> networks_;
    std::size_t used_ = 0;  // the first so many are in the device's settings
    std::array<Site, sites> sites_{};
    bool broker_up_ = true;
    bool commissioned_ = false;
    bool online_ = false;
    bool restart_ = false;
    std::optional<Instant> up_since_;

    std::optional<Instant> session_;        // the portal is not closed since then
    std::optional<Instant> session_asked_;  // and was asked for then
    bool session_allowed_ = true;
    std::deque<Instant> joins_;
    unsigned joins_counted_ = 0;
    unsigned steps_here_ = 0;
    Instant here_{};
    std::string violated_;
};

}  // namespace esb::wifi::model
