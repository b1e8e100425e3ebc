#include "esb/chip/esp32/wire.hpp"

#include "esb/chip/esp32/netif_address.hpp"
#include "esb/chip/esp32/wire_driver.hpp"

#include <utility>

#include <esp_eth_netif_glue.h>
#include <esp_netif_defaults.h>

namespace esb::chip::esp32 {
namespace {

constexpr int above_the_station = 150;  // whose priority is 100: the default route is the wire's while it has an address

Status checked(esp_err_t code) {
    if (code != ESP_OK) return fail(errors::wire_failed, code);
    return {};
}

}  // namespace

// Each part once, however often it is called.
Status Wire::start(std::string_view host_name) {
    if (netif_ == nullptr) ESB_TRY(make_netif(host_name));
    if (driver_ == nullptr) {
        const auto driver = install_wire_driver();
        if (!driver) return fail(driver.error());
        const auto glue = esp_eth_new_netif_glue(*driver);
        if (glue == nullptr || esp_netif_attach(netif_, glue) != ESP_OK) {
            esp_eth_driver_uninstall(*driver);
            return fail(errors::wire_failed);
        }
        driver_ = *driver;
    }
    if (!listening_) {
        ESB_TRY(checked(esp_event_handler_register(ETH_EVENT, ESP_EVENT_ANY_ID, &Wire::on_event, this)));
        ESB_TRY(checked(esp_event_handler_register(IP_EVENT, ESP_EVENT_ANY_ID, &Wire::on_event, this)));
        listening_ = true;
    }
    return checked(esp_eth_start(driver_));
}

Status Wire::make_netif(std::string_view host_name) {
    const esp_err_t loop = esp_event_loop_create_default();
    if (loop != ESP_OK && loop != ESP_ERR_INVALID_STATE) return fail(errors::wire_failed, loop);  // it may exist
    esp_netif_inherent_config_t base = ESP_NETIF_INHERENT_DEFAULT_ETH();
    base.route_prio = above_the_station;
    const esp_netif_config_t config{&base, nullptr, ESP_NETIF_NETSTACK_DEFAULT_ETH};
    netif_ = esp_netif_new(&config);
    if (netif_ == nullptr) return fail(errors::no_memory);
    FixedString<32> name;  // lwIP's limit
    static_cast<void>(name.assign(host_name.substr(0, name.capacity())));
    return checked(esp_netif_set_hostname(netif_, name.c_str()));
}

std::optional<WireEvent> Wire::next_event() {
    using Kind = WireEvent::Kind;
    const Lock lock(mutex_);
    if (told_.carrier && std::exchange(was_out_, false)) {
        told_ = {};
        return WireEvent{.kind = Kind::cable_out};
    }
    was_out_ = false;
    if (!told_.carrier && !now_.carrier) return std::nullopt;
    if (!told_.carrier) {
        told_.carrier = true;
        return WireEvent{.kind = Kind::cable_in};
    }
    if (told_.ip == now_.ip) return std::nullopt;
    told_.ip = now_.ip;
    if (!now_.ip.address.is_set()) return WireEvent{.kind = Kind::address_lost};
    return WireEvent{.kind = Kind::address, .ip = now_.ip};
}

void Wire::on_event(void* self, esp_event_base_t base, std::int32_t id, void* data) {
    auto& wire = *static_cast<Wire*>(self);
    if (base == ETH_EVENT && id == ETHERNET_EVENT_CONNECTED) wire.on_carrier(true);
    if (base == ETH_EVENT && id == ETHERNET_EVENT_DISCONNECTED) wire.on_carrier(false);
    if (base == IP_EVENT && id == IP_EVENT_ETH_LOST_IP) wire.on_address({});
    if (base != IP_EVENT || id != IP_EVENT_ETH_GOT_IP) return;
    wire.on_address(address_config(wire.netif_, static_cast<const ip_event_got_ip_t*>(data)->ip_info));
}

void Wire::on_carrier(bool carrier) {
    {
        const Lock lock(mutex_);
        now_ = {carrier, {}};
        was_out_ = was_out_ || !carrier;
    }
    wake_.wake();
}

// LOST_IP comes two minutes after each loss of the carrier, too: it may be back long since, with an address.
void Wire::on_address(const AddressConfig& ip) {
    {
        const Lock lock(mutex_);
        if (!now_.carrier) return;
        now_.ip = ip;
    }
    wake_.wake();
}

}  // namespace esb::chip::esp32
