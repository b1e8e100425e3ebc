#include "esb/device/device.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/real.hpp"
#include "esb/device/core.hpp"
#if ESB_DATA_PARTITIONS
#include "esb/device/data_file.hpp"
#endif
#include "esb/mqtt/errors.hpp"

#include <algorithm>
#include <array>

namespace esb {

Status Device::publish(const Topic& topic, std::string_view payload, const PublishOptions& options) {
    const auto where = topic.where();
    if (where.name.empty() || where.name.find_first_of("+#") != std::string_view::npos) {
        return fail(errors::mqtt_bad_topic);
    }
    return core_.publisher.post(where, as_bytes(payload), options);
}

Status Device::publish_integer(const Topic& topic, std::int64_t value, const PublishOptions& options) {
    return publish(topic, decimal_signed(value).view(), options);
}
Status Device::publish_natural(const Topic& topic, std::uint64_t value, const PublishOptions& options) {
    return publish(topic, decimal(value).view(), options);
}
Status Device::publish_real(const Topic& topic, double value, const PublishOptions& options) {
    constexpr int digits = 6;  // significant
    return publish(topic, real(value, digits).view(), options);
}

Status Device::publish_json(const Topic& topic, Write write, const void* at, const PublishOptions& options) {
    std::array<char, json_max> text;
    JsonWriter json(text);
    write(at, json);
    if (json.view().empty()) return fail(errors::too_long);
    return publish(topic, json.view(), options);
}

Status Device::subscribe(const Topic& topic, Function<void(const Message&)> handler, const SubscribeOptions& options) {
    return core_.topics.subscribe(topic.where(), handler, options);
}
Status Device::unsubscribe(const Topic& topic) { return core_.topics.unsubscribe(topic.where()); }

#if ESB_MQTT_DEFER
Result<Ticket> Device::defer() { return core_.broker_link.client().defer(); }
Status Device::acknowledge(Ticket ticket) { return core_.broker_link.client().acknowledge(ticket); }
#endif

void Device::on_online(Function<void(bool)> handler) { core_.connection.set_online_handler(handler); }
bool Device::online() const { return core_.online.load(); }
Status Device::connect(std::chrono::milliseconds timeout) {
    if (core_.turning && !online()) return fail(errors::busy);
    const auto until = after(core_.reactor.now(), timeout);
    while (!online()) {
        const auto left = until - core_.reactor.now();
        if (left <= Duration(0)) return fail(errors::timed_out);
        if (!core_.turn(std::min(left, core_.policy.watchdog / 4))) return fail(errors::closed);
    }
    return {};
}

Status Device::every(std::chrono::milliseconds period, Function<void()> work) {
    return core_.periodic.add(period, work, core_.reactor.now());
}
Status Device::add_command(const console::Command& command) {
    return told("command", command.name, core_.console.add(command));
}
Status Device::add_variable(std::string_view name, const volatile void* at, Show show) {
    return told("debug", name, core_.shell.variables().add(name, at, show));
}
Status Device::told(std::string_view what, std::string_view name, const Status& status) {
    if (!status) console().text(what).text(" ").quoted(as_bytes(name)).text(": ").error(status.error());
    return status;
}
Status Device::log_events(std::span<const LogEvent> events) {
    return told("log", events.empty() ? std::string_view() : events[0].name, core_.log_names.add(events));
}
void Device::log(const LogEvent& event, std::int32_t detail) { core_.notes.author(event, detail); }
console::Output& Device::console() { return core_.voice.out(); }

Status Device::add_settings(std::span<const settings::Setting> table, const char* title) {
    return core_.schema.add(table, title);
}
void Device::on_settings(Function<void()> handler) { core_.settings_in_use.set_handler(handler); }
const settings::Store& Device::settings() const { return core_.store; }
const settings::Schema& Device::schema() const { return core_.schema; }
Status Device::change_settings(const settings::Patch& patch) { return core_.config.propose(patch); }

#if ESB_UPDATE_POLICY
void Device::on_update_waiting(Function<void(const UpdateWaiting*)> handler) { core_.updates.on_waiting(handler); }
Status Device::install_update() { return core_.updates.updater().install(); }
Status Device::postpone_update(std::chrono::seconds time) { return core_.updates.updater().postpone(time); }
Status Device::skip_update() { return core_.updates.updater().skip(); }
#endif

#if ESB_DATA_PARTITIONS
Result<Data> Device::data(std::string_view part) const {
    auto* const partitions = core_.chip.system.data_partitions();
    const auto record = core_.updates.updater().data();
    const auto* const found = record.find(part);
    if (partitions == nullptr || found == nullptr) return fail(errors::ota_no_data);
    return Data(*partitions, core_.chip.slots.running(), found->name, found->size);
}
#endif

#if ESB_DEEP_SLEEP
Status Device::sleep_for(std::chrono::milliseconds time, std::chrono::milliseconds patience) {
    return core_.sleep.want(time, patience);
}
void Device::stay_awake() { core_.sleep.forget(); }
Status Device::may_sleep() const {
    const auto* const why = core_.sleep.reason(core_.reactor.now());
    return why == nullptr ? Status() : fail(*why);
}
bool Device::woke() const { return core_.sleep.woke(); }
#endif

std::string_view Device::identity() const { return core_.identity; }
bool Device::commissioned() const { return core_.commissioned.is(); }
bool Device::safe_mode() const { return core_.health.safe_mode(); }
void Device::restart() { core_.restart.request(); }
Status Device::factory_reset(bool keep_secrets) { return core_.restart.reset(core_.chip.key_value, keep_secrets); }
Policy& Device::policy() { return core_.policy; }
ota::UpdatePolicy& Device::update_policy() { return core_.updates.updater().policy(); }

}  // namespace esb
