#include "esb/device/shell.hpp"

#include <array>

namespace esb {

Shell::Shell(const Parts& parts) : parts_(parts), lock_(parts.key_value, parts.console) {
    parts_.console.set_vocabulary(this);
}

void Shell::start(Instant now) { lock_.begin(password_hash(), now); }

void Shell::step(Instant now) {
    lock_.step(password_hash(), now);
    parts_.improv.step(now);
    parts_.console.poll(now);
}

std::optional<Instant> Shell::deadline() const {
    const auto now = parts_.reactor.now();
    const auto console = earliest(parts_.console.deadline(now), parts_.improv.deadline(now));
    return earliest(console, lock_.deadline(password_hash()));
}

ConstBytes Shell::password_hash() const {
    static constexpr std::array<std::uint8_t, 1> no_password_fits{};
    if (parts_.store.local_lost()) return no_password_fits;
    return parts_.store.bytes(settings::names::console_password);
}

std::string_view Shell::word(std::string_view kind, std::size_t index) const {
    const auto& schema = parts_.schema;
    if (kind == "setting" && index < schema.size()) return schema.at(index).name;
    if (kind == "variable" && index < variables_.size()) return variables_.name(index);
    return {};
}

bool Shell::is_public(std::string_view kind, std::string_view word) const {
    const auto* setting = kind == "setting" ? parts_.schema.find(word) : nullptr;
    return setting != nullptr && !setting->secret;
}

}  // namespace esb
