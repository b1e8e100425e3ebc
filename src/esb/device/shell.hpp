// The device's side of the console: its commands, its lock, the variables and words that the console itself does not
// know.
#pragma once

#include "esb/console/console.hpp"
#include "esb/console/lock.hpp"
#include "esb/console/variables.hpp"
#include "esb/device/improv_link.hpp"
#include "esb/mqtt/client.hpp"
#include "esb/settings/store.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind device_not_on_trial{"device.not_on_trial", "the running firmware is not on trial"};
inline constexpr ErrorKind device_no_variable{"device.no_variable",
                                              "there is no variable of this name, try: debug list"};
}  // namespace esb::errors

namespace esb {

class Core;

// Reactor's task only.
class Shell final : private console::Vocabulary {
public:
    explicit Shell(Core& core);

    // Once the settings are loaded.
    void start(Instant now);
    void step(Instant now);
    std::optional<Instant> deadline(Instant now) const;

    console::Lock& lock() { return lock_; }
    console::Variables& variables() { return variables_; }
    ImprovLink& improv() { return improv_; }
    // The hash in use; empty when there is no password. One that no password has when nobody can say what it was.
    ConstBytes password_hash() const;

    // What `wifi scan` waits for, between its turns.
    struct Scan {
        std::uint32_t count = 0;  // of the supervisor's scans when it began
        Instant until{};
    };
    Scan scan;

private:
    std::string_view word(std::string_view kind, std::size_t index) const override;
    bool is_public(std::string_view kind, std::string_view word) const override;

    Core& core_;
    console::Lock lock_;
    console::Variables variables_;
    ImprovLink improv_;
};

// One table for each family (commands_*.cpp). Secrets are taken, never shown.
namespace commands {

// Turns a function of the Core into the form that a table takes.
template <Status (*run)(Core&, console::Arguments, console::Report&)>
Status on_core(void* core, console::Arguments arguments, console::Report& report) {
    return run(*static_cast<Core*>(core), arguments, report);
}

// Proposes the patch and says what becomes of it.
Status change(Core& core, const settings::Patch& patch, console::Report& report);
// Only its hash is stored; an empty one removes the lock.
Status set_password(Core& core, std::string_view password, console::Report& report);
std::string_view state_name(mqtt::Client::State state);

std::span<const console::TableCommand> device();
std::span<const console::TableCommand> wifi();
std::span<const console::TableCommand> mqtt();
std::span<const console::TableCommand> config();
std::span<const console::TableCommand> debug();
std::span<const console::TableCommand> lock();
std::span<const console::TableCommand> health();
std::span<const console::TableCommand> portal();

}  // namespace commands

}  // namespace esb
