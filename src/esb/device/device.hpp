// What a firmware author sees of the base: one object that is on line, secure and updatable by itself.
#pragma once

#include "esb/console/command.hpp"
#include "esb/link/message.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

// To use these, include their headers as well.
namespace esb::console {
class Output;  // esb/console/output.hpp
}
namespace esb::ota {
struct UpdatePolicy;  // esb/ota/policy.hpp
}
namespace esb::settings {
class Patch;  // esb/settings/store.hpp
class Schema;
class Store;
struct Setting;
}  // namespace esb::settings

namespace esb {

using link::Message;
using link::PublishOptions;
#if !defined(ESB_MQTT5) || ESB_MQTT5
using link::MessageProperties;
#endif
using link::SubscribeOptions;
using mqtt::Ticket;
using mqtt::Waiting;
// An event of the author's firmware: a stable dotted name, which goes on the wire, and one line of text for people.
using LogEvent = ErrorKind;

#if !defined(ESB_UPDATE_POLICY) || ESB_UPDATE_POLICY
// An update that waits before anything of it is fetched.
struct UpdateWaiting {
    std::string_view version;  // until the handler returns
    std::uint32_t bytes;       // of the image; 0: nobody has said
    bool asks;  // for somebody's word; false: it was postponed, or its hours come by themselves (setting ota.when)
};
#endif

struct Core;
class Data;     // esb/device/data_file.hpp
struct Policy;  // esb/device/policy.hpp

// A topic, or for subscriptions a filter, below <base>/app/; or with foreign() a whole one. Made from any text.
class Topic {
public:
    template <std::convertible_to<std::string_view> Text>
    constexpr Topic(const Text& below_app) : name_(below_app) {}  // "lamp/state"; keeps no copy

    link::Topic where() const { return {name_, root_}; }  // for the base itself

private:
    friend constexpr Topic foreign(std::string_view whole);
    constexpr Topic(std::string_view name, link::Root root) : name_(name), root_(root) {}

    std::string_view name_;
    link::Root root_ = link::Root::app;
};

// A topic that belongs to no device, such as "site/alarm". The broker's account must allow it: that of
// `esb broker add` allows the device's own topics only, see docs/guide.md. A filter's first level is no wildcard.
//     device.subscribe(esb::foreign("site/+/alarm"), handler);
constexpr Topic foreign(std::string_view whole) { return {whole, link::Root::none}; }

// Callbacks run on the reactor's task and may call every member. All members belong to that task, except publish(),
// restart() and online(). Functions capture references, pointers and numbers only (see base/function.hpp).
class Device {
public:
    explicit Device(Core& core) : core_(core) {}  // made by Firmware, not by authors
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    // --- Messages ---

    // Publishes under <base>/app/<topic>. Callable from any task; the payload is copied. `full` when the queue is full,
    // too_long, mqtt_bad_topic. While there is no connection QoS 1 and 2 wait (bounded), QoS 0 is lost; `options.done`
    // tells how it ended. `options.waiting` is another policy for that, `options.keep` keeps it over a restart.
    //     device.publish("state", "ready", {.retain = true});
    //     device.publish("temperature", 21.5, {.waiting = esb::Waiting::latest});
    //     device.publish("alarm", "leak", {.keep = true});
    Status publish(const Topic& topic, std::string_view payload, const PublishOptions& options = {});
    Status publish(const Topic& topic, const char* payload, const PublishOptions& options = {}) {
        return publish(topic, std::string_view(payload), options);
    }
    // As `true` or `false`.
    Status publish(const Topic& topic, bool value, const PublishOptions& options = {}) {
        return publish(topic, value ? std::string_view("true") : std::string_view("false"), options);
    }
    // In decimal; a fraction with at most six significant digits.
    //     device.publish("temperature", 21.5);
    template <std::signed_integral T>
    Status publish(const Topic& topic, T value, const PublishOptions& options = {}) {
        return publish_integer(topic, value, options);
    }
    template <std::unsigned_integral T>
    Status publish(const Topic& topic, T value, const PublishOptions& options = {}) {
        return publish_natural(topic, value, options);
    }
    template <std::floating_point T>
    Status publish(const Topic& topic, T value, const PublishOptions& options = {}) {
        return publish_real(topic, static_cast<double>(value), options);
    }
    // What the function writes, at most json_max bytes.
    //     device.publish("air", [&](esb::JsonWriter& json) {
    //         json.begin_object().key("co2").number(co2).key("ok").boolean(true).end_object();
    //     });
    static constexpr std::size_t json_max = 512;
    template <std::invocable<JsonWriter&> Write>
    Status publish(const Topic& topic, const Write& write, const PublishOptions& options = {}) {
        return publish_json(
            topic, [](const void* at, JsonWriter& json) { (*static_cast<const Write*>(at))(json); }, &write, options);
    }

