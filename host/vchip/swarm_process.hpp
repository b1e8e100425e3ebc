// A firmware process that is many chips: commands come line by line on standard input, news go to standard output.
//
//   in:  type TEXT            typed at every chip's serial port, with a line's end
//        power SHARE SEED     a share of them, in thousandths, loses power for a moment
//        silent SHARE SEED    so many cannot hear their network; 0 0: all can
//        serial CHIP          tells what this chip prints from now on
//   out: born CHIP MQTT ident=... psk=...
//        said CHIP LINE
//        state POWERED ONLINE RSS-BYTES CPU-MILLISECONDS    four times a second
//        error NAME TEXT      and the process ends
#pragma once

#include "host/vchip/swarm_firmware.hpp"

#include <cstddef>
#include <string_view>

namespace esb::vchip {

inline constexpr std::string_view env_swarm = "ESB_VCHIP_SWARM";  // how many chips
inline constexpr std::size_t swarm_max = 100'000;

// Whether the environment asks for a swarm.
bool is_swarm();
// Runs it until standard input ends; the process's exit code.
int run_inherited_swarm(std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&));

}  // namespace esb::vchip
