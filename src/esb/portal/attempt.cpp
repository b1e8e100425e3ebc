#include "esb/portal/attempt.hpp"

#include <array>

namespace esb::portal {

std::string_view name(Step step) {
    constexpr std::string_view names[] = {"join", "address", "reach", "tls", "mqtt"};
    return names[static_cast<std::size_t>(step)];
}

std::string_view name(Attempt::State state) {
    constexpr std::string_view names[] = {"idle", "trying", "failed", "done"};
    return names[static_cast<std::size_t>(state)];
}

// What each event does in each phase. While the network is missing, whatever a broker does concerns the former network;
// once the change was taken back, everything concerns the former settings.
struct Attempt::Rules {
    static constexpr std::size_t events = 6;
    using Row = std::array<Action, events>;

    // clang-format off
    static constexpr std::array<Row, 7> table = {{
        //               link_up                 link_down            broker_step        broker_failed     round_trip         reverted
        /* idle */      {&Attempt::ignore,       &Attempt::ignore,    &Attempt::ignore,  &Attempt::ignore, &Attempt::ignore,  &Attempt::ignore},
        /* network */   {&Attempt::arrive,       &Attempt::lose_link, &Attempt::ignore,  &Attempt::ignore, &Attempt::ignore,  &Attempt::take_back},
        /* broker */    {&Attempt::note_address, &Attempt::lose_link, &Attempt::advance, &Attempt::refuse, &Attempt::succeed, &Attempt::take_back},
        /* no_network */{&Attempt::arrive,       &Attempt::lose_link, &Attempt::ignore,  &Attempt::ignore, &Attempt::ignore,  &Attempt::take_back},
        /* no_broker */ {&Attempt::note_address, &Attempt::ignore,    &Attempt::advance, &Attempt::refuse, &Attempt::succeed, &Attempt::take_back},
        /* done */      {&Attempt::note_address, &Attempt::ignore,    &Attempt::ignore,  &Attempt::ignore, &Attempt::ignore,  &Attempt::take_back},
        /* taken_back */{&Attempt::ignore,       &Attempt::ignore,    &Attempt::ignore,  &Attempt::ignore, &Attempt::ignore,  &Attempt::ignore},
    }};
    // clang-format on
};

Attempt::Phase Attempt::phase() const {
    if (taken_back_) return Phase::taken_back;
    const bool network = step_ <= Step::address;
    switch (state_) {
        case State::idle:
            return Phase::idle;
        case State::trying:
            return network ? Phase::network : Phase::broker;
        case State::failed:
            return network ? Phase::no_network : Phase::no_broker;
        case State::done:
            break;
    }
    return Phase::done;
}

void Attempt::take(const News& news) {
    const auto& row = Rules::table[static_cast<std::size_t>(phase())];
    (this->*row[static_cast<std::size_t>(news.event)])(news);
}

void Attempt::portal_closed() {
    if (state_ == State::done) state_ = State::idle;
}

void Attempt::begin(std::string_view ssid, bool with_broker, bool has_address) {
    ++number_;
    with_broker_ = with_broker;
    taken_back_ = false;
    if (!ssid_.assign(ssid)) ssid_.clear();  // longer than any network's name: no link will bear it
    address_ = {};
    reason_ = chip::DisconnectReason::unknown;
    go_on_at(Step::join);
    if (has_address) arrive({.event = Event::link_up});
}

void Attempt::link_up(std::string_view ssid, const chip::IpAddress& address) {
    if (concerns(ssid)) take({.event = Event::link_up, .address = address});
}
void Attempt::link_down(std::string_view ssid, chip::DisconnectReason reason) {
    if (concerns(ssid)) take({.event = Event::link_down, .reason = reason});
}
void Attempt::broker_step(Step step) { take({.event = Event::broker_step, .step = step}); }
void Attempt::broker_failed(const Error& why) { take({.event = Event::broker_failed, .error = why}); }
void Attempt::round_trip() { take({.event = Event::round_trip}); }
void Attempt::reverted(const Error& why) { take({.event = Event::reverted, .error = why}); }

void Attempt::go_on_at(Step step) {
    state_ = State::trying;
    step_ = step;
    error_.reset();
}

void Attempt::fail_at(Step step, const std::optional<Error>& why) {
    state_ = State::failed;
    step_ = step;
    error_ = why;
}

void Attempt::arrive(const News& news) {
    address_ = news.address;
    go_on_at(with_broker_ ? Step::reach : Step::address);
    broker_at_ = Step::reach;
    if (!with_broker_) state_ = State::done;
}

void Attempt::lose_link(const News& news) {
    // A network that is left because another was chosen has not failed.
    if (news.reason == chip::DisconnectReason::requested) {
        if (state_ == State::trying) go_on_at(Step::join);
        return;
    }
    reason_ = news.reason;
    fail_at(news.reason == chip::DisconnectReason::no_address ? Step::address : Step::join, std::nullopt);
}

void Attempt::advance(const News& news) {
    broker_at_ = news.step;
    const bool repeats = state_ == State::failed && news.step <= step_;
    if (!repeats) go_on_at(news.step);
}

void Attempt::refuse(const News& news) { fail_at(broker_at_, news.error); }

void Attempt::succeed(const News&) {
    go_on_at(Step::mqtt);
    state_ = State::done;
}

void Attempt::take_back(const News& news) {
    taken_back_ = true;
    if (state_ != State::failed) fail_at(step_, news.error);
}

}  // namespace esb::portal
