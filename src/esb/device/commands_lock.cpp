// lock, unlock
#include "esb/crypto/password.hpp"
#include "esb/device/core.hpp"
#include "esb/device/shell.hpp"

namespace esb::commands {
namespace {

using console::Arguments;
using console::Report;

Status lock_now(Core& core, Arguments, Report& report) {
    ESB_TRY(core.shell().lock().lock(core.shell().password_hash()));
    report.say("locked");
    return {};
}

Status set_lock(Core& core, Arguments arguments, Report& report) {
    if (arguments[0].empty()) return fail(errors::password_length);
    return set_password(core, arguments[0], report);
}

Status remove_lock(Core& core, Arguments, Report& report) { return set_password(core, {}, report); }

Status unlock(Core& core, Arguments arguments, Report& report) {
    if (core.settings().local_lost()) return fail(errors::trust_lost);
    auto& lock = core.shell().lock();
    const auto unlocked = lock.unlock(core.shell().password_hash(), arguments[0], core.reactor().now());
    if (unlocked) {
        report.say("unlocked");
        return {};
    }
    const auto wait = lock.wait(core.chip().clock.now());
    if (wait > Duration(0)) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
        report.label("next try").say("in ").fact("wait", seconds).say(" s").next();
    }
    return unlocked;
}

}  // namespace

std::span<const console::TableCommand> lock() {
    static constexpr console::TableCommand table[] = {
        {"lock", "", "lock the console", 0, 0, on_core<lock_now>},
        {"lock set", "<password>", "set its password, 8 to 64 bytes", 1, 1, on_core<set_lock>, {.secret_from = 0}},
        {"lock off", "", "remove its password", 0, 0, on_core<remove_lock>},
        {"unlock", "<password>", "open a locked console", 1, 1, on_core<unlock>, {0, true}},
    };
    return table;
}

}  // namespace esb::commands
