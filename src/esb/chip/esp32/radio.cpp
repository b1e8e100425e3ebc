#include "esb/chip/esp32/radio.hpp"

#include "esb/base/features.hpp"
#include "esb/chip/esp32/netif_address.hpp"
#include "esb/chip/esp32/radio_convert.hpp"
#include "esb/chip/esp32/radio_setup.hpp"

#include <algorithm>
#include <array>

#include <esp_netif_net_stack.h>
#include <esp_wifi.h>
#include <lwip/dhcp.h>
#include <lwip/netif.h>

namespace esb::chip::esp32 {

namespace {

Status checked(esp_err_t code) {
    if (code != ESP_OK) return fail(errors::radio_failed, code);
    return {};
}

// As the server gave it; 0 for a fixed address.
std::chrono::seconds lease_of(esp_netif_t* netif) {
    auto* const interface = static_cast<struct netif*>(esp_netif_get_netif_impl(netif));
    esp_netif_dhcp_status_t status = ESP_NETIF_DHCP_INIT;
    const bool by_dhcp = esp_netif_dhcpc_get_status(netif, &status) == ESP_OK && status == ESP_NETIF_DHCP_STARTED;
    const struct dhcp* const client = by_dhcp && interface != nullptr ? netif_dhcp_data(interface) : nullptr;
    return std::chrono::seconds(client != nullptr ? client->offered_t0_lease : 0);
}

}  // namespace

Radio::Radio(Wake& wake) : wake_(wake) {}

Status Radio::start(std::string_view country, std::string_view host_name) {
    if (on_) return {};
    if (!started_) {
        if (netifs_.station == nullptr) {
            const auto netifs = make_netifs(host_name);
            if (!netifs) return fail(netifs.error());
            netifs_ = *netifs;
        }
        ESB_TRY(start_driver(country));
        ESB_TRY(checked(esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, &Radio::on_event, this)));
        ESB_TRY(checked(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, &Radio::on_event, this)));
        started_ = true;
    }
    ESB_TRY(checked(esp_wifi_start()));
    on_ = true;
    return {};
}

Status Radio::join(const StationConfig& network) {
    if (!on_) return fail(errors::radio_failed);
    ESB_TRY(leave());
    ESB_TRY(set_station_address(netifs_.station, network.ip));
#if ESB_WIFI_ENTERPRISE
    ESB_TRY(enterprise_.use(network.enterprise));
#endif
    wifi_config_t config{};
    fill(config.sta, network);
    const auto set = checked(esp_wifi_set_config(WIFI_IF_STA, &config));
    wipe({reinterpret_cast<std::uint8_t*>(&config), sizeof config});
    ESB_TRY(set);
    {
        const Lock lock(mutex_);
        station_ = Station::joining;
    }
    const auto asked = checked(esp_wifi_connect());
    if (asked) return {};
    const Lock lock(mutex_);
    station_ = Station::idle;
    return asked;
}

Status Radio::leave() {
    if (!on_) return fail(errors::radio_failed);
    {
        const Lock lock(mutex_);
        events_.forget_station();
        station_ = Station::idle;
        lost_address_ = false;
    }
    // Always, whatever we believe of the driver; it says nothing if it had nothing to leave.
    return checked(esp_wifi_disconnect());
}

std::optional<Link> Radio::link() const {
    {
        const Lock lock(mutex_);
        if (station_ != Station::joined) return std::nullopt;  // asked nevertheless, the driver complains in the log
    }
    wifi_ap_record_t record{};
    if (!on_ || esp_wifi_sta_get_ap_info(&record) != ESP_OK) return std::nullopt;
    return Link{to_mac(record.bssid), record.rssi, record.primary};
}

Status Radio::set_power_save(PowerSave mode) {
    return checked(esp_wifi_set_ps(mode == PowerSave::none ? WIFI_PS_NONE : WIFI_PS_MIN_MODEM));
}

Status Radio::start_scan() {
    if (!on_) return fail(errors::radio_failed);
    if (scanning_.exchange(true)) return fail(errors::busy);
    const wifi_scan_config_t config{};  // active, every channel, no hidden networks
    const esp_err_t code = esp_wifi_scan_start(&config, false);
    if (code == ESP_OK) return {};
    scanning_ = false;
    if (code == ESP_ERR_WIFI_STATE) return fail(errors::busy, code);  // joining
    return fail(errors::radio_failed, code);
}

std::size_t Radio::scan_results(std::span<ScanEntry> out) const {
    const std::size_t count = std::min(out.size(), networks_.size());
    std::copy_n(networks_.begin(), count, out.begin());
    return count;
}

Status Radio::start_access_point(const AccessPointConfig& config) {
    constexpr std::size_t shortest_passphrase = 8;  // IEEE 802.11 annex J.4
    if (config.passphrase.size() < shortest_passphrase) return fail(errors::radio_open_ap);
    if (!on_ || !with_portal) return fail(errors::radio_failed);
    ESB_TRY(set_access_point_address(netifs_.access_point, config.address));
    // The mode comes first because the driver takes a configuration only for an interface that exists; until it has
    // the new one the closed one of start_driver(), or the previous one, holds.
    access_point_wanted_ = true;
    auto set = checked(esp_wifi_set_mode(WIFI_MODE_APSTA));
    wifi_config_t driver_config{};
    fill(driver_config.ap, config);
    if (set) set = checked(esp_wifi_set_config(WIFI_IF_AP, &driver_config));
    wipe({reinterpret_cast<std::uint8_t*>(&driver_config), sizeof driver_config});
    if (!set) static_cast<void>(stop_access_point());
    return set;
}

