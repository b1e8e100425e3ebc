#include "esb/link/subscriptions.hpp"

#include "esb/base/bytes.hpp"
#include "esb/base/encoding.hpp"
#include "esb/link/errors.hpp"
#include "esb/mqtt/errors.hpp"

#include <utility>

namespace esb::link {
namespace {

using Stage = Inbox::Subscription::Stage;

constexpr Duration room_pause = std::chrono::milliseconds(500);
// SUBSCRIBEs of one topic that the broker may leave without an answer: they stay in the outbox.
constexpr std::uint8_t unanswered_max = 3;

// The connection, or the session: all else is the broker's answer, with MQTT 5.0 by any of its names.
bool is_over(const Error& why) { return why == errors::closed || why == errors::cancelled; }

}  // namespace

void Subscriptions::connected(Instant now) {
    backoff_.reset();
    again_.reset();
    no_room_.reset();
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        auto& one = inbox_.at(i);
        one.stage = Stage::wanted;
        one.missing = one.told = false;
        one.unanswered = 0;
    }
    step(now);
}

void Subscriptions::step(Instant now) {
    if (!link_.connected()) return;
    if (again_ && now >= *again_) ask_again(now);
    no_room_.reset();
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        auto& one = inbox_.at(i);
        if (one.stage == Stage::wanted && !ask(one, now)) {
            no_room_ = now + room_pause;  // behind what waits in the outbox
            return;
        }
        const bool late = one.stage == Stage::asked && !one.missing && now >= one.asked + answer_time;
        if (late) set_missing(one, Error(errors::link_no_suback), now);
    }
}

bool Subscriptions::ask(Inbox::Subscription& subscription, Instant now) {
    const auto token = link_.client().subscribe(subscription.filter, subscription.qos);
    if (!token && (token.error() == errors::full || token.error() == errors::closed)) return false;
    if (!token) {  // not with this broker: the others must not wait for it
        subscription.stage = Stage::refused;
        set_missing(subscription, token.error(), now);
        return true;
    }
    subscription.stage = Stage::asked;
    subscription.token = *token;
    subscription.asked = now;
    if (subscription.unanswered < unanswered_max) ++subscription.unanswered;
    return true;
}

void Subscriptions::ask_again(Instant now) {
    again_.reset();
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        auto& one = inbox_.at(i);
        if (!one.missing) continue;
        plan_retry(now);
        if (one.stage == Stage::refused || one.unanswered < unanswered_max) one.stage = Stage::wanted;
    }
}

void Subscriptions::plan_retry(Instant now) {
    if (again_) return;
    again_ = now + backoff_.next(chip::spreading_number(entropy_));
}

void Subscriptions::set_missing(Inbox::Subscription& subscription, const Error& why, Instant now) {
    plan_retry(now);
    if (!std::exchange(subscription.told, true)) listener_.on_missing(subscription.filter, why);
    if (!std::exchange(subscription.missing, true)) listener_.on_missing_changed();
}

void Subscriptions::answered(mqtt::Token token, const Result<mqtt::Qos>& outcome, Instant now) {
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        auto& one = inbox_.at(i);
        if (one.token != token || one.stage != Stage::asked) continue;
        if (!outcome && is_over(outcome.error())) return;
        one.unanswered = 0;
        one.stage = outcome ? Stage::granted : Stage::refused;
        if (!outcome) {
            set_missing(one, outcome.error(), now);
        } else {
            const bool less = *outcome < one.qos && !std::exchange(one.told, true);
            if (less) listener_.on_missing(one.filter, Error(errors::link_lower_qos));
            if (std::exchange(one.missing, false)) listener_.on_missing_changed();
        }
        return;
    }
}

std::optional<Instant> Subscriptions::deadline() const {
    if (!link_.connected()) return std::nullopt;
    auto next = earliest(again_, no_room_);
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        const auto& one = inbox_.at(i);
        if (one.stage == Stage::asked && !one.missing) next = earliest(next, one.asked + answer_time);
    }
    return next;
}

std::size_t Subscriptions::missing() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < inbox_.size(); ++i) count += inbox_.at(i).missing ? 1 : 0;
    return count;
}

template <typename Take>
std::size_t Subscriptions::each_missing(Take take) const {
    const auto base = link_.base().view();
    std::size_t used = 0;
    std::size_t left_out = 0;
    for (std::size_t i = 0; i < inbox_.size(); ++i) {
        if (!inbox_.at(i).missing) continue;
        auto name = inbox_.at(i).filter.view();
        if (name.starts_with(base) && name.size() > base.size()) name.remove_prefix(base.size() + 1);
        used += name.size();
        if (used > names_max) {
            ++left_out;
        } else {
            take(name);
        }
    }
    return left_out;
}

void Subscriptions::write(JsonWriter& json) const {
    json.begin_array();
    const auto more = each_missing([&json](std::string_view name) { json.text(name); });
    json.end_array();
    if (more > 0) json.key("missing_more").number(static_cast<std::int64_t>(more));
}

FixedString<Subscriptions::names_max + 64> Subscriptions::text() const {
    FixedString<names_max + 64> text;
    const auto add = [&text](std::string_view piece) { static_cast<void>(text.append(piece)); };  // sized for all
    const auto more = each_missing([&](std::string_view name) {
        if (!text.empty()) add(", ");
        add(name);
    });
    if (more == 0) return text;
    add(" and ");
    add(decimal(more));
    add(" more");
    return text;
}

}  // namespace esb::link
