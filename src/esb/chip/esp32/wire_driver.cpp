#include "esb/chip/esp32/wire_driver.hpp"

#include "esb/chip/esp32/wire_parts.hpp"

namespace esb::chip::esp32 {
namespace {

// What was made and has no owner yet.
void drop(const WireParts& parts) {
    if (parts.mac != nullptr) parts.mac->del(parts.mac);
    if (parts.phy != nullptr) parts.phy->del(parts.phy);
}

}  // namespace

Result<esp_eth_handle_t> install_wire_driver() {
    const auto parts = make_wire_parts();
    if (!parts) return fail(parts.error());
    if (parts->mac == nullptr || parts->phy == nullptr) {
        drop(*parts);
        return fail(errors::no_memory);
    }
    const esp_eth_config_t config = ETH_DEFAULT_CONFIG(parts->mac, parts->phy);
    esp_eth_handle_t handle = nullptr;
    auto code = esp_eth_driver_install(&config, &handle);
    if (code == ESP_OK) code = give_address(handle);
    if (code == ESP_OK) return handle;
    if (handle != nullptr) esp_eth_driver_uninstall(handle);
    drop(*parts);
    return fail(errors::wire_failed, code);
}

}  // namespace esb::chip::esp32
