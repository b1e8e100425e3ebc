#include "esb/device/portal_host.hpp"

#include "esb/device/console_password.hpp"
#include "esb/device/core.hpp"
#include "esb/device/factory_reset.hpp"
#include "esb/device/log_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace esb {
namespace {

// For the reply to arrive, and for the page to say what it has just asked for.
constexpr Duration time_to_answer = std::chrono::seconds(2);

}  // namespace

void PortalHost::step(Instant now) {
    begin_try(now);
    core_.wifi().hold_portal(at_work(), now);
    if (!due_ || now < *due_) return;
    due_.reset();
    switch (later_) {
        case Later::tell_result:
            return core_.wifi().portal_result_shown(now);
        case Later::close:
            return core_.wifi().close_portal(now);
        case Later::restart:
            return core_.request_restart();
    }
}

// The network is joined, but what the person wants is more than that, or an image is on its way.
bool PortalHost::at_work() const {
    using portal::Attempt;
    if (!visited_) return false;
    const auto& attempt = core_.portal().attempt();
    const bool unfinished = attempt.state() == Attempt::State::trying || attempt.state() == Attempt::State::failed;
    return unfinished || core_.updater().progress().state == ota::State::downloading;
}

void PortalHost::begin_try(Instant now) {
    const auto ssid = std::exchange(to_try_, std::nullopt);
    if (!ssid) return;
    core_.wifi().try_first(*ssid, now);
    core_.link().retry_now(now);
    if (core_.online()) core_.portal().attempt().round_trip();  // nothing of it has changed: it is proven
}

// What is asked for later does not take back what weighs more.
void PortalHost::soon(Later what) {
    if (due_ && what <= later_) return;
    later_ = what;
    due_ = core_.reactor().now() + time_to_answer;
}

void PortalHost::reset() {
    visited_ = false;
    if (later_ != Later::restart) due_.reset();
}

portal::About PortalHost::about() const {
    const auto& image = core_.app().image;
    portal::About about;
    about.identity = core_.identity();
    about.app = image.app;
    about.version = image.ver;
    about.hardware = image.hw;
    about.seq = image.seq;
    about.safe_mode = core_.health().safe_mode();
    about.protections = core_.chip().system.protections();
    return about;
}

portal::Moment PortalHost::moment() const {
    const auto now = core_.reactor().now();
    const auto& wifi = core_.wifi();
    const auto link = core_.chip().radio.link();
    const auto heap = core_.chip().system.heap();
    portal::Moment moment;
    moment.wifi = wifi::name(wifi.state());
    moment.ssid = wifi.ssid();
    moment.rssi = link ? link->rssi : std::int8_t{0};
    if (wifi.is_up()) moment.address = wifi.address().address;
    moment.online = core_.online();
    moment.commissioned = core_.commissioned();
    moment.key_was_used = core_.key_was_used();
    moment.on_trial = core_.config().waits_for() != settings::Stage::none;
    moment.heap = heap.free;
    moment.heap_min = heap.minimum_free;
    moment.up = now.time_since_epoch();
    if (const auto closes = wifi.portal_closes_at()) moment.portal_left = std::max(*closes - now, Duration(0));
    return moment;
}

portal::UpdateProgress PortalHost::update() const {
    const auto& progress = core_.updater().progress();
    return {ota::name(progress.state), progress.ver, progress.done, progress.size, progress.error};
}

const settings::Schema& PortalHost::schema() const { return core_.schema(); }
const settings::Store& PortalHost::settings() const { return core_.settings(); }
Status PortalHost::change(const settings::Patch& patch) { return core_.config().propose(patch, Proposer::portal); }

void PortalHost::try_now(std::string_view ssid) {
    to_try_.emplace();
    static_cast<void>(to_try_->assign(ssid));  // the settings have checked its length
}

Status PortalHost::set_console_password(std::string_view password) {
    settings::Patch patch(core_.schema(), settings::Origin::portal);
    ESB_TRY(put_console_password(patch, password, core_.chip().entropy));
    return change(patch);
}

Status PortalHost::scan() { return core_.chip().radio.start_scan(); }
std::uint32_t PortalHost::scans() const { return core_.wifi().scans(); }
std::size_t PortalHost::networks(std::span<chip::ScanEntry> out) const { return core_.chip().radio.scan_results(out); }

std::string_view PortalHost::log_line(std::uint32_t& number, std::span<char> out) const {
    const auto entry = core_.health().recorder().next_after(number);
    if (!entry) return {};
    number = entry->number;
    FixedString<16> why;
    const auto line = line_of(*entry, why);
    const auto time = when(line);
    const auto text = describe(line);
    std::size_t used = 0;
    for (const auto part : {time.view(), std::string_view("  "), text.view()}) {
        const auto piece = part.substr(0, out.size() - used);
        std::copy(piece.begin(), piece.end(), out.begin() + static_cast<std::ptrdiff_t>(used));
        used += piece.size();
    }
    return {out.data(), used};
}

Status PortalHost::begin_upload(std::uint32_t size) { return core_.updater().begin_upload(size); }
Status PortalHost::upload_piece(ConstBytes piece) { return core_.updater().upload_piece(piece); }
Status PortalHost::end_upload() { return core_.updater().end_upload(); }
void PortalHost::upload_lost() { core_.updater().upload_lost(); }

void PortalHost::restart() { soon(Later::restart); }

Status PortalHost::factory_reset() {
    ESB_TRY(request_factory_reset(core_.chip().key_value, false));
    soon(Later::restart);
    return {};
}

void PortalHost::result_shown() { soon(Later::tell_result); }
void PortalHost::close_portal() { soon(Later::close); }

void PortalHost::page_served() { visited_ = true; }

// A device that has no broker account can have no round trip. That a person can use its pages, and with them make the
// next update, is then what makes a firmware healthy.
void PortalHost::page_used() {
    visited_ = true;
    if (core_.updater().on_trial() && !core_.link().account().complete()) core_.updater().healthy();
}

}  // namespace esb
