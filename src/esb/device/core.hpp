// Device's inside: every room's part once, and the order in which they have their turns. Decisions live in the parts.
#pragma once

#include "esb/device/app.hpp"
#include "esb/device/button.hpp"
#include "esb/device/commands.hpp"
#include "esb/device/connection.hpp"
#include "esb/device/crash_report.hpp"
#if ESB_WIFI_ENTERPRISE
#include "esb/device/enterprise_credentials.hpp"
#endif
#if ESB_MQTT_KEEP
#include "esb/device/kept_session.hpp"
#endif
#include "esb/device/log_names.hpp"
#include "esb/device/log_publisher.hpp"
#include "esb/device/periodic.hpp"
#if ESB_CERTIFICATES
#include "esb/device/renewal.hpp"
#endif
#include "esb/device/settings_in_use.hpp"
#if ESB_DEEP_SLEEP
#include "esb/device/sleep.hpp"
#endif
#include "esb/device/watchdog.hpp"
#include "esb/link/limits.hpp"
#include "esb/net/names.hpp"

#include <array>
#include <atomic>

namespace esb {

// Where a member needs a later one it keeps the reference until everything has been made. Reactor's task only, but for
// what says otherwise.
struct Core final : private Task {
    Core(chip::Chip& chip, const AppDesc& app, const link::Limits& limits);
    ~Core() override;

    // Mounts storage, prints the banner, is born if need be, finds out whether this boot is a trial.
    void start();
    // One turn, waiting at most `longest`; false when a restart or a deep sleep is due.
    bool turn(Duration longest);

    chip::Chip& chip;
    AppDesc app;
    Policy policy;
    Identity identity;
    std::atomic<bool> online{false};  // any task reads it
    bool turning = false;             // what runs now was called by a turn

    settings::Schema schema;
    settings::Store store;
    console::Console console;
    Voice voice;
    net::Reactor reactor;
    net::Names names;
    record::Recorder recorder;
    LogNames log_names;
    Notes notes;
    Restart restart;  // request() from any task
    Watchdog watchdog;
    Health health;
    TimeKeeper time;
    life::DeviceKey device_key;
    life::Commissioned commissioned;

#if ESB_CERTIFICATES
    BrokerCredentials credentials;
#endif
#if ESB_WIFI_ENTERPRISE
    EnterpriseCredentials enterprise;
#endif
#if ESB_MQTT_KEEP
    KeptSession kept_session;
#endif
    Connection connection;
    link::BrokerLink broker_link;
    link::Brokers brokers;
    link::ShortSessions sessions;
    link::Inbox inbox;
    link::Subscriptions subscriptions;
    link::Publisher publisher;  // post() from any task
    Updates updates;
    Network network;
    SnapshotReader snapshot;
    Presence presence;
    LogPublisher log_publisher;
#if ESB_CORE_DUMP
    CrashReport crash_report;
#endif
    Home home_assistant;
    SetUp set_up;
#if ESB_PORTAL
    portal::Portal portal;
#endif
    ConfigChanges config;
    Topics topics;
    BrowserSetUp improv;
    Shell shell;
    Button button;
    Periodic periodic;
    SettingsInUse settings_in_use;
#if ESB_CERTIFICATES
    Renewal renewal;
#endif
#if ESB_DEEP_SLEEP
    Sleep sleep;
#endif

    ConfigCommands config_commands;
    DeviceCommands device_commands;
#if ESB_ETHERNET
    LinkCommands link_commands;
#endif
    WifiCommands wifi_commands;
#if ESB_WIFI_ENTERPRISE
    EnterpriseCommands enterprise_commands;
#endif
    MqttCommands mqtt_commands;
#if ESB_CERTIFICATES
    CertificateCommands certificate_commands;
#endif
    DebugCommands debug_commands;
    LockCommands lock_commands;
#if ESB_PORTAL
    PortalCommands portal_commands;
#endif
    HealthCommands health_commands;

private:
    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    CertificateDesk* desk();
    void add_commands();
    void print_banner();
    void mount();
    void load_settings();
    void be_born();

    // What a person or the network has asked for comes first, then what follows from it; what says something to the
    // broker comes before the link, so that it leaves in the same turn.
    const std::array<Task*, 17 + (with_certificates ? 1 : 0) + (with_core_dump ? 1 : 0) + (with_deep_sleep ? 1 : 0)> parts_{
        &watchdog,         // fed even if a later part should take long
        &button,           //
        &shell,            // commands may change settings,
        &settings_in_use,  // which are used in the same turn
        &network,          // before the link, which needs it
        &periodic,         // the author's work publishes,
        &subscriptions,    //
        &publisher,        // and its messages stand before ours in the outbox
        &presence,         //
        &health,           //
        &home_assistant,   //
        &log_publisher,    // entries of this turn so far
#if ESB_CORE_DUMP
        &crash_report,     //
#endif
        &updates,          //
#if ESB_CERTIFICATES
        &renewal,          // may begin a change,
#endif
        &config,           // reports of changes
        &connection,       // sends all of it
        &set_up,           // sees what became of the link
#if ESB_DEEP_SLEEP
        &sleep,            // likewise of everything
#endif
        &restart,          //
    };
};

}  // namespace esb
