#include "esb/device/notes.hpp"

#include "esb/link/errors.hpp"
#include "esb/mqtt/errors.hpp"

#include <utility>

namespace esb {
namespace {

using record::LogKind;
using record::SettingsOutcome;

template <typename E>
std::uint8_t raw(E value) {
    return static_cast<std::uint8_t>(value);
}

bool is_outcome(ota::State state) {
    using enum ota::State;
    return state == rebooting || state == confirmed || state == failed || state == rolled_back || state == waiting;
}

}  // namespace

bool told_already(const std::optional<Error>& why) { return why && *why == errors::mqtt_too_large; }

void Notes::settings_loaded(const Result<settings::Loaded>& loaded) {
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

void Notes::trust_lost() { recorder_.note({LogKind::settings, raw(SettingsOutcome::lost), Error(errors::trust_lost)}); }

void Notes::config(const settings::Report& report) {
    using State = settings::Report::State;
    if (told_already(report.error)) return;
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

void Notes::link_down(chip::DisconnectReason reason) {
    if (reason != chip::DisconnectReason::requested) recorder_.note({LogKind::wifi, raw(reason)});
}

void Notes::broker_lost(const Error& why) {
    if (why == errors::link_no_network) return;  // the Wi-Fi's line says why
    recorder_.note({LogKind::broker, 0, why});
}

void Notes::on_line(bool online) {
    if (!online) {
        off_line_since_ = seconds_up();
        return;
    }
    if (std::exchange(woke_, false)) return;
    recorder_.note({LogKind::online, 0, std::nullopt, static_cast<std::int32_t>(seconds_up() - off_line_since_)});
}

void Notes::topic(record::LogTopic topic, const Error& why) { recorder_.note({LogKind::topic, raw(topic), why}); }

void Notes::update(const ota::Progress& progress) {
    if (told_already(progress.error) || !(is_outcome(progress.state) || progress.fell_back)) return;
    recorder_.note({LogKind::update, raw(progress.state), progress.error});
}

void Notes::crash(std::uint32_t address) {
    recorder_.note({LogKind::crash, 0, std::nullopt, static_cast<std::int32_t>(address)});
}

void Notes::author(const ErrorKind& event, std::int32_t detail) {
    recorder_.note({LogKind::app, 0, Error(event, detail)});
}

std::uint32_t Notes::seconds_up() const { return static_cast<std::uint32_t>(milliseconds(reactor_.now()) / 1000); }

}  // namespace esb
