#include "esb/device/home_assistant.hpp"

#include <array>

namespace esb {

bool HomeAssistant::announced_before() {
    std::array<std::uint8_t, 1> mark{};
    return key_value_.get(key, mark).has_value();
}

void HomeAssistant::use(bool on) {
    const auto& identity = link_.account().identity;
    if (on_ == on && identity_ == identity) return;
    on_ = on;
    identity_ = identity;
    next_ = 0;
    under_way_.reset();
    task_ = on ? Task::announce : announced_before() ? Task::take_back : Task::none;
}

void HomeAssistant::again() {
    if (!on_.value_or(false)) return;
    task_ = Task::announce;
    next_ = 0;
    under_way_.reset();
}

void HomeAssistant::step(bool online) {
    if (!online || task_ == Task::none || under_way_ || next_ == ha_entities) return;
    // Marked first: what was announced must be found again after a loss of power.
    const std::uint8_t mark = 1;
    const bool to_mark = task_ == Task::announce && next_ == 0 && !announced_before();
    if (to_mark && !key_value_.put(key, {&mark, 1})) return;
    if (const auto token = send(static_cast<HaEntity>(next_))) under_way_ = *token;
}

Result<mqtt::Token> HomeAssistant::send(HaEntity entity) {
    std::array<char, ha_config_max> text;
    const auto payload = task_ == Task::announce ? ha_config(entity, identity_, image_, text) : std::string_view();
    return link_.client().publish({ha_topic(entity, identity_), as_bytes(payload), mqtt::Qos::at_least_once, true});
}

bool HomeAssistant::published(mqtt::Token token, const Status& outcome) {
    if (under_way_ != token) return false;
    under_way_.reset();
    if (!outcome) return true;  // the same one again
    ++next_;
    if (next_ < ha_entities) return true;
    if (task_ == Task::take_back) static_cast<void>(key_value_.remove(key));
    task_ = Task::none;
    return true;
}

}  // namespace esb
