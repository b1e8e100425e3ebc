// Home Assistant as the rest of the device sees it: HomeAssistant, or nothing where it is left out.
#pragma once

#include "esb/base/features.hpp"

#include <string_view>

namespace esb {
// Where it says `online` when it has started.
inline constexpr std::string_view ha_status_topic = "homeassistant/status";
}  // namespace esb

#if ESB_HOME_ASSISTANT
#include "esb/device/home_assistant.hpp"

namespace esb {
using Home = HomeAssistant;
}  // namespace esb
#else
#include "esb/base/identity.hpp"
#include "esb/base/task.hpp"

namespace esb {

class Home final : public Task {
public:
    void use(bool, const Identity&, const Identity&) {}
    void connected(const Identity&, const Identity&) {}
    void again() {}
    void step(Instant) override {}
    std::optional<Instant> deadline() const override { return std::nullopt; }
};

}  // namespace esb
#endif
