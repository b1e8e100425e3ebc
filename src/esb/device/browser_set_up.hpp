// Improv as the rest of the device sees it: ImprovLink, or nothing where it is left out.
#pragma once

#include "esb/base/features.hpp"

#if ESB_IMPROV
#include "esb/device/improv_link.hpp"

namespace esb {
using BrowserSetUp = ImprovLink;
}  // namespace esb
#else
#include "esb/base/time.hpp"
#include "esb/chip/radio.hpp"

#include <optional>
#include <string_view>

namespace esb {

class BrowserSetUp {
public:
    void step(Instant) {}
    std::optional<Instant> deadline(Instant) const { return std::nullopt; }
    void link_up(std::string_view) {}
    void link_down(std::string_view, chip::DisconnectReason) {}
};

}  // namespace esb
#endif