    // Calls `handler` once for every message on <base>/app/<topic>, QoS 1; the topic may have the wildcards + and #. One
    // longer than Limits::max_message is dropped and reported (console, flight recorder), unless the handler takes
    // {.pieces = true}. Where topics overlap, a message that the broker sends for each of them comes to each handler that
    // often. `full`, mqtt_bad_topic.
    //     device.subscribe("rooms/+/lamp", [&](const esb::Message& message) { set(message.subtopic, message.text()); });
    Status subscribe(const Topic& topic, Function<void(const Message&)> handler, const SubscribeOptions& options = {});
    // The same topic, letter by letter. not_found. Callable from its handler.
    Status unsubscribe(const Topic& topic);
#if !defined(ESB_MQTT_DEFER) || ESB_MQTT_DEFER
    // Within a handler of subscribe(), with all of a message or its last piece: the broker keeps the message until
    // acknowledge(ticket). If the connection breaks first, or the device restarts, it comes again, with another ticket. The
    // broker stops sending when mqtt::Limits::max_inflight_in messages wait so; then, after five minutes, the connection ends
    // (`mqtt.deferred`), unless it speaks MQTT 5.0. invalid_argument: not there, or a message of QoS 0.
    //     device.subscribe("jobs", [&](const esb::Message& message) {
    //         if (const auto ticket = device.defer()) begin(message.text(), *ticket);
    //     });
    //     device.every(1s, [&] { if (job_done()) device.acknowledge(its_ticket); });
    Result<Ticket> defer();
    // not_found: its connection is gone, and the message comes again.
    Status acknowledge(Ticket ticket);
#endif
    // Called with true after each MQTT round trip that opens a connection, with false when it ends. The place to publish
    // again what should be retained: the broker may have lost it.
    void on_online(Function<void(bool)> handler);
    // The MQTT round trip has succeeded in the present connection.
    bool online() const;
    // Waits until online(), doing meanwhile all that the device does; for esb_main. timed_out, closed when a restart is due;
    // busy within a callback, where nobody can wait.
    Status connect(std::chrono::milliseconds timeout);

    // --- Work and commands ---

    // Runs `work` every `period`, also without a connection. `full`, invalid_argument below 1 ms.
    //     device.every(10s, [&device] { device.publish("temperature", read_sensor()); });
    Status every(std::chrono::milliseconds period, Function<void()> work);
    // Adds a console command: it appears in help and completion, and answers --json, like ours. A name that is not free
    // or not [a-z0-9-], and more than CommandTable::max_added commands, are also printed, for whoever drops the result.
    Status add_command(const console::Command& command);
    // Names a variable for `debug list` and `debug show`; name and variable must live as long as the device. Any number
    // (also volatile or std::atomic), bool, or text (see console/variables.hpp). Errors are printed likewise.
    template <typename T>
    Status debug(std::string_view name, const volatile T& variable) {
        return add_variable(name, &variable,
                            [](const volatile void* at, std::string_view key, console::Report& report) {
                                report.variable(key, *static_cast<const volatile T*>(at));
                            });
    }
    // Notes an event in the flight recorder, which keeps it over restarts and brings it to <base>/log. The same event again is
    // counted, not added. `events`, once, names all of them, so that those of earlier starts have their words, too:
    // invalid_argument for names that are not [a-z0-9_.]{1,24} or taken.
    //     static constexpr esb::LogEvent events[] = {{"pump.dry", "the pump ran dry"}};
    //     device.log_events(events);
    //     device.log(events[0], litres);
    Status log_events(std::span<const LogEvent> events);
    void log(const LogEvent& event, std::int32_t detail = 0);
    // A line on the serial port: device.console().text("pump: ").number(3).end_line();
    console::Output& console();

    // --- Settings ---

