// A W5500 on SPI: for chips that have no Ethernet of their own.
#include "esb/chip/esp32/wire_parts.hpp"

#include <esp_mac.h>
#include <sdkconfig.h>

#if CONFIG_ESB_ETHERNET_W5500

#include <driver/gpio.h>
#include <driver/spi_master.h>

namespace esb::chip::esp32 {
namespace {

constexpr auto host = SPI2_HOST;
constexpr int megahertz = 1'000'000;

esp_err_t start_bus() {
    spi_bus_config_t bus{};
    bus.mosi_io_num = CONFIG_ESB_ETHERNET_MOSI_GPIO;
    bus.miso_io_num = CONFIG_ESB_ETHERNET_MISO_GPIO;
    bus.sclk_io_num = CONFIG_ESB_ETHERNET_SCLK_GPIO;
    bus.quadwp_io_num = bus.quadhd_io_num = -1;
    const auto code = spi_bus_initialize(host, &bus, SPI_DMA_CH_AUTO);
    return code == ESP_ERR_INVALID_STATE ? ESP_OK : code;  // since an earlier try, or somebody else's on the same pins
}

}  // namespace

Result<WireParts> make_wire_parts() {
    auto code = gpio_install_isr_service(0);
    if (code == ESP_OK || code == ESP_ERR_INVALID_STATE) code = start_bus();  // it may be there
    if (code != ESP_OK) return fail(errors::wire_failed, code);
    spi_device_interface_config_t device{};
    device.mode = 0;
    device.clock_speed_hz = CONFIG_ESB_ETHERNET_SPI_MHZ * megahertz;
    device.spics_io_num = CONFIG_ESB_ETHERNET_CS_GPIO;
    device.queue_size = 20;
    eth_w5500_config_t chip = ETH_W5500_DEFAULT_CONFIG(host, &device);
    chip.int_gpio_num = CONFIG_ESB_ETHERNET_INT_GPIO;
    const eth_mac_config_t mac = ETH_MAC_DEFAULT_CONFIG();
    eth_phy_config_t phy = ETH_PHY_DEFAULT_CONFIG();
    phy.reset_gpio_num = CONFIG_ESB_ETHERNET_RESET_GPIO;
    return WireParts{esp_eth_mac_new_w5500(&chip, &mac), esp_eth_phy_new_w5500(&phy)};
}

// It comes without one.
esp_err_t give_address(esp_eth_handle_t handle) {
    std::uint8_t address[6]{};
    const auto code = esp_read_mac(address, ESP_MAC_ETH);
    return code == ESP_OK ? esp_eth_ioctl(handle, ETH_CMD_S_MAC_ADDR, address) : code;
}

}  // namespace esb::chip::esp32

#endif
