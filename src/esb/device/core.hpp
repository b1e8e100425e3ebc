// Device's inside: owns the rooms and carries events between them. Decisions live in the rooms.
#pragma once

#include "esb/device/birth.hpp"
#include "esb/device/broker_link.hpp"
#include "esb/device/brokers.hpp"
#include "esb/device/button_press.hpp"
#include "esb/device/commissioned.hpp"
#include "esb/device/config_changes.hpp"
#include "esb/device/device.hpp"
#include "esb/device/dropped_messages.hpp"
#include "esb/device/device_key.hpp"
#include "esb/device/health.hpp"
#include "esb/device/last_network.hpp"
#include "esb/device/periodic.hpp"
#include "esb/device/portal_host.hpp"
#include "esb/device/presence.hpp"
#include "esb/device/shell.hpp"
#include "esb/device/short_sessions.hpp"
#include "esb/device/subscriptions.hpp"
#include "esb/net/names.hpp"
#include "esb/net/reactor.hpp"
#include "esb/portal/portal.hpp"
#include "esb/wifi/supervisor.hpp"

#include <array>
#include <atomic>
#include <optional>

namespace esb {

// How long the button is held for a factory reset.
inline constexpr Duration reset_press_length = std::chrono::seconds(10);

class Core final : private net::Task,
                   private mqtt::Handler,
                   private ota::UpdaterHandler,
                   private wifi::Listener,
                   private PresenceListener,
                   private SubscriptionListener {
public:
    Core(chip::Chip& chip, const AppDesc& app, const Limits& limits);
    ~Core() override;

    void start();
    bool turn(Duration longest);
    Status publish(std::string_view topic, ConstBytes payload, const PublishOptions& options);
    Status subscribe(std::string_view topic, Inbox::Callback handler, const SubscribeOptions& options);
    void request_restart();

    // For the console's commands and Device.
    chip::Chip& chip() { return chip_; }
    console::Console& console() { return console_; }
    Shell& shell() { return shell_; }
    settings::Store& settings() { return store_; }
    const settings::Store& settings() const { return store_; }
    settings::Schema& schema() { return schema_; }
    wifi::Supervisor& wifi() { return wifi_; }
    BrokerLink& link() { return link_; }
    ota::Updater& updater() { return updater_; }
    Presence& presence() { return presence_; }
    const Subscriptions& subscriptions() const { return subscriptions_; }
    // A second device with our identity seems to be there.
    bool second_device_suspected() const { return short_sessions_.suspected(reactor_.now()); }
    Health& health() { return health_; }
    portal::Portal& portal() { return portal_; }
    Periodic& periodic() { return periodic_; }
    Policy& policy() { return policy_; }
    net::Reactor& reactor() { return reactor_; }
    const AppDesc& app() const { return app_; }
    const Identity& identity() const { return identity_; }
    bool online() const { return online_.load(); }
    // What became of the latest change; `config commit` and `config revert` are config().keep() and .revert().
    ConfigChanges& config() { return config_; }
    // Which broker and which of its keys is in use, or tried next.
    const Brokers& brokers() const { return brokers_; }
    // The device has been on line (an MQTT round trip) since it was born or last reset.
    bool commissioned() const { return commissioned_.is(); }
    // The account's key has been on line, also before a factory reset that kept it.
    bool key_was_used() const { return commissioned_.key_was_used(); }
    // Something is lost that must never be forgotten (docs/updates.md): what it decided is closed.
    bool trust_lost() const { return updater_.trust_lost() || store_.local_lost(); }
    // Makes anew what the update engine has lost. trust_lost when the local-only settings are: only a reset ends that.
    Status repair_trust(std::uint32_t counter);
    // Wipes settings and secrets: noted durably now, done by the restart that follows. The identity, the update floor
    // and the key set stay; a new PSK and access-point password are born and printed unless `keep_secrets`.
    Status factory_reset(bool keep_secrets);
    // Puts the set-up access point on the air, as the settings have it now, or keeps it there for longer. wifi_no_portal.
    Status open_portal();
    void set_online_handler(Function<void(bool)> handler) { online_handler_ = handler; }
    void set_settings_handler(Function<void()> handler) { settings_handler_ = handler; }

private:
    struct AuthorSubscription {
        FixedString<Inbox::topic_max> topic;
        Inbox::Callback callback;
        SubscribeOptions options;
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
    void on_too_large(const mqtt::TooLarge& message) override;
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
    void on_missing(std::string_view topic, const Error& why) override;
    void on_missing_changed() override { presence_.status_changed(reactor_.now()); }

    // How much the device says by itself (setting log.level).
    enum class LogLevel : std::uint8_t { error, info, debug };

    void print_banner();
    void start_watchdog();
    void load_settings();
    void trust_update_keys();
    void distrust();
    void start_radio();
    void watch_button(Instant now);

    // apply.cpp: what the settings and the identity decide
    void apply_settings(Instant now);
    void apply_log_level();
    void apply_access_point();
    void apply_accounts(Instant now);
    void choose_broker(Instant now);
    void refill_inbox();
    void tell_wifi_about_broker();
    void follow_attempt();
    void note_config();
    Status fill_inbox();
    Status add_to_inbox(const AuthorSubscription& subscription);
    Status hear_home_assistant();
    void apply_home_assistant();
    bool is_own_topic(std::string_view topic, std::string_view leaf) const;
    LogTopic log_topic(std::string_view topic) const;
    void announce_all();

    bool logs(LogLevel level) const { return level <= log_level_; }
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
    Shell shell_{*this};
    net::Reactor reactor_;
    net::Names names_;
    wifi::Supervisor wifi_;
    BrokerLink link_;
    DeviceKey device_key_;
    Presence presence_;
    ota::Updater updater_;
    Commissioned commissioned_;
    LastNetwork last_network_;
    Brokers brokers_;
    ConfigChanges config_;
    ButtonPress button_press_{reset_press_length};
    Health health_;
    PortalHost portal_host_{*this};
    portal::Portal portal_;
    Inbox inbox_;
    Subscriptions subscriptions_;
    DroppedMessages dropped_;
    ShortSessions short_sessions_;
    std::array<std::uint32_t, Brokers::max_brokers * Brokers::max_keys> account_marks_{};  // what was in use
    Brokers::Usable changed_accounts_{};
    PublishQueue queue_;
    Periodic periodic_;
    FixedVector<AuthorSubscription, 8> author_subscriptions_;
    FixedVector<Waiting, 16> waiting_;
    Function<void(bool)> online_handler_;
    Function<void()> settings_handler_;
    FixedString<identity_max> host_name_;  // as the radio was started with
    FixedString<2> country_;
    std::uint32_t applied_revision_ = 0;
    std::uint32_t noted_config_ = 0;  // revision of the report that the flight recorder has
    LogLevel log_level_ = LogLevel::info;
    bool progress_to_send_ = false;
    bool hears_home_assistant_ = false;
    std::atomic<bool> online_{false};
    std::atomic<bool> restart_wanted_{false};
    std::optional<Instant> restart_until_;
};

}  // namespace esb
