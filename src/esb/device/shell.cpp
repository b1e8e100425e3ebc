#include "esb/device/shell.hpp"

#include "esb/device/core.hpp"

#include <array>

namespace esb {

Shell::Shell(Core& core) : core_(core), lock_(core.chip().key_value, core.console()), improv_(core) {
    auto& console = core.console();
    for (const auto table : {commands::device(), commands::wifi(), commands::mqtt(), commands::config(),
                             commands::debug(), commands::lock(), commands::health(), commands::portal()}) {
        if (const auto added = console.add(table, &core); !added)
            console.output().text("commands: ").error(added.error());
    }
    console.set_vocabulary(this);
    console.set_filter([this](std::uint8_t byte, Instant now) { return improv_.take(byte, now); });
}

void Shell::start(Instant now) { lock_.begin(password_hash(), now); }

void Shell::step(Instant now) {
    lock_.step(password_hash(), now);
    improv_.step(now);
    core_.console().poll(now);
}

std::optional<Instant> Shell::deadline(Instant now) const {
    const auto console = earliest(core_.console().deadline(now), improv_.deadline(now));
    return earliest(console, lock_.deadline(password_hash()));
}

ConstBytes Shell::password_hash() const {
    static constexpr std::array<std::uint8_t, 1> no_password_fits{};
    if (core_.settings().local_lost()) return no_password_fits;
    return core_.settings().bytes(settings::names::console_password);
}

std::string_view Shell::word(std::string_view kind, std::size_t index) const {
    const auto& schema = core_.schema();
    if (kind == "setting" && index < schema.size()) return schema.at(index).name;
    if (kind == "variable" && index < variables_.size()) return variables_.name(index);
    return {};
}

bool Shell::is_public(std::string_view kind, std::string_view word) const {
    const auto* setting = kind == "setting" ? core_.schema().find(word) : nullptr;
    return setting != nullptr && !setting->secret;
}

}  // namespace esb
