// Reads how the device is (life/snapshot.hpp) from the rooms that know it.
#pragma once

#include "esb/base/features.hpp"
#include "esb/base/identity.hpp"
#include "esb/chip/chip.hpp"
#include "esb/device/app.hpp"
#include "esb/life/snapshot.hpp"

#include <atomic>

namespace esb {

namespace life {
class Commissioned;
}
namespace link {
class BrokerLink;
class ShortSessions;
}
namespace net {
class Reactor;
}
namespace ota {
class Updater;
}
namespace wifi {
class Supervisor;
class WiredLink;
}
class ConfigChanges;
class Health;

class SnapshotReader {
public:
    struct Parts {
        chip::Chip& chip;
        const ota::ImageIdentity& image;
        const Identity& identity;
        const net::Reactor& reactor;
        const wifi::Supervisor& wifi;
#if ESB_ETHERNET
        const wifi::WiredLink& wire;
#endif
        const link::BrokerLink& link;
        const link::ShortSessions& sessions;
        const ota::Updater& updater;
        const ConfigChanges& config;
        const life::Commissioned& commissioned;
        const Health& health;
        const std::atomic<bool>& online;
    };
    explicit SnapshotReader(const Parts& parts) : parts_(parts) {}

    life::Snapshot read() const;

private:
    void read_firmware(life::Snapshot& now) const;
    void read_network(life::Snapshot& now) const;
    void read_broker(life::Snapshot& now) const;
    void read_chip(life::Snapshot& now) const;

    Parts parts_;
};

}  // namespace esb
