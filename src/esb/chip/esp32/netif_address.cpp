#include "esb/chip/esp32/netif_address.hpp"

#include "esb/chip/esp32/lwip_convert.hpp"

namespace esb::chip::esp32 {
namespace {

IpAddress dns_server(esp_netif_t* netif) {
    esp_netif_dns_info_t dns{};
    if (esp_netif_get_dns_info(netif, ESP_NETIF_DNS_MAIN, &dns) != ESP_OK) return {};
    const bool is_v4 = dns.ip.type == ESP_IPADDR_TYPE_V4 && dns.ip.u_addr.ip4.addr != 0;
    return is_v4 ? from_word(dns.ip.u_addr.ip4.addr) : IpAddress{};
}

}  // namespace

AddressConfig address_config(esp_netif_t* netif, const esp_netif_ip_info_t& got) {
    return {from_word(got.ip.addr), from_word(got.netmask.addr), from_word(got.gw.addr), dns_server(netif)};
}

}  // namespace esb::chip::esp32
