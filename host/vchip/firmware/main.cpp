// main() of every firmware image of the virtual chip.
#include "esb/device/firmware.hpp"
#include "host/vchip/firmware_process.hpp"
#include "host/vchip/swarm_process.hpp"

int main() {
    if (esb::vchip::is_swarm()) return esb::vchip::run_inherited_swarm(esb::vchip::make_swarm_firmware);
    return esb::vchip::run_inherited_chip(esb::run_firmware);
}
