// Every event in every state of a try.
#include "esb/portal/attempt.hpp"
#include "esb/net/tls_stream.hpp"
#include "esb/settings/trial.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace esb::portal {
namespace {

using chip::DisconnectReason;
constexpr auto address = chip::IpAddress::v4(192, 168, 1, 7);
const Error no_key(errors::tls_bad_psk);
const Error no_answer(errors::timed_out);
const Error back(errors::config_taken_back);

using Deed = std::function<void(Attempt&)>;

struct State {
    const char* name;
    Deed reach;
};
const std::vector<State>& states() {
    static const std::vector<State> all = {
        {"idle", [](Attempt&) {}},
        {"joining", [](Attempt& a) { a.begin("Home", true, false); }},
        {"joining, no broker", [](Attempt& a) { a.begin("Home", false, false); }},
        {"reaching", [](Attempt& a) { a.begin("Home", true, true); }},
        {"tls",
         [](Attempt& a) {
             a.begin("Home", true, true);
             a.broker_step(Step::tls);
         }},
        {"not joined",
         [](Attempt& a) {
             a.begin("Home", true, false);
             a.link_down("Home", DisconnectReason::wrong_password);
         }},
        {"no address",
         [](Attempt& a) {
             a.begin("Home", true, false);
             a.link_down("Home", DisconnectReason::no_address);
         }},
        {"tls failed",
         [](Attempt& a) {
             a.begin("Home", true, true);
             a.broker_step(Step::tls);
             a.broker_failed(no_key);
         }},
        {"done",
         [](Attempt& a) {
             a.begin("Home", true, true);
             a.round_trip();
         }},
        {"back",
         [](Attempt& a) {
             a.begin("Home", true, true);
             a.broker_step(Step::tls);
             a.reverted(back);
         }},
        {"failed, back",
         [](Attempt& a) {
             a.begin("Home", true, true);
             a.broker_step(Step::tls);
             a.broker_failed(no_key);
             a.reverted(back);
         }},
    };
    return all;
}

// "failed tls tls.bad_psk back 192.168.1.7"
std::string told(const Attempt& attempt) {
    std::string text(name(attempt.state()));
    text.append(" ").append(name(attempt.step()));
    if (attempt.error()) text.append(" ").append(attempt.error()->name());
    if (attempt.state() == Attempt::State::failed && !attempt.error()) {
        text.append(" (").append(name(attempt.reason())).append(")");
    }
    if (attempt.taken_back()) text += " back";
    if (attempt.address().is_set()) text.append(" ").append(to_text(attempt.address()).view());
    return text;
}

// What each state becomes, in the order of states(); "" = nothing changes.
struct Event {
    const char* name;
    Deed happens;
    std::array<const char*, 11> becomes;
};
const std::vector<Event>& events() {
    static const std::vector<Event> all = {
        {"link up",
         [](Attempt& a) { a.link_up("Home", address); },
         {"", "trying reach 192.168.1.7", "done address 192.168.1.7", "trying reach 192.168.1.7",
          "trying tls 192.168.1.7", "trying reach 192.168.1.7", "trying reach 192.168.1.7",
          "failed tls tls.bad_psk 192.168.1.7", "done mqtt 192.168.1.7", "", ""}},
        {"another network's link up", [](Attempt& a) { a.link_up("Other", address); }, {}},
        {"wrong password",
         [](Attempt& a) { a.link_down("Home", DisconnectReason::wrong_password); },
         {"", "failed join (wrong password)", "failed join (wrong password)", "failed join (wrong password)",
          "failed join (wrong password)", "", "failed join (wrong password)", "", "", "", ""}},
        {"no address",
         [](Attempt& a) { a.link_down("Home", DisconnectReason::no_address); },
         {"", "failed address (no address)", "failed address (no address)", "failed address (no address)",
          "failed address (no address)", "failed address (no address)", "", "", "", "", ""}},
        {"left for another",
         [](Attempt& a) { a.link_down("Home", DisconnectReason::requested); },
         {"", "", "", "trying join", "trying join", "", "", "", "", "", ""}},
        {"another network's link down", [](Attempt& a) { a.link_down("Other", DisconnectReason::wrong_password); }, {}},
        {"broker: reach",
         [](Attempt& a) { a.broker_step(Step::reach); },
         {"", "", "", "", "trying reach", "", "", "", "", "", ""}},
        {"broker: tls",
         [](Attempt& a) { a.broker_step(Step::tls); },
         {"", "", "", "trying tls", "", "", "", "", "", "", ""}},
        {"broker: mqtt",
         [](Attempt& a) { a.broker_step(Step::mqtt); },
         {"", "", "", "trying mqtt", "trying mqtt", "", "", "trying mqtt", "", "", ""}},
        {"broker failed",
         [](Attempt& a) { a.broker_failed(no_answer); },
         {"", "", "", "failed reach timed_out", "failed tls timed_out", "", "", "failed tls timed_out", "", "", ""}},
        {"round trip",
         [](Attempt& a) { a.round_trip(); },
         {"", "", "", "done mqtt", "done mqtt", "", "", "done mqtt", "", "", ""}},
        {"taken back",
         [](Attempt& a) { a.reverted(back); },
         {"", "failed join config.taken_back back", "failed join config.taken_back back",
          "failed reach config.taken_back back", "failed tls config.taken_back back",
          "failed join (wrong password) back", "failed address (no address) back", "failed tls tls.bad_psk back",
          "failed mqtt config.taken_back back", "", ""}},
        {"next try",
         [](Attempt& a) { a.begin("Home", true, false); },
         {"trying join", "", "", "trying join", "trying join", "trying join", "trying join", "trying join",
          "trying join", "trying join", "trying join"}},
    };
    return all;
}

TEST(Attempt, every_event_in_every_state) {
    for (const auto& event : events()) {
        for (std::size_t i = 0; i < states().size(); ++i) {
            SCOPED_TRACE(std::string(event.name) + " while " + states()[i].name);
            Attempt attempt;
            states()[i].reach(attempt);
            const auto before = told(attempt);
            event.happens(attempt);
            const char* expected = event.becomes[i];
            EXPECT_EQ(told(attempt), expected == nullptr || *expected == '\0' ? before : expected);
        }
    }
}

TEST(Attempt, counts_tries) {
    Attempt attempt;
    EXPECT_EQ(attempt.number(), 0U);
    attempt.begin("Home", true, false);
    attempt.begin("", false, true);
    EXPECT_EQ(attempt.number(), 2U);
    EXPECT_EQ(attempt.state(), Attempt::State::done);
}

TEST(Attempt, without_a_chosen_network_any_will_do) {
    Attempt attempt;
    attempt.begin("", true, false);
    attempt.link_down("First", DisconnectReason::network_not_found);
    EXPECT_EQ(told(attempt), "failed join (network not found)");
    attempt.link_up("Second", address);
    EXPECT_EQ(told(attempt), "trying reach 192.168.1.7");
}

TEST(Attempt, a_repeated_failure_does_not_flicker_but_an_earlier_step_that_fails_is_told) {
    Attempt attempt;
    attempt.begin("Home", true, true);
    attempt.broker_step(Step::tls);
    attempt.broker_failed(no_key);
    attempt.broker_step(Step::reach);
    EXPECT_EQ(told(attempt), "failed tls tls.bad_psk");
    attempt.broker_failed(no_answer);
    EXPECT_EQ(told(attempt), "failed reach timed_out");
    attempt.broker_step(Step::tls);
    EXPECT_EQ(told(attempt), "trying tls");
}

}  // namespace
}  // namespace esb::portal
