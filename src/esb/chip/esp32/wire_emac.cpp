// The chip's own Ethernet MAC with a LAN8720 or its kin on the board.
#include "esb/chip/esp32/wire_parts.hpp"

#include <esp_idf_version.h>
#include <sdkconfig.h>

#if CONFIG_ESB_ETHERNET_EMAC

namespace esb::chip::esp32 {

Result<WireParts> make_wire_parts() {
    const eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_esp32_emac_config_t emac = ETH_ESP32_EMAC_DEFAULT_CONFIG();
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(5, 4, 0)
    emac.smi_gpio.mdc_num = CONFIG_ESB_ETHERNET_MDC_GPIO;
    emac.smi_gpio.mdio_num = CONFIG_ESB_ETHERNET_MDIO_GPIO;
#else
    emac.smi_mdc_gpio_num = CONFIG_ESB_ETHERNET_MDC_GPIO;
    emac.smi_mdio_gpio_num = CONFIG_ESB_ETHERNET_MDIO_GPIO;
#endif
#if defined(CONFIG_ESB_ETHERNET_CLOCK_OUT_GPIO) && CONFIG_ESB_ETHERNET_CLOCK_OUT_GPIO >= 0
    emac.clock_config.rmii = {EMAC_CLK_OUT, CONFIG_ESB_ETHERNET_CLOCK_OUT_GPIO};
#endif
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    phy.phy_addr = CONFIG_ESB_ETHERNET_PHY_ADDRESS;
    phy.reset_gpio_num = CONFIG_ESB_ETHERNET_RESET_GPIO;
#if ESP_IDF_VERSION >= ESP_IDF_VERSION_VAL(6, 0, 0)
    esp_eth_phy_t* const made = esp_eth_phy_new_generic(&phy);  // the LAN87xx's driver is in the component registry now
#else
    esp_eth_phy_t* const made = esp_eth_phy_new_lan87xx(&phy);
#endif
    return WireParts{esp_eth_mac_new_esp32(&emac, &mac), made};
}

esp_err_t give_address(esp_eth_handle_t) { return ESP_OK; }

}  // namespace esb::chip::esp32

#endif
