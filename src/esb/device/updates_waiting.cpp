// What people say of an update that waits: at the console, on <base>/ota/do, on the set-up page, through the author.
#include "esb/device/device.hpp"
#include "esb/device/updates.hpp"

#include <utility>

namespace esb {

namespace names = settings::names;

// The settings have checked their form.
void Updates::use_hours() {
    auto& policy = updater_.policy();
    const auto before = std::exchange(policy.when, ota::When::now);
    for (const auto when : {ota::When::window, ota::When::ask}) {
        if (parts_.store.text(names::ota_when) == ota::name(when)) policy.when = when;
    }
    if (policy.when != before) report();  // who offers updates looks at it
    if (const auto window = DailyWindow::parse(parts_.store.text(names::ota_window))) policy.window = *window;
    if (const auto zone = TimeZone::parse(parts_.store.text(names::time_zone))) policy.zone = *zone;
    updater_.look_again();
}

Status Updates::obey(std::string_view word) { return updater_.obey(word); }

// A refusal changes nothing that <base>/ota/status says; it is sent again all the same, so that whoever asked sees it.
void Updates::take_word(const link::Message& message) {
    const auto outcome = message.retain ? Status(fail(errors::ota_retained)) : obey(message.text());
    if (outcome) return;
    parts_.voice.failed("ota/do", outcome.error());
    report();
}

void Updates::tell_author() {
    if (!std::exchange(to_tell_, false) || !waiting_handler_) return;
    const auto handler = waiting_handler_;  // it may set another
    const auto& progress = updater_.progress();
    if (progress.state == ota::State::waiting) {
        const UpdateWaiting waiting{progress.ver, progress.size, progress.hold == ota::Hold::ask};
        told_ = true;
        return handler(&waiting);
    }
    if (updater_.is_waiting() || !std::exchange(told_, false)) return;  // something else was refused meanwhile
    handler(nullptr);
}

}  // namespace esb
