#include "esb/device/updates.hpp"

#include "esb/device/config_changes.hpp"
#include "esb/device/status_json.hpp"

#include <array>
#include <utility>

namespace esb {

namespace names = settings::names;

Updates::Updates(const Parts& parts)
    : parts_(parts),
      updater_({parts.reactor, parts.names, parts.chip.slots, parts.chip.key_value, parts.chip.clock,
                parts.chip.entropy, parts.chip.system, &parts.device_key},
               parts.app.image, *this) {}

void Updates::begin(const Identity& identity) {
    trust_keys();
    use_settings();  // whether a stored message may go on
    parts_.voice.tell("ota", updater_.begin(identity));
    if (!parts_.store.local_lost()) return;
    // Nobody can say whose updates the owner accepts, nor whether the console has a password.
    updater_.distrust();
    parts_.notes.trust_lost();
    parts_.voice.failed("settings", Error(errors::trust_lost));
}

// The key of the settings stands in place of those compiled in.
void Updates::trust_keys() {
    if (const auto own = parts_.store.text(names::ota_key); !own.empty() && trust(own)) return;
    for (const auto key : parts_.app.update_keys) trust(key);
}

bool Updates::trust(std::string_view key) { return parts_.voice.tell("update key", updater_.trust(key)); }

void Updates::use_settings() {
    updater_.policy().legacy_md5 = parts_.store.boolean(names::ota_legacy_md5);
    static_cast<void>(updater_.policy().hosts.assign(parts_.store.text(names::ota_hosts)));  // same length
    updater_.policy().web = parts_.certificates != nullptr ? parts_.certificates->web() : nullptr;
    if constexpr (with_update_policy) use_hours();
}

Status Updates::repair_trust(std::uint32_t counter) {
    if (parts_.store.local_lost()) return fail(errors::trust_lost);
    return updater_.repair_trust(counter);
}

void Updates::step(Instant) {
    if constexpr (with_update_policy) tell_author();
    if (!to_send_ || parts_.link.base().empty()) return;
    std::array<char, update_json_max> text;
    const auto& updater = std::as_const(updater_);
    const auto said = update_json(updater.progress(), updater.policy().when, parts_.app.image.ver, text);
    const auto sent = parts_.publisher.report("ota/status", said);
    to_send_ = !sent && parts_.link.connected();  // without a connection it is sent anew with the next one
}

void Updates::on_progress(const ota::Progress& progress) {
    parts_.notes.update(progress);
    to_send_ = to_tell_ = true;
    parts_.reactor.wake();  // this turn's part in sending may be over
    if (told_already(progress.error) || (!progress.error && !parts_.voice.info())) return;
    auto& out = parts_.voice.out();
    out.text("ota: ").text(ota::name(progress.state));
    if (!progress.ver.empty()) out.text(" ").quoted(as_bytes(progress.ver.view()));
    if (progress.hold != ota::Hold::nothing) out.text(" for ").text(ota::words(progress.hold));
    if (progress.size > 0) out.text(", ").number(progress.done).text(" of ").number(progress.size).text(" bytes");
    std::array<char, ota::why_max> why;
    if (progress.error) out.text(": ").text(ota::why(progress, why)).text(" (").text(progress.error->name()).text(")");
    out.end_line();
}

}  // namespace esb
