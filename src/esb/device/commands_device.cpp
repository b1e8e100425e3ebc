// status, identity, ota, restart, factory-reset
#include "esb/base/encoding.hpp"
#include "esb/device/core.hpp"
#include "esb/device/shell.hpp"

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;

Status show_status(Core& core, Arguments, Report& report) {
    const auto heap = core.chip().system.heap();
    const auto& image = core.app().image;
    const bool trial = core.updater().on_trial();
    report.label("firmware").fact("app", image.app).say(" ").fact("ver", image.ver);
    report.say(" (seq ").fact("seq", image.seq).say(", floor ").fact("floor", core.updater().floor()).say(")");
    report.say(trial ? ", on trial" : "").data("trial", trial);
    if (core.health().safe_mode()) {
        report.label("mode").say("safe, without the author's code (safe-mode leave ends it)");
    }
    report.data("safe", core.health().safe_mode());
    report.line("reset", chip::name(core.chip().system.reset_reason()));
    report.line("wifi", wifi::name(core.wifi().state()));
    report.line("mqtt", state_name(core.link().client().state()));
    report.say(core.online() ? ", on line" : "").data("online", core.online());
    if (core.subscriptions().missing() > 0) report.line("missing", core.subscriptions().text());
    if (core.second_device_suspected()) report.line("hint", errors::link_second_device.text);
    if (core.trust_lost()) report.label("trust").say("lost: updates and commands are refused (trust repair)");
    report.data("trust_lost", core.trust_lost());
    report.line("update", ota::name(core.updater().progress().state));
    if (core.config().waits_for() != settings::Stage::none) {
        report.label("config").say("a change is on trial, for the ");
        report.fact("config_waits_for", settings::name(core.config().waits_for()));
    }
    report.label("heap").fact("heap", heap.free).say(" bytes free, ");
    report.fact("heap_min", heap.minimum_free).say(" at the lowest");
    report.label("stack").fact("stack", core.chip().system.stack_reserve()).say(" bytes never used");
    report.label("up").fact("up", milliseconds(core.reactor().now()) / 1000).say(" s");
    return {};
}

Status show_identity(Core& core, Arguments, Report& report) {
    report.line("identity", core.identity().view());
    report.line("hw", core.chip().system.hardware());
    return {};
}

Status show_update(Core& core, Arguments, Report& report) {
    const auto& progress = core.updater().progress();
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
    if (progress.freshness_unknown) report.line("freshness", "unknown");
    return {};
}

Status retry_update(Core& core, Arguments, Report& report) {
    ESB_TRY(core.updater().forget_failures());
    report.say("what has failed is forgotten: send the update again, or: restart");
    return {};
}

Status confirm_update(Core& core, Arguments, Report& report) {
    if (!core.updater().on_trial()) return fail(errors::device_not_on_trial);
    core.updater().healthy();
    report.say("ok");
    return {};
}

// The owner's word, at the device. The counters are his to give: the device cannot know the last one it has seen.
Status repair_trust(Core& core, Arguments arguments, Report& report) {
    const auto counter = parse_unsigned(arguments[0], 0, 0xFFFF'FFFF);
    if (!counter) return fail(errors::invalid_argument);
    if (!core.trust_lost()) {
        report.say("nothing is lost");
        return {};
    }
    ESB_TRY(core.repair_trust(static_cast<std::uint32_t>(*counter)));
    report.say("ok: what was lost is made anew; floor ").fact("floor", core.updater().floor());
    report.say(", keys as compiled in or in ota.key, signed counters above ").fact("counter", *counter);
    return {};
}

Status restart(Core& core, Arguments, Report& report) {
    report.say("restarting");
    core.request_restart();
    return {};
}

Status reset(Core& core, Arguments arguments, Report& report) {
    const bool keep = arguments.size() > 1;
    if (arguments[0] != "yes" || (keep && arguments[1] != "keep-secrets")) return fail(errors::invalid_argument);
    ESB_TRY(core.factory_reset(keep));
    report.say("restarting, settings are wiped").say(keep ? "" : ", new secrets are born");
    return {};
}

}  // namespace

std::span<const console::TableCommand> device() {
    static constexpr console::TableCommand table[] = {
        {"status", "", "how the device is doing", 0, 0, on_core<show_status>},
        {"identity", "", "who this device is", 0, 0, on_core<show_identity>, {.while_locked = true}},
        {"ota status", "", "the latest update", 0, 0, on_core<show_update>},
        {"ota confirm", "", "keep the firmware that is on trial", 0, 0, on_core<confirm_update>},
        {"trust repair", "<last-counter>",
         "make lost floor, keys, counters anew: firmware's seq, its keys, this counter", 1, 1, on_core<repair_trust>},
        {"ota retry", "", "let an update be offered again that has failed too often", 0, 0, on_core<retry_update>},
        {"restart", "", "restart the chip", 0, 0, on_core<restart>},
        {"factory-reset", "yes [keep-secrets]", "wipe all settings; identity and update floor stay", 1, 2,
         on_core<reset>},
    };
    return table;
}

}  // namespace esb::commands
