// The set-up pages as the rest of the device sees them: PortalHost, or nothing where they are left out.
#pragma once

#include "esb/base/features.hpp"

#if ESB_PORTAL
#include "esb/device/portal_host.hpp"

namespace esb {
using SetUp = PortalHost;
}  // namespace esb
#else
#include "esb/base/task.hpp"
#include "esb/chip/radio.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/link/broker_link.hpp"

namespace esb {

// No access point is opened without pages (wifi::Policy::portal_available), so most of it is never called.
class SetUp final : public Task, public ChangeListener {
public:
    void step(Instant) override {}
    std::optional<Instant> deadline() const override { return std::nullopt; }

    Status open(const chip::IpAddress&) { return {}; }
    void close() {}
    bool idle() const { return true; }
    void link_up(const chip::Ssid&, const chip::IpAddress&) {}
    void link_down(const chip::Ssid&, chip::DisconnectReason) {}
    void broker_stage(link::BrokerLink::Stage) {}
    void broker_failed(const Error&) {}
    void round_trip() {}
    void on_reverted(const settings::Report&, Proposer) override {}
    void begin_try(Instant) {}
    bool visited() const { return false; }
};

}  // namespace esb
#endif
