// Random schedules against the broker model, over a link that is cut at random bytes. ESB_MODEL_STEPS in the
// environment makes the runs longer.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "esb/mqtt/client.hpp"
#include "support/mqtt_broker_model.hpp"

namespace esb::mqtt {
namespace {

namespace wire = test::wire;

struct Plan {
    unsigned seed;
    bool lose_sessions = false;
    std::size_t broker_window = 5;
    Limits limits{.max_topic = 8, .max_inflight_out = 4, .max_inflight_in = 8, .max_acks = 32, .max_packet_in = 100};
};

unsigned steps() {
    const char* text = std::getenv("ESB_MODEL_STEPS");
    return text == nullptr ? 20'000 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class Simulation : public Handler {
public:
    explicit Simulation(const Plan& plan)
        : plan_(plan),
          random_(plan.seed),
          memory_(Client::minimum_memory(plan.limits) + 700),
          client_(*this, plan.limits, memory_),
          broker_(plan.broker_window) {
        ConnectOptions options;
        options.client_id = "model";
        options.keep_alive_s = 30;
        EXPECT_TRUE(client_.configure(options));
        client_.start(now_, plan.seed);
    }

    void run(unsigned count) {
        for (unsigned i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) step();
        calm_ = true;
        for (unsigned i = 0; i < 100'000 && !settled(); ++i) step();
        EXPECT_TRUE(settled()) << "pending " << client_.pending();
        EXPECT_TRUE(broker_.violations.empty()) << broker_.violations.front();
    }
    void check_completions();
    void check_outgoing();
    void check_incoming();
    void check_nothing_leaked();

    unsigned cuts = 0;
    std::map<std::string, unsigned> outcomes;

private:
    // Messages carry their number within their QoS, so that order and repetition can be seen.
    struct Numbered {
        unsigned qos;
        unsigned number;
        friend auto operator<=>(const Numbered&, const Numbered&) = default;
    };
    std::string payload(unsigned qos, unsigned number) {
        return std::to_string(qos) + ":" + std::to_string(number) + ":" + std::string(draw() % 60, 'x');
    }
    static Numbered parse(std::string_view text) {
        return {static_cast<unsigned>(text[0] - '0'),
                static_cast<unsigned>(std::strtoul(std::string(text.substr(2)).c_str(), nullptr, 10))};
    }

    unsigned draw() { return static_cast<unsigned>(random_()); }
    bool chance(unsigned one_in) { return draw() % one_in == 0; }
    bool settled() const {
        return client_.pending() == 0 && client_.state() == Client::State::connected && broker_.idle();
    }
    bool up() const {
        return client_.state() != Client::State::stopped && client_.state() != Client::State::waiting &&
               client_.state() != Client::State::opening;
    }

    void step() {
        if (client_.wants_transport(now_)) {
            client_.transport_opening();
            if (!calm_ && chance(4)) return cut();
            client_.transport_opened(now_);
        }
        if (!up()) return pass_time();
        if (client_.wants_close()) return cut();
        switch (draw() % 8) {
            case 0:
                if (!calm_) publish_out();
                break;
            case 1:
                if (!calm_) publish_in();
                break;
            case 2:
            case 3:
                send();
                break;
            case 4:
                carry_up();
                break;
            case 5:
            case 6:
                carry_down();
                break;
            default:
                rare();
        }
    }
    void rare() {
        if (calm_) return chance(10) ? pass_time() : carry_up();
        if (chance(20)) return cut();
        if (chance(30)) return pass_time();
        if (chance(200)) client_.stop(now_), client_.start(now_, draw());
        if (plan_.lose_sessions && chance(20)) {
            cut();
            broker_.lose_session();
        }
    }
    void pass_time() {
        now_ += Duration(draw() % 10'000);
        client_.tick(now_);
    }
    void cut() {
        ++cuts;
        if (chance(2)) carry_up();  // some bytes may still arrive on the other side
        client_.transport_closed(now_, client_.wants_close() ? client_.close_reason() : Error(errors::closed));
        broker_.connection_lost();
        to_broker_.clear();
    }
    void publish_out() {
        const unsigned qos = draw() % 3;
        const auto text = payload(qos, next_out_[qos]);
        const auto token = client_.publish({"out", as_bytes(text), static_cast<Qos>(qos), false});
        if (!token) return;
        EXPECT_TRUE(accepted_.emplace(*token, Numbered{qos, next_out_[qos]++}).second) << "a token twice";
    }
    void publish_in() {
        if (broker_.waiting() > 50) return;
        const unsigned qos = draw() % 3;
        const unsigned number = next_in_[qos]++;
        // Some do not fit, by their payload or by their topic. Then the length tells the number.
        const unsigned kind = draw() % 10;
        if (kind == 0) return broker_.publish({"in", std::string(large_payload + number, 'x'), qos});
        if (kind == 1) return broker_.publish({std::string(large_topic + number, 't'), "x", qos});
        broker_.publish({"in", payload(qos, number), qos});
    }
    void send() {
        const auto out = client_.output();
        if (out.empty()) return;
        const std::size_t count = draw() % out.size() + 1;
        to_broker_.insert(to_broker_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
        client_.sent(count, now_);
    }
    wire::Bytes take_some(wire::Bytes& pipe) {
        const auto count = static_cast<std::ptrdiff_t>(pipe.empty() ? 0 : draw() % pipe.size() + 1);
        wire::Bytes some;
        some.assign(pipe.begin(), pipe.begin() + count);
        pipe.erase(pipe.begin(), pipe.begin() + count);
        return some;
    }
    void carry_up() { broker_.receive(take_some(to_broker_)); }
    void carry_down() {
        if (client_.wants_input()) client_.receive(take_some(broker_.out), now_);
    }

    void on_connected(bool) override {
        if (chance(2)) publish_out();
        if (chance(2)) static_cast<void>(client_.subscribe("in", Qos::exactly_once));
    }
    void on_disconnected(const Error& why, Instant) override { ++outcomes["disconnected " + std::string(why.name())]; }
    void on_message(const MessagePiece& piece) override {
        if (piece.offset == 0) message_.clear();
        ASSERT_EQ(piece.offset, message_.size());
        message_ += as_text(piece.bytes);
        if (piece.is_last()) delivered_.push_back(parse(message_));
        if (!calm_ && chance(10)) publish_out();
    }
    void on_too_large(const TooLarge& message) override {
        const auto number = message.topic.empty() ? message.topic_size - large_topic : message.size - large_payload;
        delivered_.push_back({static_cast<unsigned>(message.qos), static_cast<unsigned>(number)});
        ++outcomes["too large"];
        if (!calm_ && chance(10)) publish_out();
    }
    void on_published(Token token, Status outcome) override {
        if (over_) return;
        const auto found = accepted_.find(token);
        ASSERT_NE(found, accepted_.end()) << "a completion without a publish";
        completed_[found->second].push_back(outcome);
        ++outcomes[outcome ? "ok" : std::string(outcome.error().name())];
        if (!calm_ && chance(10)) publish_out();
    }
    void on_subscribed(Token, Result<Qos>) override {}

    static constexpr std::size_t large_payload = 100;
    static constexpr std::size_t large_topic = 9;

    Plan plan_;
    std::mt19937 random_;
    Instant now_{1s};
    std::vector<std::uint8_t> memory_;
    Client client_;
    test::MqttBrokerModel broker_;
    wire::Bytes to_broker_;
    bool calm_ = false;  // the end of a run: nothing new, no cuts
    bool over_ = false;
    unsigned next_out_[3] = {};
    unsigned next_in_[3] = {};
    std::map<Token, Numbered> accepted_;
    std::map<Numbered, std::vector<Status>> completed_;
    std::vector<Numbered> delivered_;
    std::string message_;
};

// First appearances rise by one QoS; every repetition is allowed only where `repeats` says so.
void expect_order(const std::vector<unsigned>& numbers, bool repeats, bool gaps, const char* what) {
    std::set<unsigned> seen;
    unsigned next = 0;
    for (const unsigned number : numbers) {
        if (!seen.insert(number).second) {
            EXPECT_TRUE(repeats) << what << ": " << number << " twice";
            continue;
        }
        if (gaps) {
            EXPECT_GE(number, next) << what;
        } else {
            EXPECT_EQ(number, next) << what;
        }
        next = number + 1;
    }
}

void Simulation::check_completions() {
    for (const auto& [token, message] : accepted_) {
        ASSERT_EQ(completed_[message].size(), 1U) << "token " << token << " qos " << message.qos;
    }
}

void Simulation::check_outgoing() {
    std::vector<unsigned> got[3];
    for (const auto& message : broker_.received) got[message.qos].push_back(parse(message.payload).number);
    expect_order(got[0], false, true, "out QoS 0");
    expect_order(got[1], true, false, "out QoS 1");
    expect_order(got[2], plan_.lose_sessions, false, "out QoS 2");
    for (const unsigned qos : {1U, 2U}) {
        const std::set<unsigned> distinct(got[qos].begin(), got[qos].end());
        EXPECT_EQ(distinct.size(), next_out_[qos]);
    }
}

void Simulation::check_incoming() {
    std::vector<unsigned> got[3];
    for (const auto& message : delivered_) got[message.qos].push_back(message.number);
    expect_order(got[0], false, true, "in QoS 0");
    expect_order(got[1], true, plan_.lose_sessions, "in QoS 1");
    expect_order(got[2], plan_.lose_sessions, plan_.lose_sessions, "in QoS 2");
    if (plan_.lose_sessions) return;
    for (const unsigned qos : {1U, 2U}) {
        const std::set<unsigned> distinct(got[qos].begin(), got[qos].end());
        EXPECT_EQ(distinct.size(), next_in_[qos]);
    }
}

// The whole window and the whole outbox must be free again.
void Simulation::check_nothing_leaked() {
    over_ = true;
    while (!client_.output().empty()) client_.sent(client_.output().size(), now_);
    const std::string big(700 + 64 + 8 - 16, 'x');
    const auto token = client_.publish({"out", as_bytes(big), Qos::at_least_once});
    EXPECT_TRUE(token) << token.error().name();
    client_.forget_session();
    while (!client_.output().empty()) client_.sent(client_.output().size(), now_);
    for (unsigned i = 0; i < plan_.limits.max_inflight_out; ++i) {
        EXPECT_TRUE(client_.publish({"out", {}, Qos::exactly_once}));
        EXPECT_FALSE(client_.output().empty());
        client_.sent(client_.output().size(), now_);
    }
}

class MqttModel : public testing::TestWithParam<unsigned> {};

TEST_P(MqttModel, lossy_link_session_survives) {
    Simulation simulation({.seed = GetParam()});
    simulation.run(steps());
    simulation.check_completions();
    simulation.check_outgoing();
    simulation.check_incoming();
    EXPECT_GT(simulation.cuts, steps() / 1000);
    EXPECT_EQ(simulation.outcomes["mqtt.session_lost"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.malformed"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.unexpected"], 0U);
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.overrun"], 0U);
    EXPECT_GT(simulation.outcomes["ok"], steps() / 100);
    EXPECT_GT(simulation.outcomes["too large"], steps() / 1000);
    simulation.check_nothing_leaked();
}

// A broker with a larger window than ours: overruns happen, and still nothing is lost, doubled or stuck.
TEST_P(MqttModel, lossy_link_broker_with_a_larger_window) {
    Simulation simulation(
        {.seed = GetParam(),
         .broker_window = 20,
         .limits = {.max_topic = 8, .max_inflight_out = 2, .max_inflight_in = 3, .max_acks = 6, .max_packet_in = 100}});
    simulation.run(steps());
    simulation.check_completions();
    simulation.check_outgoing();
    simulation.check_incoming();
    EXPECT_GT(simulation.outcomes["disconnected mqtt.overrun"], 0U);
    simulation.check_nothing_leaked();
}

TEST_P(MqttModel, lossy_link_broker_loses_sessions) {
    Simulation simulation({.seed = GetParam(), .lose_sessions = true});
    simulation.run(steps());
    simulation.check_completions();
    EXPECT_EQ(simulation.outcomes["disconnected mqtt.unexpected"], 0U);
    EXPECT_GT(simulation.outcomes["mqtt.session_lost"], 0U);
    simulation.check_incoming();
    simulation.check_nothing_leaked();
}

INSTANTIATE_TEST_SUITE_P(Seeds, MqttModel, testing::Range(1U, 6U));

}  // namespace
}  // namespace esb::mqtt