    // Adds settings; the table must live as long as the device. They then appear at the console, in <base>/config and
    // wherever ours do; a value stored earlier is in use at once. On the set-up page they come before ours, under `title` (the
    // application's name when there is none). `full` after three tables, invalid_argument as Schema::add().
    //     device.add_settings(table, "Greenhouse");
    Status add_settings(std::span<const settings::Setting> table, const char* title = "");
    // Called in the first turn, and after every change of the settings in use.
    void on_settings(Function<void()> handler);
    // The values in use.
    const settings::Store& settings() const;
    const settings::Schema& schema() const;
    // Applies a patch as the console does: at once, or on trial where the device could lose its way to the broker.
    // config_on_trial, the errors of settings::Store::stage().
    Status change_settings(const settings::Patch& patch);

#if !defined(ESB_UPDATE_POLICY) || ESB_UPDATE_POLICY
    // --- Updates that wait (setting ota.when) ---

    // Called while an update waits, each time something of that changes, and with null once none does any more.
    //     device.on_update_waiting([&](const esb::UpdateWaiting* update) { lamp.set(update != nullptr && update->asks); });
    void on_update_waiting(Function<void(const UpdateWaiting*)> handler);
    // For buttons; the same as `ota install`, `ota postpone`, `ota skip` at the console. ota_nothing_waits; out_of_range
    // unless the time is from a second to 366 days; the store's errors.
    Status install_update();
    Status postpone_update(std::chrono::seconds time);
    Status skip_update();
#endif

#if !defined(ESB_DATA_PARTITIONS) || ESB_DATA_PARTITIONS
    // --- Data (docs/updates.md) ---

    // What the running firmware came with for the pair of partitions <part>_0 and <part>_1. A roll-back of the firmware takes
    // it back, too. ota_no_data: it came without.
    //     if (const auto page = device.data("www")) page->read(0, buffer);
    Result<Data> data(std::string_view part) const;
#endif

#if !defined(ESB_DEEP_SLEEP) || ESB_DEEP_SLEEP
    // --- Deep sleep (docs/power.md) ---

    // From now on the device sleeps as soon as it may: all that was published is acknowledged, the broker has said what it kept
    // for the device, and nothing keeps it awake (may_sleep()). Messages are waited for no longer than `patience`, from the first
    // call on or from when nothing else keeps it awake; then those without {.keep = true} are lost. After `time` the chip starts anew, and esb_main runs again.
    // out_of_range unless the time is from a second to 366 days. Not in safe mode, where nobody calls it.
    //     device.publish("temperature", read_sensor());
    //     device.sleep_for(15min);
    Status sleep_for(std::chrono::milliseconds time, std::chrono::milliseconds patience = std::chrono::seconds(30));
    // Takes that back.
    void stay_awake();
    // What would keep it awake now: sleep_update, sleep_settings, sleep_set_up, sleep_console, sleep_messages.
    Status may_sleep() const;
    // This start has ended a deep sleep.
    bool woke() const;
#endif

    // --- The device ---

    std::string_view identity() const;  // "ESP-C44F330A9C35"
    // The device has been on line since it was born or last reset.
    bool commissioned() const;
    // The firmware crashed three times in a row: esb_main is not called (docs/health.md).
    bool safe_mode() const;
    // Restarts soon, after what is queued has been sent (at most Policy::restart_grace).
    void restart();
    // Wipes settings and secrets with the restart that follows; the identity and the update floor stay. `keep_secrets`:
    // the broker account's identity and keys and the access point's password stay too.
    Status factory_reset(bool keep_secrets = false);
    // Times, to be changed in esb_main.
    Policy& policy();
    ota::UpdatePolicy& update_policy();

private:
    using Write = void (*)(const void* at, JsonWriter& json);
    using Show = void (*)(const volatile void* at, std::string_view key, console::Report& report);

    Status publish_integer(const Topic& topic, std::int64_t value, const PublishOptions& options);
    Status publish_natural(const Topic& topic, std::uint64_t value, const PublishOptions& options);
    Status publish_real(const Topic& topic, double value, const PublishOptions& options);
    Status publish_json(const Topic& topic, Write write, const void* at, const PublishOptions& options);
    Status add_variable(std::string_view name, const volatile void* at, Show show);
    Status told(std::string_view what, std::string_view name, const Status& status);

    Core& core_;
};

}  // namespace esb
