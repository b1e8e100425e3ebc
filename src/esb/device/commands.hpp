// The device's console commands: a family a file (commands_*.cpp), each with the rooms that it needs. Secrets are taken,
// never shown.
#pragma once

#include "esb/console/console.hpp"
#if ESB_CERTIFICATES
#include "esb/device/broker_credentials.hpp"
#endif
#include "esb/device/config_changes.hpp"
#include "esb/device/health.hpp"
#include "esb/device/network.hpp"
#include "esb/device/presence.hpp"
#include "esb/device/restart.hpp"
#include "esb/device/shell.hpp"
#include "esb/device/snapshot_reader.hpp"
#include "esb/device/time_keeper.hpp"
#include "esb/device/updates.hpp"
#include "esb/link/subscriptions.hpp"
#include "esb/record/log_words.hpp"

#include <span>

namespace esb {

// `config ...`, and what every family needs that changes settings.
struct ConfigCommands {
    ConfigChanges& config;
    const settings::Store& settings;
    const settings::Schema& schema;
    chip::Entropy& entropy;

    std::span<const console::TableCommand> table() const;
    // Proposes the patch and says what becomes of it.
    Status change(const settings::Patch& patch, console::Report& report);
    // Only its hash is stored; an empty one removes the lock.
    Status set_password(std::string_view password, console::Report& report);
};

// status, identity, ota ..., trust repair, restart, factory-reset
struct DeviceCommands {
    const SnapshotReader& snapshot;
    const link::BrokerLink& link;
    const link::Subscriptions& subscriptions;
    Updates& updates;
    chip::Chip& chip;
    Restart& restart;

    std::span<const console::TableCommand> table() const;
};

struct WifiCommands {
    const wifi::Supervisor& wifi;
    chip::Radio& radio;
    net::Reactor& reactor;
    const settings::Store& settings;
    ConfigCommands& config;
    // What `wifi scan` waits for, between its turns.
    struct Scan {
        std::uint32_t count = 0;  // of the supervisor's scans when it began
        Instant until{};
    };
    Scan scan{};

    std::span<const console::TableCommand> table() const;
};

#if ESB_ETHERNET
struct LinkCommands {
    const wifi::WiredLink& wire;
    const SnapshotReader& snapshot;

    std::span<const console::TableCommand> table() const;
};
#endif

#if ESB_WIFI_ENTERPRISE
struct EnterpriseCommands {
    console::Console& console;
    BrokerCredentials& credentials;
    ConfigCommands& config;
    std::size_t network = 0;  // whose certificate is being pasted

    std::span<const console::TableCommand> table() const;
};
#endif

struct MqttCommands {
    const link::BrokerLink& link;
    const link::Publisher& publisher;
    const Presence& presence;
    const SnapshotReader& snapshot;
    const settings::Store& settings;
    ConfigCommands& config;

    std::span<const console::TableCommand> table() const;
};

#if ESB_CERTIFICATES
// mqtt ca, csr, ...
struct CertificateCommands {
    console::Console& console;
    BrokerCredentials& credentials;
    const Identity& identity;
    ConfigCommands& config;
    std::size_t broker = 0;  // that the text which is being given is for

    std::span<const console::TableCommand> table() const;
};
#endif

// debug ...
struct DebugCommands {
    const console::Variables& variables;

    std::span<const console::TableCommand> table() const;
};

// lock, unlock
struct LockCommands {
    Shell& shell;
    net::Reactor& reactor;
    ConfigCommands& config;

    std::span<const console::TableCommand> table() const;
};

// log, time, safe-mode
struct HealthCommands {
    const record::Recorder& recorder;
    const record::Names& log_names;
    Health& health;
    const TimeKeeper& time;
    const chip::Clock& clock;
    const settings::Store& settings;
    Restart& restart;

    std::span<const console::TableCommand> table() const;
};

struct PortalCommands {
    Network& network;
    net::Reactor& reactor;
    const settings::Store& settings;
    const Identity& identity;

    std::span<const console::TableCommand> table() const;
};

std::string_view state_name(mqtt::Client::State state);

// Turns a function of one family into the form that a table takes.
template <auto run>
struct OnRooms;
template <typename Rooms, Status (*run)(Rooms&, console::Arguments, console::Report&)>
struct OnRooms<run> {
    static Status call(void* rooms, console::Arguments arguments, console::Report& report) {
        return run(*static_cast<Rooms*>(rooms), arguments, report);
    }
};
template <auto run>
inline constexpr auto on_rooms = &OnRooms<run>::call;

}  // namespace esb
