#include "esb/chip/esp32/radio_setup.hpp"

#include "esb/base/features.hpp"
#include "esb/chip/esp32/lwip_convert.hpp"

#include <array>
#include <cstring>

#include <esp_event.h>
#include <esp_random.h>
#include <esp_wifi.h>
#include <esp_wifi_default.h>

namespace esb::chip::esp32 {

namespace {

constexpr std::uint32_t net_of_256 = 0x00FF'FFFF;  // 255.255.255.0, as it lies in memory

Status checked(esp_err_t code) {
    if (code != ESP_OK) return fail(errors::radio_failed, code);
    return {};
}

esp_netif_dns_info_t dns_info(const IpAddress& address) {
    esp_netif_dns_info_t dns{};
    dns.ip.type = ESP_IPADDR_TYPE_V4;
    dns.ip.u_addr.ip4.addr = to_word(address);
    return dns;
}

// The driver keeps this configuration for the moment in which the access point exists but has not been configured:
// without it it would be on the air as an open network with a name of Espressif's.
Status close_access_point() {
    wifi_config_t config{};
    std::memcpy(config.ap.ssid, "closed", 6);
    config.ap.ssid_len = 6;
    config.ap.ssid_hidden = 1;
    config.ap.channel = 1;
    config.ap.authmode = WIFI_AUTH_WPA2_PSK;
    config.ap.pairwise_cipher = WIFI_CIPHER_TYPE_CCMP;
    config.ap.max_connection = 1;
    config.ap.beacon_interval = 100;
    constexpr char digits[] = "0123456789abcdef";
    std::array<std::uint8_t, 32> random{};
    esp_fill_random(random.data(), random.size());
    for (std::size_t i = 0; i < random.size(); ++i) config.ap.password[i] = std::uint8_t(digits[random[i] % 16]);
    ESB_TRY(checked(esp_wifi_set_mode(WIFI_MODE_APSTA)));
    return checked(esp_wifi_set_config(WIFI_IF_AP, &config));
}

// "01" is the driver's world-safe setting: channels 1 to 11, and what the joined access point says. A country that
// the driver does not know gets that too: a device without Wi-Fi could not even be told a better one.
Status set_country(std::string_view country) {
    FixedString<2> code;
    if (!country.empty() && code.assign(country) && esp_wifi_set_country_code(code.c_str(), false) == ESP_OK) return {};
    return checked(esp_wifi_set_country_code("01", true));
}

Status add_access_point(Netifs& made) {
#if CONFIG_ESP_WIFI_SOFTAP_SUPPORT
    const esp_netif_config_t access_point = ESP_NETIF_DEFAULT_WIFI_AP();
    made.access_point = esp_netif_new(&access_point);
    if (made.access_point == nullptr) return fail(errors::no_memory);
    ESB_TRY(checked(esp_netif_attach_wifi_ap(made.access_point)));
    return checked(esp_wifi_set_default_wifi_ap_handlers());
#else
    static_cast<void>(made);
    return fail(errors::radio_failed);  // Kconfig has no page then
#endif
}

}  // namespace

Result<Netifs> make_netifs(std::string_view host_name) {
    const esp_err_t loop = esp_event_loop_create_default();
    if (loop != ESP_OK && loop != ESP_ERR_INVALID_STATE) return fail(errors::radio_failed, loop);  // it may exist
    const esp_netif_config_t station = ESP_NETIF_DEFAULT_WIFI_STA();
    Netifs made{.station = esp_netif_new(&station)};
    if (made.station == nullptr) return fail(errors::no_memory);
    ESB_TRY(checked(esp_netif_attach_wifi_station(made.station)));
    ESB_TRY(checked(esp_wifi_set_default_wifi_sta_handlers()));
    if constexpr (with_portal) ESB_TRY(add_access_point(made));
    FixedString<32> name;  // lwIP's limit
    static_cast<void>(name.assign(host_name.substr(0, name.capacity())));
    ESB_TRY(checked(esp_netif_set_hostname(made.station, name.c_str())));
    return made;
}

Status start_driver(std::string_view country) {
    wifi_init_config_t config = WIFI_INIT_CONFIG_DEFAULT();
    config.nvs_enable = 0;
    ESB_TRY(checked(esp_wifi_init(&config)));
    ESB_TRY(checked(esp_wifi_set_storage(WIFI_STORAGE_RAM)));
    if constexpr (with_portal) ESB_TRY(close_access_point());
    ESB_TRY(checked(esp_wifi_set_mode(WIFI_MODE_STA)));
    return set_country(country);
}

Status set_station_address(esp_netif_t* netif, const AddressConfig& ip) {
    const bool fixed = ip.address.is_set();
    // Stopping what is stopped, or starting what is started, is an error that means success.
    esp_netif_dhcpc_stop(netif);
    esp_netif_ip_info_t info{};
    info.ip.addr = to_word(ip.address);
    info.netmask.addr = to_word(ip.netmask);
    info.gw.addr = to_word(ip.gateway);
    ESB_TRY(checked(esp_netif_set_ip_info(netif, &info)));
    esp_netif_dns_info_t dns = dns_info(ip.dns);  // none: also forgets the one of the network before
    if (fixed) return checked(esp_netif_set_dns_info(netif, ESP_NETIF_DNS_MAIN, &dns));
    const esp_err_t code = esp_netif_dhcpc_start(netif);
    if (code == ESP_ERR_ESP_NETIF_DHCP_ALREADY_STARTED) return {};
    return checked(code);
}

Status set_access_point_address(esp_netif_t* netif, const IpAddress& address) {
    esp_netif_dhcps_stop(netif);
    esp_netif_ip_info_t info{};
    info.ip.addr = info.gw.addr = to_word(address);
    info.netmask.addr = net_of_256;
    ESB_TRY(checked(esp_netif_set_ip_info(netif, &info)));
    esp_netif_dns_info_t dns = dns_info(address);
    ESB_TRY(checked(esp_netif_set_dns_info(netif, ESP_NETIF_DNS_MAIN, &dns)));
    std::uint8_t offer = 1;  // OFFER_DNS
    ESB_TRY(checked(esp_netif_dhcps_option(netif, ESP_NETIF_OP_SET, ESP_NETIF_DOMAIN_NAME_SERVER, &offer, 1)));
    return checked(esp_netif_dhcps_start(netif));
}

}  // namespace esb::chip::esp32
