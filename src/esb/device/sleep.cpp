#include "esb/device/sleep.hpp"

#include "esb/device/errors.hpp"
#include "esb/record/known_link.hpp"

#include <algorithm>

namespace esb {

using chip::ResetReason;

Sleep::Sleep(const Parts& parts) : parts_(parts), woke_(parts.chip.system.reset_reason() == ResetReason::deep_sleep) {}

Status Sleep::want(Duration time, Duration patience) {
    if (time < shortest || time > longest || patience < Duration(0)) return fail(errors::out_of_range);
    if (!time_) {
        patience_ = patience;
        until_ = after(parts_.reactor.now(), patience);
    }
    time_ = time;
    return {};
}

const ErrorKind* Sleep::reason(Instant now) const {
    if (!parts_.updates.updater().at_rest()) return &errors::sleep_update;
    if (parts_.config.trial().on_trial()) return &errors::sleep_settings;
    const bool portal = parts_.network.wifi().portal() != wifi::PortalState::closed;
    if (!parts_.commissioned.is() || portal || parts_.chip.button.pressed()) return &errors::sleep_set_up;
    if (const auto until = console_until(); until && now < *until) return &errors::sleep_console;
    if (!patience_over(now) && !all_said(now)) return &errors::sleep_messages;
    return nullptr;
}

// A person who has switched it on, or pressed its reset button, may want to type something, too.
std::optional<Instant> Sleep::console_until() const {
    const auto reset = parts_.chip.system.reset_reason();
    const bool by_hand = reset == ResetReason::power_on || reset == ResetReason::external;
    const auto heard = parts_.console.last_input();
    if (heard == Instant{} && !by_hand) return std::nullopt;
    return after(heard, parts_.policy.sleep_console);
}

// What the broker has kept for the device comes right after the connection: no more of it, for as long as an answer takes.
std::optional<Instant> Sleep::quiet_at() const {
    const auto heard = parts_.connection.heard_at();
    if (!heard) return std::nullopt;
    return after(*heard, std::max(parts_.policy.sleep_listen, 2 * parts_.presence.last_round_trip().value_or(Duration(0))));
}

bool Sleep::all_said(Instant now) const {
    const auto quiet = quiet_at();
    if (!parts_.online.load() || !quiet || now < *quiet) return false;
    const bool sent = parts_.publisher.idle() && parts_.link.client().pending() == 0;
    return sent && parts_.updates.reported() && parts_.config.reported() && parts_.chip.uart.drained();
}

bool Sleep::begin() {
    const auto now = parts_.reactor.now();
    if (!time_ || parts_.restart.wanted() || reason(now) != nullptr) return false;
    begun_ = time_;
    if (const auto link = parts_.network.wifi().link_after(*time_, now)) {
        record::keep_known_link(parts_.chip.retained_ram, *link);
    } else {
        record::forget_known_link(parts_.chip.retained_ram);
    }
    parts_.link.hang_up();
    if (!parts_.voice.info()) return true;
    auto& out = parts_.voice.out();
    out.text("sleep: for ").number(time_->count() / 1000).line(" s");
    out.flush();
    return true;
}

// What keeps it awake for long is said once; unacknowledged messages do so at every wake.
void Sleep::step(Instant now) {
    if (!time_) return;
    const auto* const why = reason(now);
    if (why != nullptr && why != &errors::sleep_messages) until_ = after(now, patience_);  // its outcome is to be told, too
    if (why == told_) return;
    told_ = why;
    if (why == nullptr || why == &errors::sleep_messages || !parts_.voice.info()) return;
    auto& out = parts_.voice.out();
    out.text("sleep: not yet: ").reason(Error(*why));
    out.end_line();
}

std::optional<Instant> Sleep::deadline() const {
    if (!time_) return std::nullopt;
    const auto now = parts_.reactor.now();
    std::optional<Instant> next;
    for (const auto at : {console_until(), quiet_at(), std::optional(until_)}) {
        if (at && *at > now) next = earliest(next, at);
    }
    return next;
}

}  // namespace esb
