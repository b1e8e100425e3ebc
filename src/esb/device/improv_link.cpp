#include "esb/device/improv_link.hpp"

#include <array>

namespace esb {
namespace {

namespace names = settings::names;

constexpr Duration scan_look = std::chrono::milliseconds(10);
constexpr std::size_t scan_max = 16;  // networks

}  // namespace

FixedString<16> chip_family(std::string_view hardware) {
    constexpr std::string_view esp = "esp32";
    FixedString<16> family;
    const auto add = [&family](std::string_view text) { static_cast<void>(family.append(text)); };
    if (!hardware.starts_with(esp)) {
        add(hardware.substr(0, family.capacity()));
        return family;
    }
    add("ESP32");
    const auto variant = hardware.substr(esp.size(), 8);
    if (!variant.empty()) add("-");
    for (const char c : variant) {
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        add({&upper, 1});
    }
    return family;
}

ImprovLink::ImprovLink(const Parts& parts) : parts_(parts), chip_(chip_family(parts.chip.system.hardware())) {
    parts_.console.set_filter([this](std::uint8_t byte, Instant now) { return improv_.take(byte, now); });
}

void ImprovLink::step(Instant now) {
    improv_.step(now);
    if (to_try_) {
        to_try_ = false;
        parts_.wifi.try_now(now);
        // The values were those in use, or the present link stays nevertheless.
        if (parts_.wifi.is_up()) link_up(parts_.wifi.ssid());
    }
    if (!scan_) return;
    if (parts_.wifi.scans() != scan_->count) return hand_over_scan();
    if (now < scan_->until) return;
    scan_.reset();
    improv_.scanned({});
}

std::optional<Instant> ImprovLink::deadline(Instant now) const {
    if (to_try_) return now;
    return earliest(improv_.deadline(), scan_ ? std::optional(now + scan_look) : std::nullopt);
}

void ImprovLink::link_up(std::string_view ssid) {
    if (ssid == wanted_.view()) return improv_.joined();
    improv_.join_failed();
}

void ImprovLink::link_down(std::string_view ssid, chip::DisconnectReason reason) {
    const bool tried = ssid == wanted_.view() && reason != chip::DisconnectReason::requested;
    if (tried) improv_.join_failed();
}

void ImprovLink::improv_send(ConstBytes frame) {
    static_cast<void>(parts_.console.output().frame(frame));  // lost when there is no room: the browser asks again
}

Status ImprovLink::improv_join(std::string_view ssid, ConstBytes passphrase) {
    const auto proposed = propose(ssid, passphrase);
    if (!proposed) parts_.console.output().text("improv: ").error(proposed.error());
    return proposed;
}

Status ImprovLink::propose(std::string_view ssid, ConstBytes passphrase) {
    if (parts_.console.locked() && parts_.commissioned.is()) return fail(errors::console_locked);
    settings::Patch patch(parts_.schema, settings::Origin::console);
    ESB_TRY(patch.set_bytes(names::wifi_ssid, as_bytes(ssid)));
    if (passphrase.empty()) {
        ESB_TRY(patch.unset(names::wifi_pass));
    } else {
        ESB_TRY(patch.set(names::wifi_pass, as_text(passphrase)));
    }
#if ESB_WIFI_ENTERPRISE
    ESB_TRY(patch.unset(names::enterprises[0].method));  // as `wifi connect` does
#endif
    ESB_TRY(parts_.config.propose(patch, Proposer::improv));
    static_cast<void>(wanted_.assign(ssid));  // the engine has checked its length
    to_try_ = true;
    return {};
}

bool ImprovLink::improv_online() const { return parts_.wifi.is_up(); }

console::ImprovInfo ImprovLink::improv_info() const {
    // A flashing page compares the first two with its manifest's name and version.
    const auto& image = parts_.image;
    return {image.app, image.ver, chip_, parts_.identity};
}

Status ImprovLink::improv_scan() {
    const auto count = parts_.wifi.scans();
    const auto started = parts_.chip.radio.start_scan();
    if (!started && started.error() != errors::busy) return started;  // somebody else's scan serves as well
    scan_ = Scan{count, parts_.reactor.now() + wifi::Supervisor::scan_limit};
    return {};
}

void ImprovLink::hand_over_scan() {
    scan_.reset();
    std::array<chip::ScanEntry, scan_max> found;
    improv_.scanned(std::span(found).first(parts_.chip.radio.scan_results(found)));
}

}  // namespace esb
