// The emulator's Ethernet. ESP-IDF has a MAC driver for it on every chip, but PHY drivers on the ESP32 alone: this one knows
// what IEEE 802.3 clause 22 says of every PHY.
#include "esb/chip/esp32/wire_parts.hpp"

#include <cstdlib>

#include <esp_eth_phy_802_3.h>
#include <sdkconfig.h>

#if CONFIG_ESB_ETHERNET_OPENETH

namespace esb::chip::esp32 {
namespace {

phy_802_3_t* common(esp_eth_phy_t* phy) { return reinterpret_cast<phy_802_3_t*>(phy); }  // its first member

esp_err_t init(esp_eth_phy_t* phy) { return esp_eth_phy_802_3_basic_phy_init(common(phy)); }

// 100 Mbit/s, full duplex: the emulator has no other.
esp_err_t tell_up(esp_eth_mediator_t* eth) {
    auto code = eth->on_state_changed(eth, ETH_STATE_SPEED, reinterpret_cast<void*>(ETH_SPEED_100M));
    if (code == ESP_OK) code = eth->on_state_changed(eth, ETH_STATE_DUPLEX, reinterpret_cast<void*>(ETH_DUPLEX_FULL));
    if (code == ESP_OK) code = eth->on_state_changed(eth, ETH_STATE_PAUSE, nullptr);
    return code;
}

esp_err_t get_link(esp_eth_phy_t* phy) {
    auto& self = *common(phy);
    bmsr_reg_t status{};
    const auto address = static_cast<std::uint32_t>(self.addr);
    if (const auto code = self.eth->phy_reg_read(self.eth, address, ETH_PHY_BMSR_REG_ADDR, &status.val); code != ESP_OK) {
        return code;
    }
    const auto link = status.link_status != 0 ? ETH_LINK_UP : ETH_LINK_DOWN;
    if (link == self.link_status) return ESP_OK;
    if (link == ETH_LINK_UP) {
        if (const auto code = tell_up(self.eth); code != ESP_OK) return code;
    }
    self.link_status = link;
    return self.eth->on_state_changed(self.eth, ETH_STATE_LINK, reinterpret_cast<void*>(link));
}

esp_eth_phy_t* new_phy() {
    auto* const phy = static_cast<phy_802_3_t*>(calloc(1, sizeof(phy_802_3_t)));  // esp_eth_phy_802_3_del() frees it
    if (phy == nullptr) return nullptr;
    eth_phy_config_t config = ETH_PHY_DEFAULT_CONFIG();
    config.reset_gpio_num = -1;
    if (esp_eth_phy_802_3_obj_config_init(phy, &config) != ESP_OK) {
        free(phy);
        return nullptr;
    }
    phy->parent.init = init;
    phy->parent.get_link = get_link;
    return &phy->parent;
}

}  // namespace

Result<WireParts> make_wire_parts() {
    const eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    return WireParts{esp_eth_mac_new_openeth(&mac), new_phy()};
}

esp_err_t give_address(esp_eth_handle_t) { return ESP_OK; }

}  // namespace esb::chip::esp32

#endif
