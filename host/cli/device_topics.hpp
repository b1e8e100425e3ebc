// Which device a topic belongs to, and what it says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

struct DeviceTopic {
    std::string identity;  // "ESP-C44F330A9C35"
    std::string leaf;      // "online", "ota/status", ...; never empty
};

// Behind a level app, unless it is the first, lie an author's topics: else whoever may write below <base>/app/ would be as
// many devices as he likes.
bool is_below_app(std::string_view topic);
// Splits a topic that a device publishes, or <base>/ota/do; empty for any other, such as an author's own.
std::optional<DeviceTopic> split_topic(std::string_view topic);
// "<base>/<leaf>"
std::string topic_of(std::string_view identity, std::string_view leaf);

}  // namespace esb::cli
