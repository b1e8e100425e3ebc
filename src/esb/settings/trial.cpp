#include "esb/settings/trial.hpp"

#include "esb/base/encoding.hpp"

#include <array>

namespace esb::settings {

namespace {
constexpr Duration again = std::chrono::seconds(5);  // until a revert that failed is tried again
}

std::string_view name(Report::State state) {
    constexpr std::string_view names[] = {"idle", "staged", "kept", "reverted", "refused"};
    return names[static_cast<std::size_t>(state)];
}

void Trial::loaded(Loaded how) {
    if (how != Loaded::reverted) return;
    const auto& tag = store_.reverted_tag();
    std::array<char, 2 * sizeof(ChangeTag)> digits;
    id_.clear();
    if (tag != ChangeTag{}) static_cast<void>(id_.append(hex_encode(tag, digits).value_or(std::string_view())));
    end(Report::State::reverted, Error(errors::config_interrupted));
}

Status Trial::propose(const Patch& patch, std::string_view id, bool proven) {
    ChangeTag tag{};
    static_cast<void>(hex_decode(id.substr(0, 2 * tag.size()), tag));
    const auto applied = on_trial() ? Status(fail(errors::config_on_trial))
                         : proven   ? store_.stage(patch, tag)
                                    : store_.commit(patch);
    ESB_TRY(applied);
    id_.clear();
    static_cast<void>(id_.append(id.substr(0, id_.capacity())));
    begun_ = false;
    until_.reset();
    say({on_trial() ? Report::State::staged : Report::State::kept, id_, std::nullopt, {}});
    return {};
}

void Trial::refuse(std::string_view id, const Error& why, std::string_view setting) {
    Report report{Report::State::refused, {}, why, {}};
    static_cast<void>(report.id.append(id.substr(0, report.id.capacity())));
    static_cast<void>(report.setting.append(setting.substr(0, report.setting.capacity())));
    say(report);
}

Stage Trial::waits_for() const {
    if (store_.waits_for(Stage::network)) return Stage::network;
    return store_.waits_for(Stage::broker) ? Stage::broker : Stage::none;
}

void Trial::begin(Instant now, Duration per_stage, bool has_address, unsigned tries) {
    if (!on_trial() || begun_) return;
    begun_ = true;
    per_stage_ = per_stage;
    tries_ = tries;
    if (waits_for() == Stage::network || has_address) begin_stage(now);
}

void Trial::begin_stage(Instant now) {
    failed_ = 0;
    until_ = now + per_stage_;
    longest_ = *until_ + std::chrono::minutes(tries_);
}

void Trial::try_failed(Stage stage) {
    if (begun_ && waits_for() == stage) ++failed_;
}

void Trial::address_obtained(Instant now) {
    if (!begun_) return;
    const bool first = waits_for() == Stage::network;
    if (first) confirm(Stage::network);
    if (waits_for() == Stage::broker && (first || !until_)) begin_stage(now);
}

void Trial::address_lost() {
    if (begun_ && waits_for() == Stage::broker) until_.reset();
}

void Trial::round_trip() {
    if (begun_) confirm(Stage::broker);
}

// What cannot be stored is not kept: the deadline then takes the change back.
void Trial::confirm(Stage stage) {
    if (!store_.waits_for(stage)) return;
    if (store_.confirm(stage) && !on_trial()) end(Report::State::kept, std::nullopt);
}

void Trial::step(Instant now) {
    if (!until_ || now < *until_) return;
    if (failed_ < tries_ && now < longest_) {  // slow tries are no reason to have fewer
        until_ = now + 1s;
        return;
    }
    const bool network = waits_for() == Stage::network;
    take_back(Error(network ? errors::config_no_address : errors::config_no_round_trip), now);
}

void Trial::take_back(const Error& why, Instant now) {
    if (!store_.revert()) {
        until_ = now + again;
        return;
    }
    end(Report::State::reverted, why);
}

Status Trial::keep() {
    if (!on_trial()) return fail(errors::config_no_trial);
    ESB_TRY(store_.confirm(Stage::network));
    ESB_TRY(store_.confirm(Stage::broker));
    end(Report::State::kept, std::nullopt);
    return {};
}

Status Trial::revert() {
    if (!on_trial()) return fail(errors::config_no_trial);
    ESB_TRY(store_.revert());
    end(Report::State::reverted, Error(errors::config_taken_back));
    return {};
}

void Trial::end(Report::State state, std::optional<Error> why) {
    begun_ = false;
    until_.reset();
    say({state, id_, why, {}});
}

void Trial::say(const Report& report) {
    report_ = report;
    ++revision_;
}

}  // namespace esb::settings
