#include "esb/device/portal_host.hpp"

#include "esb/console/console_password.hpp"
#include "esb/life/factory_reset.hpp"
#include "esb/link/errors.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace esb {
namespace {

// A handshake can end within one turn: the room that the error is from knows best how far it had come.
std::optional<portal::Step> step_of(const Error& why) {
    if (why.name().starts_with("tls.")) return portal::Step::tls;
    if (why.name().starts_with("mqtt.") || why == errors::link_no_echo) return portal::Step::mqtt;
    return std::nullopt;
}

// For the reply to arrive, and for the page to say what it has just asked for.
constexpr Duration time_to_answer = std::chrono::seconds(2);

}  // namespace

Status PortalHost::open(const chip::IpAddress& address) {
    reset();
    return parts_.portal.open(address);
}

void PortalHost::close() {
    parts_.portal.close();
    parts_.portal.attempt().portal_closed();
    reset();
}

void PortalHost::link_up(const chip::Ssid& ssid, const chip::IpAddress& address) {
    parts_.portal.attempt().link_up(ssid.view(), address);
}

void PortalHost::link_down(const chip::Ssid& ssid, chip::DisconnectReason reason) {
    parts_.portal.attempt().link_down(ssid.view(), reason);
}

void PortalHost::broker_stage(link::BrokerLink::Stage stage) {
    using Stage = link::BrokerLink::Stage;
    switch (stage) {
        case Stage::resting:
            return;
        case Stage::reaching:
            return parts_.portal.attempt().broker_step(portal::Step::reach);
        case Stage::tls:
            return parts_.portal.attempt().broker_step(portal::Step::tls);
        case Stage::mqtt:
            return parts_.portal.attempt().broker_step(portal::Step::mqtt);
    }
}

void PortalHost::broker_failed(const Error& why) {
    if (const auto step = step_of(why)) parts_.portal.attempt().broker_step(*step);
    parts_.portal.attempt().broker_failed(why);
}

void PortalHost::on_reverted(const settings::Report& report, Proposer by) {
    if (by == Proposer::portal && report.error) parts_.portal.attempt().reverted(*report.error);
}

void PortalHost::step(Instant now) {
    begin_try(now);
    parts_.wifi.hold_portal(at_work(), now);
    if (!due_ || now < *due_) return;
    due_.reset();
    switch (later_) {
        case portal::Later::result_shown:
            return parts_.wifi.portal_result_shown(now);
        case portal::Later::close:
            return parts_.wifi.close_portal(now);
        case portal::Later::restart:
            return parts_.restart.request();
    }
}

// The network is joined, but what the person wants is more than that, or an image is on its way.
bool PortalHost::at_work() const {
    using portal::Attempt;
    if (!visited_) return false;
    const auto state = parts_.portal.attempt().state();
    const bool unfinished = state == Attempt::State::trying || state == Attempt::State::failed;
    return unfinished || parts_.updater.progress().state == ota::State::downloading;
}

void PortalHost::begin_try(Instant now) {
    const auto ssid = std::exchange(to_try_, std::nullopt);
    if (!ssid) return;
    parts_.wifi.try_first(*ssid, now);
    parts_.link.retry_now(now);
    if (parts_.online.load()) parts_.portal.attempt().round_trip();  // nothing of it has changed: it is proven
}

// What is asked for later does not take back what weighs more.
void PortalHost::later(portal::Later what) {
    if (due_ && what <= later_) return;
    later_ = what;
    due_ = parts_.reactor.now() + time_to_answer;
}

// The portal opens or has closed: nobody has used it, nothing waits.
void PortalHost::reset() {
    visited_ = false;
    if (later_ != portal::Later::restart) due_.reset();
}

void PortalHost::try_now(std::string_view ssid) {
    to_try_.emplace();
    static_cast<void>(to_try_->assign(ssid));  // the settings have checked its length
}

Status PortalHost::set_console_password(std::string_view password) {
    settings::Patch patch(parts_.schema, settings::Origin::portal);
    ESB_TRY(console::put_console_password(patch, password, parts_.chip.entropy));
    return change(patch);
}

std::string_view PortalHost::log_line(std::uint32_t& number, std::span<char> out) const {
    const auto entry = parts_.recorder.next_after(number);
    if (!entry) return {};
    number = entry->number;
    FixedString<16> why;
    const auto line = record::line_of(*entry, parts_.log_names, why);
    const auto time = record::when(line);
    const auto text = record::describe(line, parts_.log_names);
    std::size_t used = 0;
    for (const auto part : {time.view(), std::string_view("  "), text.view()}) {
        const auto piece = part.substr(0, out.size() - used);
        std::copy(piece.begin(), piece.end(), out.begin() + static_cast<std::ptrdiff_t>(used));
        used += piece.size();
    }
    return {out.data(), used};
}

Status PortalHost::factory_reset() {
    ESB_TRY(life::request_factory_reset(parts_.chip.key_value, false));
    later(portal::Later::restart);
    return {};
}

// A device that has no broker account can have no round trip. That a person can use its pages, and with them make the
// next update, is then what makes a firmware healthy.
void PortalHost::page_used() {
    visited_ = true;
    if (parts_.updater.on_trial() && !parts_.link.account().complete()) parts_.updater.healthy();
}

}  // namespace esb