Status Radio::stop_access_point() {
    if (!on_) return {};
    access_point_wanted_ = false;
    ESB_TRY(checked(esp_wifi_set_mode(WIFI_MODE_STA)));
    if (!access_point_told_) report({.kind = RadioEvent::Kind::access_point_stopped});  // the driver says nothing then
    return {};
}

std::size_t Radio::access_point_clients(std::span<Mac> out) const {
    wifi_sta_list_t list{};
    if (!on_ || esp_wifi_ap_get_sta_list(&list) != ESP_OK) return 0;
    const auto count = std::min(out.size(), static_cast<std::size_t>(std::max(list.num, 0)));
    for (std::size_t i = 0; i < count; ++i) out[i] = to_mac(list.sta[i].mac);
    return count;
}

std::optional<RadioEvent> Radio::next_event() {
    std::optional<RadioEvent> event;
    {
        const Lock lock(mutex_);
        event = events_.pop();
    }
    if (event && event->kind == RadioEvent::Kind::scan_done) take_scan_results(networks_);
    return event;
}

void Radio::on_event(void* self, esp_event_base_t base, std::int32_t id, void* data) {
    auto& radio = *static_cast<Radio*>(self);
    if (base == WIFI_EVENT) radio.on_wifi(id, data);
    if (base == IP_EVENT && id == IP_EVENT_STA_GOT_IP) radio.on_address(*static_cast<const ip_event_got_ip_t*>(data));
    if (base == IP_EVENT && id == IP_EVENT_STA_LOST_IP) radio.on_lost_address();
}

void Radio::on_wifi(std::int32_t id, const void* data) {
    RadioEvent event{};
    switch (id) {
        case WIFI_EVENT_STA_CONNECTED:
            return on_joined();
        case WIFI_EVENT_STA_DISCONNECTED:
            return on_left(static_cast<const wifi_event_sta_disconnected_t*>(data)->reason);
        case WIFI_EVENT_SCAN_DONE:
            // The scan that is part of a join does not get here, except on its way to one of ours.
            if (!scanning_.exchange(false)) return;
            event.kind = RadioEvent::Kind::scan_done;
            break;
        case WIFI_EVENT_AP_START:
            // Each start is told: sockets that were bound to the interface before it are dead.
            access_point_told_ = true;
            event.kind = RadioEvent::Kind::access_point_started;
            break;
        case WIFI_EVENT_AP_STOP:
            // A new configuration makes the driver stop and start it; that is nobody's business.
            if (access_point_wanted_ || !access_point_told_.exchange(false)) return;
            event.kind = RadioEvent::Kind::access_point_stopped;
            break;
        case WIFI_EVENT_AP_STACONNECTED:
            event.kind = RadioEvent::Kind::client_joined;
            event.client = to_mac(static_cast<const wifi_event_ap_staconnected_t*>(data)->mac);
            break;
        case WIFI_EVENT_AP_STADISCONNECTED:
            event.kind = RadioEvent::Kind::client_left;
            event.client = to_mac(static_cast<const wifi_event_ap_stadisconnected_t*>(data)->mac);
            break;
        default:
            return;
    }
    report(event);
}

void Radio::on_joined() {
    {
        const Lock lock(mutex_);
        if (station_ != Station::joining) return;  // left meanwhile
        station_ = Station::joined;
    }
#if ESB_IPV6 && LWIP_IPV6
    // The others come by router advertisements. Without one nothing is lost but IPv6.
    static_cast<void>(esp_netif_create_ip6_linklocal(netifs_.station));
#endif
    RadioEvent event{};
    event.kind = RadioEvent::Kind::station_joined;
    report(event);
}

// Did we ask for it? One cannot count on an event for each leave(): the driver sends none while it still searches for
// the network. And its code alone does not tell: an access point that shuts down sends the same "leaving". But such a
// code while we are not joined (any more, or yet again) can only be the echo of our own leave().
void Radio::on_left(std::uint8_t reason) {
    RadioEvent event{};
    event.kind = RadioEvent::Kind::station_left;
    event.raw_reason = reason;
    {
        const Lock lock(mutex_);
        const bool echo = station_ == Station::joining && reason == WIFI_REASON_ASSOC_LEAVE;
        if (station_ == Station::idle || echo) {
            event.reason = DisconnectReason::requested;
        } else {
            event.reason = lost_address_ ? DisconnectReason::no_address : to_reason(reason);
            station_ = Station::idle;
        }
        lost_address_ = false;
    }
    report(event);
}

void Radio::on_address(const ip_event_got_ip_t& got) {
    {
        const Lock lock(mutex_);
        if (station_ != Station::joined) return;  // left meanwhile
    }
    RadioEvent event{};
    event.kind = RadioEvent::Kind::station_address;
    event.ip = address_config(netifs_.station, got.ip_info);
    if constexpr (with_deep_sleep) event.lease = lease_of(netifs_.station);
    report(event);
}

// The lease ran out and was not renewed. The driver would stay joined for ever; so leave, and say why.
void Radio::on_lost_address() {
    {
        const Lock lock(mutex_);
        if (station_ != Station::joined) return;  // comes two minutes after each disconnect, too
        lost_address_ = true;
    }
    static_cast<void>(esp_wifi_disconnect());
}

void Radio::report(const RadioEvent& event) {
    {
        const Lock lock(mutex_);
        events_.push(event);
    }
    wake_.wake();
}

}  // namespace esb::chip::esp32
