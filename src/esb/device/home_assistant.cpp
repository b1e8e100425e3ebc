#include "esb/device/home_assistant.hpp"

#include <array>

namespace esb {

bool HomeAssistant::announced_before() {
    std::array<std::uint8_t, 1> mark{};
    return key_value_.get(key, mark).has_value();
}

void HomeAssistant::begin(Work work) {
    work_ = work;
    next_ = 0;
    under_way_ = false;
    ++begun_;
}

void HomeAssistant::use(bool on, const Identity& identity, const Identity& base) {
    if (on_ == on && identity_ == identity && base_ == base) return;
    on_ = on;
    identity_ = identity;
    base_ = base;
    begin(on ? Work::announce : announced_before() ? Work::take_back : Work::none);
}

void HomeAssistant::connected(const Identity& identity, const Identity& base) {
    if (on_.value_or(false)) use(true, identity, base);
}

void HomeAssistant::again() {
    if (on_.value_or(false)) begin(Work::announce);
}

void HomeAssistant::step(Instant) {
    if (!online_.load() || work_ == Work::none || under_way_ || next_ == ha_entities) return;
    // Marked first: what was announced must be found again after a loss of power.
    const std::uint8_t mark = 1;
    const bool to_mark = work_ == Work::announce && next_ == 0 && !announced_before();
    if (to_mark && !key_value_.put(key, {&mark, 1})) return;
    const auto done = [this, work = begun_](const Status& outcome) {
        if (work == begun_) sent(outcome);
    };
    under_way_ = send(static_cast<HaEntity>(next_), done).has_value();
}

Status HomeAssistant::send(HaEntity entity, const Function<void(Status)>& done) {
    std::array<char, ha_config_max> text;
    const auto payload = work_ == Work::announce ? ha_config(entity, identity_, base_, image_, text) : std::string_view();
    const auto topic = ha_topic(entity, identity_);
    return publisher_.publish({topic, link::Root::none}, as_bytes(payload), {.retain = true, .done = done});
}

void HomeAssistant::sent(const Status& outcome) {
    under_way_ = false;
    if (!outcome) return;  // the same one again
    ++next_;
    if (next_ < ha_entities) return;
    if (work_ == Work::take_back) static_cast<void>(key_value_.remove(key));
    work_ = Work::none;
}

}  // namespace esb
