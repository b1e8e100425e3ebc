// main() of every firmware image of the virtual chip.
#include "esb/device/firmware.hpp"
#include "host/vchip/firmware_process.hpp"

int main() { return esb::vchip::run_inherited_chip(esb::run_firmware); }
