#include "esb/device/health.hpp"

#include "esb/device/log_text.hpp"

#include <cstdlib>
#include <utility>

namespace esb {
namespace {

namespace names = settings::names;

constexpr Duration heap_period = 1min;
constexpr std::int64_t small_jump = 60;  // seconds: the clock's drift is not worth a line

template <typename E>
std::uint8_t raw(E value) {
    return static_cast<std::uint8_t>(value);
}

bool is_outcome(ota::State state) {
    using enum ota::State;
    return state == rebooting || state == confirmed || state == failed || state == rolled_back;
}

}  // namespace

Health::Health(const HealthParts& parts)
    : parts_(parts),
      guard_(parts.chip.retained_ram, parts.chip.key_value),
      recorder_(parts.chip.retained_ram, parts.chip.key_value, parts.chip.clock),
      publisher_(recorder_, parts.link),
      wall_clock_(parts.chip.clock),
      sntp_(parts.reactor, parts.names, parts.chip.entropy, *this),
      home_assistant_(parts.chip.key_value, parts.link, parts.image) {}

void Health::begin_log() {
    const bool raised = wall_clock_.raise();
    if (const auto begun = recorder_.begin(); !begun) parts_.output.text("log: ").error(begun.error());
    if (raised) parts_.output.line("time: the clock was behind the firmware's build");
    if (const auto before = decode_run_record(retained::run(parts_.chip.retained_ram));
        before && before->heap_minimum) {
        recorder_.note(
            {LogKind::last_run, 0, std::nullopt, static_cast<std::int32_t>(before->heap_minimum), before->alive});
    }
    recorder_.note({LogKind::boot, raw(parts_.chip.system.reset_reason()), std::nullopt,
                    static_cast<std::int32_t>(parts_.image.seq)});
}

void Health::settings_loaded(const Result<settings::Loaded>& loaded) {
    if (!loaded) return recorder_.note({LogKind::settings, raw(SettingsOutcome::lost), loaded.error()});
    switch (*loaded) {
        case settings::Loaded::recovered:
            return recorder_.note({LogKind::settings, raw(SettingsOutcome::recovered)});
        case settings::Loaded::lost:
            return recorder_.note({LogKind::settings, raw(SettingsOutcome::lost)});
        case settings::Loaded::reverted:  // comes as a report, too
        case settings::Loaded::fresh:
        case settings::Loaded::stored:
            return;
    }
}

void Health::begin(bool on_trial) {
    auto& chip = parts_.chip;
    const ImageId image{parts_.image.seq, chip.slots.running()};
    if (const auto begun = guard_.begin(image, chip.system.reset_reason(), on_trial); !begun) {
        parts_.output.text("safe mode: ").error(begun.error());
    }
    if (!guard_.safe()) return;
    parts_.output.line("===== SAFE MODE: the firmware crashed three times within ten minutes =====");
    parts_.output.line("safe mode: its own code does not run; an update ends this, or: safe-mode leave");
    if (!guard_.entered()) return;
    recorder_.note({LogKind::safe_mode, 1});
    static_cast<void>(recorder_.flush());
}

Status Health::leave_safe_mode() {
    if (!guard_.safe()) return fail(errors::not_found);
    ESB_TRY(guard_.leave());
    recorder_.note({LogKind::safe_mode, 0});
    return {};
}

void Health::step(Instant now, bool online) {
    if (revision_ != parts_.settings.revision()) apply_settings();
    guard_.step(now, parts_.chip.system.heap().minimum_free);
    watch_heap(now);
    home_assistant_.step(online);
    publisher_.step(online);
    recorder_.step(now);
}

std::optional<Instant> Health::deadline() const {
    if (revision_ != parts_.settings.revision()) return Instant{};
    return recorder_.deadline();
}

void Health::apply_settings() {
    revision_ = parts_.settings.revision();
    const auto used = sntp_.use(parts_.settings.text(names::time_server), wall_clock_.floor());
    if (!used) parts_.output.text("time: ").error(used.error());
    home_assistant_.use(parts_.settings.boolean(names::ha_discovery));
}

// A line for every halving: what leaks shows, and the ring is not filled with it.
void Health::watch_heap(Instant now) {
    if (now < next_heap_) return;
    next_heap_ = now + heap_period;
    const auto minimum = parts_.chip.system.heap().minimum_free;
    const bool fell = minimum <= heap_noted_ / 2;
    if (fell) recorder_.note({LogKind::heap, 0, std::nullopt, static_cast<std::int32_t>(minimum)});
    if (fell || heap_noted_ == 0) heap_noted_ = minimum;
}

void Health::link_down(chip::DisconnectReason reason) {
    sntp_.set_network(false);
    if (reason != chip::DisconnectReason::requested) recorder_.note({LogKind::wifi, raw(reason)});
}

void Health::broker_lost(const Error& why) {
    if (why == errors::link_no_network) return;  // the Wi-Fi's line says why
    recorder_.note({LogKind::broker, 0, why});
}

void Health::on_line(bool online) {
    if (!online) {
        off_line_since_ = seconds_up();
        return;
    }
    recorder_.note({LogKind::online, 0, std::nullopt, static_cast<std::int32_t>(seconds_up() - off_line_since_)});
}

void Health::config(const settings::Report& report) {
    using State = settings::Report::State;
    const bool ends_trial = std::exchange(config_staged_, report.state == State::staged);
    switch (report.state) {
        case State::idle:
            return;
        case State::staged:
            return recorder_.note({LogKind::settings, raw(SettingsOutcome::changed)});
        case State::kept:
            return recorder_.note(
                {LogKind::settings, raw(ends_trial ? SettingsOutcome::confirmed : SettingsOutcome::changed)});
        case State::reverted:
            return recorder_.note({LogKind::settings, raw(SettingsOutcome::reverted), report.error});
        case State::refused:
            config_staged_ = ends_trial;  // the trial goes on
            return recorder_.note({LogKind::settings, raw(SettingsOutcome::refused), report.error});
    }
}

void Health::progress(const ota::Progress& progress) {
    if (is_outcome(progress.state)) recorder_.note({LogKind::update, raw(progress.state), progress.error});
}

void Health::trust_lost() {
    recorder_.note({LogKind::settings, raw(SettingsOutcome::lost), Error(errors::trust_lost)});
}

bool Health::published(mqtt::Token token, const Status& outcome) {
    return publisher_.published(token, outcome) || home_assistant_.published(token, outcome);
}

void Health::before_restart() { static_cast<void>(recorder_.flush()); }

Status Health::on_time(UnixTime now) {
    const auto jump = wall_clock_.set(now);
    if (!jump) return fail(jump.error());
    no_time_.reset();
    const auto by = jump->value_or(UnixTime(0)).count();
    if (*jump && std::abs(by) < small_jump) return {};
    parts_.output.text("time: ").text(utc_text(now)).line(" UTC");
    recorder_.date_entries();
    recorder_.note({LogKind::clock, 0, std::nullopt, static_cast<std::int32_t>(by)});
    return {};
}

// The same again is no news.
void Health::on_no_time(const Error& why) {
    if (no_time_ && *no_time_ == why) return;
    no_time_ = why;
    parts_.output.text("time: ").error(why);
}

std::uint32_t Health::seconds_up() const {
    return static_cast<std::uint32_t>(milliseconds(parts_.reactor.now()) / 1000);
}

}  // namespace esb
