#include "host/cli/device_topics.hpp"

#include "esb/base/identity.hpp"

#include <algorithm>
#include <array>

namespace esb::cli {
namespace {

// Longer ones first: "ota/status" also ends in "status".
constexpr std::array<std::string_view, 7> leaves{"ota/status", "config/status", "ota/do", "online",
                                                 "status",     "ping",          "log"};

}  // namespace

bool is_below_app(std::string_view topic) { return topic.find("/app/") != std::string_view::npos; }

std::optional<DeviceTopic> split_topic(std::string_view topic) {
    for (const auto leaf : leaves) {
        if (topic.size() < leaf.size() + 2 || !topic.ends_with(leaf)) continue;
        const auto base = topic.substr(0, topic.size() - leaf.size());
        if (base.back() != '/') continue;
        if (is_below_app(base)) return std::nullopt;
        std::string identity(base.substr(0, base.size() - 1));
        std::replace(identity.begin(), identity.end(), '/', '-');
        if (!make_identity(identity)) return std::nullopt;
        return DeviceTopic{std::move(identity), std::string(leaf)};
    }
    return std::nullopt;
}

std::string topic_of(std::string_view identity, std::string_view leaf) {
    std::string topic(identity);
    std::replace(topic.begin(), topic.end(), '-', '/');
    return topic + '/' + std::string(leaf);
}

}  // namespace esb::cli
