#include "host/cli/device_topics.hpp"

#include "esb/base/identity.hpp"

#include <algorithm>
#include <array>

namespace esb::cli {
namespace {

// Longer ones first: "ota/status" also ends in "status".
constexpr std::array<std::string_view, 6> leaves{"ota/status", "config/status", "online", "status", "ping", "log"};

}  // namespace

std::optional<DeviceTopic> split_topic(std::string_view topic) {
    for (const auto leaf : leaves) {
        if (topic.size() < leaf.size() + 2 || !topic.ends_with(leaf)) continue;
        const auto base = topic.substr(0, topic.size() - leaf.size());
        if (base.back() != '/') continue;
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
