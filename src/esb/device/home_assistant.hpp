// Announces the device to Home Assistant, and takes the announcement back (setting ha.discovery).
#pragma once

#include "esb/chip/key_value.hpp"
#include "esb/device/broker_link.hpp"
#include "esb/device/home_assistant_config.hpp"

#include <optional>

namespace esb {

// Reactor's task only.
class HomeAssistant {
public:
    HomeAssistant(chip::KeyValue& key_value, BrokerLink& link, const ota::ImageIdentity& image)
        : key_value_(key_value), link_(link), image_(image) {}

    // What the setting says now. Announced once a start, since the broker retains it, and with again(); taken back when
    // it was announced at any time before.
    void use(bool on);
    // The broker, or Home Assistant, may have lost it.
    void again();
    // Sends what is still to be sent.
    void step(bool online);
    // What became of a publish; true if it was one of these.
    bool published(mqtt::Token token, const Status& outcome);

    static constexpr std::string_view key = "ha";  // stored while something may be announced

private:
    enum class Task : std::uint8_t { none, announce, take_back };

    bool announced_before();
    Result<mqtt::Token> send(HaEntity entity);

    chip::KeyValue& key_value_;
    BrokerLink& link_;
    const ota::ImageIdentity& image_;
    std::optional<bool> on_;
    Task task_ = Task::none;
    std::size_t next_ = 0;                  // entity
    std::optional<mqtt::Token> under_way_;  // one at a time
    Identity identity_;                     // it was announced for
};

}  // namespace esb
