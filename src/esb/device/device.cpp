#include "esb/device/device.hpp"

#include "esb/device/core.hpp"

#include <algorithm>

namespace esb {

Device::Device(chip::Chip& chip, const AppDesc& app, const Limits& limits)
    : core_(std::make_unique<Core>(chip, app, limits)) {}
Device::~Device() = default;

Status Device::publish(std::string_view topic, std::string_view payload, const PublishOptions& options) {
    return core_->publish(topic, as_bytes(payload), options);
}
Status Device::subscribe(std::string_view topic, Inbox::Callback handler, const SubscribeOptions& options) {
    return core_->subscribe(topic, handler, options);
}
Status Device::every(Duration period, Function<void()> work) {
    return core_->periodic().add(period, work, core_->reactor().now());
}
void Device::on_online(Function<void(bool)> handler) { core_->set_online_handler(handler); }
Status Device::add_command(const console::Command& command) {
    return told("command", command.name, core_->console().add(command));
}
console::Variables& Device::variables() { return core_->shell().variables(); }
Status Device::told(std::string_view what, std::string_view name, const Status& status) {
    if (!status) console().text(what).text(" ").quoted(as_bytes(name)).text(": ").error(status.error());
    return status;
}
Status Device::add_settings(std::span<const settings::Setting> table) { return core_->schema().add(table); }

void Device::on_settings(Function<void()> handler) { core_->set_settings_handler(handler); }

settings::Store& Device::settings() { return core_->settings(); }
Status Device::change_settings(const settings::Patch& patch) { return core_->config().propose(patch); }
const settings::Schema& Device::schema() const { return core_->schema(); }
bool Device::commissioned() const { return core_->commissioned(); }
Status Device::factory_reset(bool keep_secrets) { return core_->factory_reset(keep_secrets); }
console::Output& Device::console() { return core_->console().output(); }
const Identity& Device::identity() const { return core_->identity(); }
bool Device::online() const { return core_->online(); }
void Device::restart() { core_->request_restart(); }
Policy& Device::policy() { return core_->policy(); }
ota::UpdatePolicy& Device::update_policy() { return core_->updater().policy(); }

bool Device::safe_mode() const { return core_->health().safe_mode(); }

void Device::start() { core_->start(); }
bool Device::turn(Duration longest) { return core_->turn(longest); }
Status Device::connect(Duration timeout) {
    const auto until = core_->reactor().now() + timeout;
    while (!core_->online()) {
        const auto left = until - core_->reactor().now();
        if (left <= Duration(0)) return fail(errors::timed_out);
        if (!core_->turn(std::min(left, core_->policy().watchdog / 4))) return fail(errors::closed);
    }
    return {};
}
void Device::run() {
    while (core_->turn(core_->policy().watchdog / 4)) {
    }
}

}  // namespace esb
