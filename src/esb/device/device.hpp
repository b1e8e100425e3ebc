// What a firmware author sees of the base: one object that is on line, secure and updatable by itself.
#pragma once

#include "esb/base/identity.hpp"
#include "esb/chip/chip.hpp"
#include "esb/console/console.hpp"
#include "esb/console/variables.hpp"
#include "esb/device/app.hpp"
#include "esb/device/inbox.hpp"
#include "esb/device/limits.hpp"
#include "esb/device/publish_queue.hpp"
#include "esb/mqtt/errors.hpp"
#include "esb/ota/updater.hpp"
#include "esb/settings/schema.hpp"
#include "esb/settings/store.hpp"

#include <memory>
#include <string_view>

namespace esb {

class Core;

// Callbacks run on the reactor's task and may call every member. All members belong to that task, except publish(),
// restart() and online(). Functions capture references, pointers and numbers only (see base/function.hpp).
class Device {
public:
    Device(chip::Chip& chip, const AppDesc& app, const Limits& limits = {});
    ~Device();
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // --- For authors, in esb_main and later ---

    // Publishes under <base>/app/<topic>. Callable from any task; the payload is copied. `full` when the queue is full,
    // too_long, mqtt_bad_topic. While there is no connection QoS 1 and 2 wait (bounded), QoS 0 is lost; `options.done`
    // tells how it ended.
    Status publish(std::string_view topic, std::string_view payload, const PublishOptions& options = {});
    // Calls `handler` once for every message on <base>/app/<topic>, QoS 1. One longer than Limits::max_message is dropped
    // and reported (console, flight recorder), unless the handler takes {.pieces = true}. `full`, mqtt_bad_topic.
    Status subscribe(std::string_view topic, Inbox::Callback handler, const SubscribeOptions& options = {});
    // Runs `work` every `period`, also without a connection.
    Status every(Duration period, Function<void()> work);
    // Called with true after each MQTT round trip that opens a connection, with false when it ends. The place to publish
    // again what should be retained: the broker may have lost it.
    void on_online(Function<void(bool)> handler);
    // Adds a console command: it appears in help and completion, and answers --json, like ours. A name that is not free
    // or not [a-z0-9-], and more than CommandTable::max_added commands, are also printed, for whoever drops the result.
    Status add_command(const console::Command& command);
    // Names a variable for `debug list` and `debug show`; name and variable must live as long as the device. Any number
    // (also volatile or std::atomic), bool, or text (see console/variables.hpp). Errors are printed likewise.
    template <typename T>
    Status debug(std::string_view name, const volatile T& variable) {
        return told("debug", name, variables().add(name, variable));
    }
    // Adds settings; the table must live as long as the device. They then appear at the console, in <base>/config and
    // wherever ours do; a value stored earlier is in use at once.
    Status add_settings(std::span<const settings::Setting> table);
    // Called in the first turn, and after every change of the settings in use.
    void on_settings(Function<void()> handler);

    // For reading. A change of what could cut the device off belongs through change_settings().
    settings::Store& settings();
    // Applies a patch as the console does: at once, or on trial where the device could lose its way to the broker.
    // config_on_trial, the errors of settings::Store::stage().
    Status change_settings(const settings::Patch& patch);
    const settings::Schema& schema() const;
    // The device has been on line since it was born or last reset.
    bool commissioned() const;
    // Wipes settings and secrets with the restart that follows; the identity and the update floor stay. `keep_secrets`:
    // the broker account's identity and keys and the access point's password stay too.
    Status factory_reset(bool keep_secrets = false);
    console::Output& console();
    const Identity& identity() const;
    // The MQTT round trip has succeeded in the present connection.
    bool online() const;
    // Waits until online(), doing meanwhile all that the device does; for esb_main, never within a callback. timed_out,
    // closed when a restart is due.
    Status connect(Duration timeout);
    // Restarts soon, after what is queued has been sent (at most Policy::restart_grace).
    void restart();
    Policy& policy();
    ota::UpdatePolicy& update_policy();
    // The firmware crashed three times in a row: ports and tests do not call esb_main (docs/health.md).
    bool safe_mode() const;

    // --- For ports and tests ---

    // Mounts storage, prints the banner, is born if need be, finds out whether this boot is a trial.
    void start();
    // Turns the reactor until a restart is due.
    void run();
    // One turn, waiting at most `longest`; false when a restart is due.
    bool turn(Duration longest);

private:
    console::Variables& variables();
    Status told(std::string_view what, std::string_view name, const Status& status);

    std::unique_ptr<Core> core_;
};

}  // namespace esb
