// What people put where a host name belongs: taken apart where only one thing can be meant.
#pragma once

#include "esb/base/result.hpp"
#include "esb/settings/errors.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::settings {

enum class HostOf : std::uint8_t { broker, time_server };

struct HostField {
    std::string_view host;  // a part of the text; its characters are for the setting to check
    std::optional<std::uint16_t> port;
};

// "mqtts://broker.example:8883/", " broker.example. ", "[2001:db8::1]:8883" and the like; an empty text is an empty host. A time server's
// port may only be 123. Errors: host.* (errors.hpp).
Result<HostField> split_host(std::string_view text, HostOf whose);

// Whose host the setting of this name is, and for a broker which one.
struct HostSetting {
    HostOf whose;
    std::size_t broker = 0;
};
std::optional<HostSetting> host_setting(std::string_view name);
// The broker whose port the setting of this name is.
std::optional<std::size_t> port_setting(std::string_view name);

}  // namespace esb::settings
