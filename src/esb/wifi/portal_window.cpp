#include "esb/wifi/portal_window.hpp"

#include "esb/base/trace.hpp"

#include <algorithm>
#include <utility>

namespace esb::wifi {

using Kind = chip::RadioEvent::Kind;

std::string_view name(PortalWhy why) {
    constexpr std::string_view names[] = {
        "no link", "asked for", "the link is up", "the result was shown", "its time is over", "the radio ended it"};
    return names[static_cast<std::size_t>(why)];
}

void PortalWindow::ask(Instant now) { take(PortalEvent::asked, now); }
void PortalWindow::unask(Instant now) { take(PortalEvent::unasked, now); }

void PortalWindow::link_up(Instant now, [[maybe_unused]] bool closes) {
    link_ = true;
    if constexpr (with_ethernet) kept_open_ = !closes;
    if (!held_ && link_closes()) take(PortalEvent::link_up, now);
}

void PortalWindow::link_down(Instant now) {
    link_ = false;
    take(PortalEvent::link_down, now);
}

void PortalWindow::result_shown(Instant now) {
    if (link_) take(PortalEvent::result_shown, now);
}

void PortalWindow::hold(bool hold, Instant now) {
    if (hold == held_) return;
    held_ = hold;
    if (hold) return take(PortalEvent::held, now);
    if (link_closes()) take(PortalEvent::link_up, now);
}

void PortalWindow::handle(Kind kind, Instant now) {
    if (kind == Kind::access_point_started) take(PortalEvent::started, now);
    if (kind == Kind::access_point_stopped) take(PortalEvent::stopped, now);
}

void PortalWindow::step(Instant now) {
    if (const auto at = opens_at(); at && now >= *at) take(PortalEvent::link_missing, now);
    if (!deadline_ || now < *deadline_) return;
    const bool useless = policy_.mode == Policy::Mode::required && for_link_ && !link_;
    take(state() == PortalState::open && useless ? PortalEvent::given_up : PortalEvent::time_up, now);
}

std::optional<Instant> PortalWindow::deadline() const { return earliest(deadline_, opens_at()); }

std::optional<Instant> PortalWindow::closes_at() const {
    if (state() == PortalState::grace) return deadline_;
    if (state() == PortalState::open || state() == PortalState::opening) return window_end_;
    return std::nullopt;
}

// When the portal opens by itself; empty when it does not.
std::optional<Instant> PortalWindow::opens_at() const {
    if (state() != PortalState::closed || !missing_at_ || !policy_.portal_available) return std::nullopt;
    if (commissioned_ && !policy_.portal_when_commissioned) return std::nullopt;
    return std::max(*missing_at_, not_before_);
}

void PortalWindow::take(PortalEvent event, Instant now) {
    const auto from = state();
    if (!machine_.take(event, witness_)) return;
    if (trace::on()) trace::state("portal", name(from), name(event), name(state()));
    enter(from, event, now);
}

void PortalWindow::enter(PortalState from, PortalEvent event, Instant now) {
    switch (state()) {
        case PortalState::opening:
            if (event == PortalEvent::link_missing) begin_window(true, now);
            if (event == PortalEvent::asked) begin_window(false, now);
            return start(now);
        case PortalState::open:
            if (event == PortalEvent::asked) begin_window(false, now);
            deadline_ = window_end_;
            if (event == PortalEvent::started) opened(now);
            return;
        case PortalState::grace:
            deadline_ = after(std::min(now, window_end_), policy_.portal_grace);  // a loose contact does not prolong it
            return;
        case PortalState::closing:
            why_ = closing_why(from, event);
            stop(now);
            if (event == PortalEvent::given_up) listener_.on_given_up();
            return;
        case PortalState::closed:
            deadline_.reset();
            if (from != PortalState::closing) why_ = PortalWhy::radio;
            not_before_ = after(now, told_open_ ? policy_.portal_pause : policy_.portal_retry);
            if (std::exchange(told_open_, false)) listener_.on_portal_closed(why_);
            return;
    }
}

PortalWhy PortalWindow::closing_why(PortalState from, PortalEvent event) const {
    if (from == PortalState::closing) return why_;  // once more
    if (from == PortalState::grace && event == PortalEvent::time_up) return PortalWhy::link_up;
    if (event == PortalEvent::result_shown) return PortalWhy::result_shown;
    if (event == PortalEvent::unasked) return PortalWhy::asked;
    return from == PortalState::open ? PortalWhy::time_up : PortalWhy::radio;
}

void PortalWindow::begin_window(bool for_link, Instant now) {
    window_end_ = after(now, policy_.portal_time);
    for_link_ = for_link;
    why_ = for_link ? PortalWhy::link_missing : PortalWhy::asked;
}

void PortalWindow::start(Instant now) {
    deadline_ = after(now, policy_.access_point_timeout);
    if (!radio_.start_access_point(access_point_)) take(PortalEvent::refused, now);
}

void PortalWindow::stop(Instant now) {
    deadline_ = after(now, policy_.access_point_timeout);
    static_cast<void>(radio_.stop_access_point());  // refused: again at the deadline
}

void PortalWindow::opened(Instant now) {
    if (!held_ && link_closes()) take(PortalEvent::link_up, now);  // it came while the access point started
    // Started anew by the radio: what was bound to it before is dead.
    if (std::exchange(told_open_, true)) listener_.on_portal_closed(PortalWhy::radio);
    listener_.on_portal_opened(why_);
}

}  // namespace esb::wifi
