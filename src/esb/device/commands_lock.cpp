// lock, unlock
#include "esb/crypto/password.hpp"
#include "esb/device/commands.hpp"

namespace esb {
namespace {

using console::Arguments;
using console::Report;

Status lock_now(LockCommands& rooms, Arguments, Report& report) {
    ESB_TRY(rooms.shell.lock().lock(rooms.shell.password_hash()));
    report.say("locked");
    return {};
}

Status set_lock(LockCommands& rooms, Arguments arguments, Report& report) {
    if (arguments[0].empty()) return fail(errors::password_length);
    return rooms.config.set_password(arguments[0], report);
}

Status remove_lock(LockCommands& rooms, Arguments, Report& report) { return rooms.config.set_password({}, report); }

Status unlock(LockCommands& rooms, Arguments arguments, Report& report) {
    if (rooms.config.settings.local_lost()) return fail(errors::trust_lost);
    auto& lock = rooms.shell.lock();
    const auto unlocked = lock.unlock(rooms.shell.password_hash(), arguments[0], rooms.reactor.now());
    if (unlocked) {
        report.say("unlocked");
        return {};
    }
    const auto wait = lock.wait(rooms.reactor.now());
    if (wait > Duration(0)) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
        report.label("next try").say("in ").fact("wait", seconds).say(" s").next();
    }
    return unlocked;
}

}  // namespace

std::span<const console::TableCommand> LockCommands::table() const {
    static constexpr console::TableCommand table[] = {
        {"lock", "", "lock the console", on_rooms<lock_now>},
        {"lock set", "<password>", "set its password, 8 to 64 bytes", on_rooms<set_lock>, {.secret_from = 0}},
        {"lock off", "", "remove its password", on_rooms<remove_lock>},
        {"unlock", "<password>", "open a locked console", on_rooms<unlock>, {0, true}},
    };
    return table;
}

}  // namespace esb
