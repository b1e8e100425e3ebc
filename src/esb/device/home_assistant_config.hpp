// What Home Assistant's MQTT discovery is told (docs/home-assistant.md): one retained message an entity.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/identity.hpp"
#include "esb/ota/descriptor.hpp"

#include <cstddef>
#include <span>
#include <string_view>

namespace esb {

enum class HaEntity : std::uint8_t { connectivity, signal, uptime, firmware };
inline constexpr std::size_t ha_entities = 4;
inline constexpr std::size_t ha_config_max = 1472;  // bytes of one message

// "homeassistant/<component>/<identity>/<entity>/config"
FixedString<112> ha_topic(HaEntity entity, std::string_view identity);
// The message; empty if it does not fit.
std::string_view ha_config(HaEntity entity, const Identity& identity, const Identity& base,
                           const ota::ImageIdentity& image, std::span<char> out);

}  // namespace esb
