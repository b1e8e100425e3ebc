// status, identity, ota, restart, factory-reset
#include "esb/device/commands.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/local_time.hpp"
#include "esb/device/errors.hpp"

#include <array>

namespace esb {
namespace {

using console::Arguments;
using console::Report;

Status show_status(DeviceCommands& rooms, Arguments, Report& report) {
    const auto now = rooms.snapshot.read();
    report.label("firmware").fact("app", now.app).say(" ").fact("ver", now.version);
    report.say(" (seq ").fact("seq", now.seq).say(", floor ").fact("floor", now.floor).say(")");
    report.say(now.image_on_trial ? ", on trial" : "").data("trial", now.image_on_trial);
    if (now.safe_mode) report.label("mode").say("safe, without the author's code (safe-mode leave ends it)");
    report.data("safe", now.safe_mode);
    report.line("reset", now.reset);
    if (with_ethernet && !now.link.empty()) report.line("link", now.link);
    report.line("wifi", now.wifi);
    report.line("mqtt", state_name(rooms.link.client().state()));
    report.say(now.online ? ", on line" : "").data("online", now.online);
    if (rooms.subscriptions.missing() > 0) report.line("missing", rooms.subscriptions.text());
    if (now.hint != nullptr) report.line("hint", now.hint->text);
    if (!now.hint_topic.empty()) report.line("hint_topic", now.hint_topic);
    if (now.trust_lost) report.label("trust").say("lost: updates and commands are refused (trust repair)");
    report.data("trust_lost", now.trust_lost);
    report.line("update", ota::name(rooms.updates.updater().progress().state));
    if (!now.config_waits_for.empty()) {
        report.label("config").say("a change is on trial, for the ").fact("config_waits_for", now.config_waits_for);
    }
    report.label("heap").fact("heap", now.heap).say(" bytes free, ");
    report.fact("heap_min", now.heap_min).say(" at the lowest");
    report.label("stack").fact("stack", now.stack_reserve).say(" bytes never used");
    report.label("up").fact("up", now.up.count() / 1000).say(" s");
    return {};
}

Status show_identity(DeviceCommands& rooms, Arguments, Report& report) {
    report.line("identity", rooms.snapshot.read().identity);
    report.line("hw", rooms.chip.system.hardware());
    return {};
}

Status show_update(DeviceCommands& rooms, Arguments, Report& report) {
    const auto& progress = rooms.updates.updater().progress();
    report.line("state", ota::name(progress.state));
    if (!progress.ver.empty()) report.label("ver").theirs("ver", progress.ver.view());
    if (!progress.id.empty()) report.line("id", progress.id.view());
    if (progress.size > 0) {
        report.label("done").fact("done", progress.done).say(" of ").fact("size", progress.size).say(" bytes");
    }
    if (progress.error) {
        std::array<char, ota::why_max> buffer;
        const auto why = ota::why(progress, buffer);
        report.label("cause").say(why).data("why", why);
        if (progress.error->detail() != 0) report.data("detail", progress.error->detail());
        if (!progress.host.empty()) report.data("host", progress.host.view());
        report.say(" (").fact("cause", progress.error->name()).say(")");
    }
    if (progress.hold != ota::Hold::nothing) {
        report.label("waits").say("for ").say(ota::words(progress.hold)).data("waits_for", ota::name(progress.hold));
    }
    if (progress.until)
        report.label("until").say(record::utc_text(*progress.until)).say(" UTC").data("until", progress.until->count());
    if (progress.freshness_unknown) report.line("freshness", "unknown");
    return {};
}

#if ESB_UPDATE_POLICY
Status install_update(DeviceCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.updates.obey("install"));
    report.say("ok: it is installed now");
    return {};
}

Status postpone_update(DeviceCommands& rooms, Arguments arguments, Report& report) {
    const auto time = parse_span(arguments[0], ota::Updater::postponed_longest);
    if (!time) return fail(errors::invalid_argument);
    ESB_TRY(rooms.updates.updater().postpone(*time));
    report.say("ok: not before ").say(arguments[0]).say(" are over");
    return {};
}

Status skip_update(DeviceCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.updates.obey("skip"));
    report.say("ok: this version is not offered again, a later one is (ota retry takes that back)");
    return {};
}
#endif

Status retry_update(DeviceCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.updates.updater().forget_failures());
    report.say("what has failed or was skipped is forgotten: send the update again, or: restart");
    return {};
}

Status confirm_update(DeviceCommands& rooms, Arguments, Report& report) {
    if (!rooms.updates.updater().on_trial()) return fail(errors::device_not_on_trial);
    rooms.updates.updater().healthy();
    report.say("ok");
    return {};
}

// The owner's word, at the device. The counters are his to give: the device cannot know the last one it has seen.
Status repair_trust(DeviceCommands& rooms, Arguments arguments, Report& report) {
    const auto counter = parse_unsigned(arguments[0], 0, 0xFFFF'FFFF);
    if (!counter) return fail(errors::invalid_argument);
    if (!rooms.updates.updater().trust_lost()) {
        report.say("nothing is lost");
        return {};
    }
    ESB_TRY(rooms.updates.repair_trust(static_cast<std::uint32_t>(*counter)));
    report.say("ok: what was lost is made anew; floor ").fact("floor", rooms.updates.updater().floor());
    report.say(", keys as compiled in or in ota.key, signed counters above ").fact("counter", *counter);
    return {};
}

Status restart_chip(DeviceCommands& rooms, Arguments, Report& report) {
    report.say("restarting");
    rooms.restart.request();
    return {};
}

Status reset(DeviceCommands& rooms, Arguments arguments, Report& report) {
    const bool keep = arguments.size() > 1;
    if (arguments[0] != "yes" || (keep && arguments[1] != "keep-secrets")) return fail(errors::invalid_argument);
    ESB_TRY(rooms.restart.reset(rooms.chip.key_value, keep));
    report.say("restarting, settings are wiped").say(keep ? "" : ", new secrets are born");
    return {};
}

}  // namespace

std::span<const console::TableCommand> DeviceCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"status", "", "how the device is doing", on_rooms<show_status>},
        {"identity", "", "who this device is", on_rooms<show_identity>, {.while_locked = true}},
        {"ota status", "", "the latest update", on_rooms<show_update>},
        {"ota confirm", "", "keep the firmware that is on trial", on_rooms<confirm_update>},
        {"trust repair", "<last-counter>",
         "make lost floor, keys, counters anew: firmware's seq, its keys, this counter", on_rooms<repair_trust>},
        {"ota retry", "", "let an update be offered again that has failed too often or was skipped",
         on_rooms<retry_update>},
#if ESB_UPDATE_POLICY
        {"ota install", "", "install the update that waits, now", on_rooms<install_update>},
        {"ota postpone", "<time>", "the update that waits: not before 30m, 2h, 7d", on_rooms<postpone_update>},
        {"ota skip", "", "not this version; a later one is offered again", on_rooms<skip_update>},
#endif
        {"restart", "", "restart the chip", on_rooms<restart_chip>},
        {"factory-reset", "yes [keep-secrets]", "wipe all settings; identity and update floor stay", on_rooms<reset>},
    };
    return table;
}

}  // namespace esb
