// Device's inside: owns the rooms and carries events between them. Decisions live in the rooms.
#pragma once

#include "esb/device/birth.hpp"
#include "esb/device/broker_link.hpp"
#include "esb/device/device.hpp"
#include "esb/device/health.hpp"
#include "esb/device/periodic.hpp"
#include "esb/device/presence.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/wifi/supervisor.hpp"

#include <array>
#include <atomic>
#include <optional>

namespace esb {

class Core final : private net::Task,
                   private mqtt::Handler,
                   private ota::UpdaterHandler,
                   private wifi::Listener,
                   private PresenceListener {
public:
    Core(chip::Chip& chip, const AppDesc& app, const Limits& limits);
    ~Core() override;

    void start();
    bool turn(Duration longest);
    Status publish(std::string_view topic, ConstBytes payload, const PublishOptions& options);
    Status subscribe(std::string_view topic, Inbox::Callback handler);
    void request_restart();

    // For the console's commands and Device.
    chip::Chip& chip() { return chip_; }
    console::Console& console() { return console_; }
    settings::Store& settings() { return store_; }
    settings::Schema& schema() { return schema_; }
    wifi::Supervisor& wifi() { return wifi_; }
    BrokerLink& link() { return link_; }
    ota::Updater& updater() { return updater_; }
    Presence& presence() { return presence_; }
    Health& health() { return health_; }
    Periodic& periodic() { return periodic_; }
    Policy& policy() { return policy_; }
    net::Reactor& reactor() { return reactor_; }
    const AppDesc& app() const { return app_; }
    const Identity& identity() const { return identity_; }
    bool online() const { return online_.load(); }
    void set_online_handler(Function<void(bool)> handler) { online_handler_ = handler; }

private:
    struct AuthorSubscription {
        FixedString<Inbox::topic_max> topic;
        Inbox::Callback callback;
    };
    struct Waiting {  // a publish whose author wants to know
        mqtt::Token token = 0;
        Function<void(Status)> done;
    };

    void step(Instant now) override;
    std::optional<Instant> deadline() const override;

    void on_connected(bool session_present) override;
    void on_disconnected(const Error& why, Instant retry_at) override;
    void on_message(const mqtt::MessagePiece& piece) override { inbox_.take(piece); }
    void on_published(mqtt::Token token, Status outcome) override;
    void on_subscribed(mqtt::Token token, Result<mqtt::Qos> outcome) override;
    void on_progress(const ota::Progress& progress) override;
    void on_restart_wanted() override { request_restart(); }
    void on_link_up(const chip::Ssid& ssid, const chip::AddressConfig& ip) override;
    void on_link_down(const chip::Ssid& ssid, chip::DisconnectReason reason, Duration next_try) override;
    void on_portal_opened(wifi::PortalWhy why) override;
    void on_portal_closed(wifi::PortalWhy why) override;
    void on_given_up() override;
    void on_round_trip(Duration time) override;

    void print_banner();
    void start_watchdog();
    void apply_settings(Instant now);
    void tell_wifi_about_broker();
    Status subscribe_all();
    Status fill_inbox();
    Status add_to_inbox(const AuthorSubscription& subscription);
    void send_queued();
    void publish_progress();
    void set_online(bool online);
    bool restart_due(Instant now);
    console::Output& out() { return console_.output(); }

    chip::Chip& chip_;
    AppDesc app_;
    Policy policy_;
    Duration watchdog_{};  // as it was started
    Identity identity_;
    settings::Schema schema_;
    settings::Store store_;
    console::Console console_;
    net::Reactor reactor_;
    net::Names names_;
    wifi::Supervisor wifi_;
    BrokerLink link_;
    Presence presence_;
    ota::Updater updater_;
    Health health_;
    Inbox inbox_;
    PublishQueue queue_;
    Periodic periodic_;
    FixedVector<AuthorSubscription, 8> author_subscriptions_;
    FixedVector<Waiting, 16> waiting_;
    Function<void(bool)> online_handler_;
    std::uint32_t applied_revision_ = 0;
    chip::StationConfig applied_network_;
    bool progress_to_send_ = false;
    std::atomic<bool> online_{false};
    std::atomic<bool> restart_wanted_{false};
    std::optional<Instant> restart_until_;
};

// Registers the console's commands (commands.cpp, commands_health.cpp).
void add_commands(Core& core);
void add_health_commands(Core& core);

}  // namespace esb
