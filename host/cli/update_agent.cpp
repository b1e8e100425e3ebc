#include "host/cli/update_agent.hpp"

#include "esb/base/json.hpp"
#include "host/cli/device_topics.hpp"
#include "host/cli/json_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace esb::cli {
namespace {

constexpr std::string_view install = "install";
constexpr std::int64_t press_lasts = 600;  // seconds, for the device to take what was pressed for

// The device has the update and goes on by itself.
bool is_under_way(std::string_view state) {
    constexpr std::array<std::string_view, 4> states{"downloading", "verifying", "rebooting", "trial"};
    return std::find(states.begin(), states.end(), state) != states.end();
}

}  // namespace

void UpdateAgent::take(std::string_view topic, std::string_view payload, bool retained) {
    const auto from = split_topic(topic);
    if (!from) return;
    auto& device = devices_[from->identity];
    if (from->leaf == "online") {
        device.online = payload == "1";
    } else if (from->leaf == "status") {
        take_status(device, payload);
    } else if (from->leaf == "ota/status") {
        take_update(device, payload);
    } else if (from->leaf == "ota/do") {
        device.pressed = device.pressed || (!retained && payload == install);
    }
}

void UpdateAgent::take_status(Device& device, std::string_view payload) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return;
    const auto root = document->root();
    const auto app = root["app"].text();
    const auto hw = root["hw"].text();
    const auto seq = root["seq"].integer(0, u32_max);
    if (!app || !hw || !seq) return;
    device.app = *app;
    device.hw = *hw;
    device.seq = static_cast<std::uint32_t>(*seq);
}

void UpdateAgent::take_update(Device& device, std::string_view payload) {
    const auto document = JsonDocument::parse(as_bytes(payload));
    if (!document) return;
    const auto root = document->root();
    const auto id = root["id"].text();
    const auto state = root["state"].text();
    if (!id || !state) return;
    device.id = *id;
    device.state = *state;
    const auto when = root["when"].text().value_or(std::string_view());
    device.asks = when == "ask" || when == "window";
}

std::vector<UpdateAgent::Sending> UpdateAgent::due(std::int64_t now) {
    std::vector<Sending> all;
    for (auto& [identity, device] : devices_) {
        if (auto sending = next(identity, device, now)) all.push_back(std::move(*sending));
    }
    return all;
}

std::optional<UpdateAgent::Sending> UpdateAgent::next(const std::string& identity, Device& device,
                                                      std::int64_t now) const {
    if (!device.online || !device.seq) return std::nullopt;
    const bool pressed = std::exchange(device.pressed, false);
    const auto* const update = shelf_.newest_for({identity, device.app, device.hw, *device.seq}, now);
    if (update == nullptr) return std::nullopt;
    SafeText about;
    about.word(identity) << ": ";
    const bool has_it = device.id == update->id;
    if (has_it && device.state == "waiting") {
        // Whoever presses now is heard by the device itself.
        if (std::exchange(device.wanted, {}) != update->id || now > device.wanted_until) return std::nullopt;
        about.word(update->ver) << " waits there, and somebody has pressed Install: said";
        return Sending{identity, topic_of(identity, "ota/do"), std::string(install), about};
    }
    if (has_it && is_under_way(device.state)) return std::nullopt;
    if (!pressed && (!device.asks || has_it || device.offered == update->id)) return std::nullopt;
    device.offered = update->id;
    if (pressed && device.asks) {
        device.wanted = update->id;
        device.wanted_until = now + press_lasts;
    }
    about.word(update->ver) << " (seq " << update->seq << ") ";
    if (pressed) {
        about << "sent: somebody has pressed Install";
    } else {
        about << "offered";
    }
    return Sending{identity, topic_of(identity, "ota"), update->envelope, about};
}

void UpdateAgent::failed(const Sending& sending) {
    auto& device = devices_[sending.identity];
    device.offered.clear();
    if (sending.payload == install) device.wanted = device.id;
}

}  // namespace esb::cli
