// Commit-confirmed: a change that could cut the device off is staged, tried, and kept or taken back by itself.
//
//   propose() → staged → begin() (the new values are in use) → address_obtained() → round_trip() → kept
//                          └── too late, revert(), or a restart ──────────────────────────────────→ reverted
//
// The stages that count are those of the settings that change (Setting::stage). It owns no clock.
#pragma once

#include "esb/base/time.hpp"
#include "esb/settings/errors.hpp"
#include "esb/settings/store.hpp"

#include <optional>
#include <string_view>

namespace esb::settings {

// What became of the latest change: what the console and <base>/config/status say.
struct Report {
    enum class State : std::uint8_t {
        idle,      // none since the start
        staged,    // on trial
        kept,      // durable
        reverted,  // the values before it are back
        refused,   // nothing was changed
    };
    State state = State::idle;
    FixedString<16> id;             // of a change from MQTT: first 16 hex digits of the message's SHA-256
    std::optional<Error> error;     // why reverted or refused
    FixedString<name_max> setting;  // the offending one, where one is to blame
};
std::string_view name(Report::State state);

class Trial {
public:
    explicit Trial(Store& store) : store_(store) {}

    // What Store::load() found: a change that a restart has ended is reported.
    void loaded(Loaded how);

    // Stages the patch, or commits it when nothing in it needs a stage, or when `proven` is false: a device that has
    // never been on line has nothing to go back to, and its network must not go because the broker does not know it
    // yet. config_on_trial, the errors of Store::stage(): whoever proposes reports those.
    Status propose(const Patch& patch, std::string_view id, bool proven);
    // Reports a change that was refused, whether one is on trial or not.
    void refuse(std::string_view id, const Error& why, std::string_view setting);

    // The staged values are in use from now on; each stage has `per_stage` to succeed. The broker's has longer while
    // fewer than `tries` of it have failed, a minute for each of them at most; Wi-Fi has pauses of its own.
    void begin(Instant now, Duration per_stage, bool has_address, unsigned tries = 0);
    static constexpr unsigned tries_min = 3;
    // A try with the values in use has failed.
    void try_failed(Stage stage);
    // One has come so far that only its time decides: the broker has accepted us, now comes the round trip.
    void broker_reached() { failed_ = tries_; }
    // The longest pause between two tries that lets enough of them into the time.
    Duration longest_pause() const { return per_stage_ / 10; }
    // An address was obtained with the values in use, or is there already.
    void address_obtained(Instant now);
    // While there is no network nothing can be said about a broker: its time stands still.
    void address_lost();
    // A message went to the broker and back with the values in use.
    void round_trip();
    void step(Instant now);
    std::optional<Instant> deadline() const { return until_; }

    // The operator's word: keeps or takes back what is on trial. config_no_trial, the store's errors (the change is
    // then still on trial).
    Status keep();
    Status revert();

    bool on_trial() const { return store_.staged(); }
    // True from begin() on.
    bool begun() const { return begun_; }
    // What the trial waits for; Stage::none while there is none.
    Stage waits_for() const;
    const Report& report() const { return report_; }
    // Rises with every report.
    std::uint32_t revision() const { return revision_; }

private:
    void confirm(Stage stage);
    void take_back(const Error& why, Instant now);
    void end(Report::State state, std::optional<Error> why);
    void say(const Report& report);
    void begin_stage(Instant now);

    Store& store_;
    Report report_;
    FixedString<16> id_;  // of the change on trial
    std::uint32_t revision_ = 0;
    Duration per_stage_{};
    std::optional<Instant> until_;
    Instant longest_{};    // until_ is put off until then at most
    unsigned tries_ = 0;   // that the stage gets
    unsigned failed_ = 0;  // tries of the stage at hand
    bool begun_ = false;
};

}  // namespace esb::settings
