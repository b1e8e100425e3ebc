// An engine against the broker model over a link that is cut at random bytes: random publishes, subscriptions, cuts,
// delays, duplicates and restarts of both sides, and what must hold afterwards. With a storage the client's memory may go, too,
// or the power at any write.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "esb/mqtt/client.hpp"
#include "support/mqtt_broker_model.hpp"
#include "support/mqtt_memory_storage.hpp"

namespace esb::mqtt::test {

namespace wire = esb::test::wire;

// What the engine was seen to do, over many simulations.
struct Coverage {
    std::map<std::string, unsigned long> transitions;  // "connected -stop-> closing"
    std::map<std::string, unsigned long> outcomes;
    unsigned long five = 0, expired = 0, refused = 0, restored = 0, power_cuts = 0, writes = 0, deferred = 0;
    unsigned long resends = 0, duplicates_in = 0, too_large_in = 0, resumed = 0, sessions_new = 0, restarts = 0, cuts = 0;
};

inline const char* name(Client::State state) {
    static constexpr const char* names[] = {"stopped", "waiting", "opening", "connecting", "connected", "closing"};
    return names[static_cast<std::size_t>(state)];
}

struct Plan {
    unsigned seed;
    bool lose_sessions = false;
    bool mischief = false;  // duplicates within a connection, refused subscriptions, and restarts of the client
    bool five = false;             // MQTT 5.0, and with mischief a broker that changes its version, refuses and expires
    bool keeps = false;            // a storage: a restart of the client loses nothing of QoS 1 and 2
    bool power_cuts = false;       // at writes of the storage
    bool defers = false;           // authors acknowledge later
    std::size_t broker_window = 5;
    Limits limits{.max_topic = 8, .max_inflight_out = 4, .max_inflight_in = 8, .max_acks = 32, .max_packet_in = 100};
};

class Simulation : public Handler {
public:
    explicit Simulation(const Plan& plan)
        : plan_(with_room(plan)),
          random_(plan.seed),
          memory_(Client::minimum_memory(plan_.limits) + 700),
          broker_(plan.broker_window) {
        if (plan.five) {
            broker_.receive_maximum = 3;
            broker_.refuses_one_in = plan.mischief ? 7 : 0;
        }
        make_client();
    }

    void run(unsigned count) {
        for (unsigned i = 0; i < count && !testing::Test::HasFatalFailure(); ++i) step();
        calm_ = true;
        for (unsigned i = 0; i < 100'000 && !settled(); ++i) step();
        EXPECT_TRUE(settled()) << "pending " << client_->pending() << ", " << name(client_->state()) << ", broker waits with "
                               << broker_.waiting() << ", subscriptions " << subscribing_.size();
        EXPECT_TRUE(broker_.violations.empty()) << broker_.violations.front();
    }
    void check_completions();
    void check_outgoing();
    void check_incoming();
    void check_nothing_leaked();
    void add_to(Coverage& all) const {
        for (const auto& [what, times] : transitions_) all.transitions[what] += times;
        for (const auto& [what, times] : outcomes) all.outcomes[what] += times;
        all.resends += client_->statistics().resends;
        all.duplicates_in += client_->statistics().duplicates_in;
        all.too_large_in += client_->statistics().too_large_in;
        all.resumed += broker_.sessions_resumed;
        all.sessions_new += broker_.sessions_new;
        all.restarts += restarts_ - 1;
        all.cuts += cuts;
        all.five += broker_.connections_five;
        all.expired += broker_.sessions_expired;
        all.refused += broker_.refused.size();
        all.restored += restored_;
        all.power_cuts += power_cuts_;
        all.writes += storage_.writes;
        all.deferred += deferred_;
    }

    unsigned cuts = 0;
    std::map<std::string, unsigned> outcomes;

private:
    // Messages carry their number within their QoS, so that order and repetition can be seen.
    struct Numbered {
        unsigned qos;
        unsigned number;
        friend auto operator<=>(const Numbered&, const Numbered&) = default;
    };
    bool refused_by_broker(const Numbered& message) const;
    std::string payload(unsigned qos, unsigned number) {
        return std::to_string(qos) + ":" + std::to_string(number) + ":" + std::string(draw() % 60, 'x');
    }
    static Numbered parse(std::string_view text) {
        return {static_cast<unsigned>(text[0] - '0'),
                static_cast<unsigned>(std::strtoul(std::string(text.substr(2)).c_str(), nullptr, 10))};
    }

    void make_client() {
        ++restarts_;
        client_.emplace(*this, plan_.limits, memory_);
        ConnectOptions options;
        options.client_id = "model";
        options.keep_alive_s = 30;
        if (plan_.five) {
            options.version = Version::v5_then_v3;
            if (may_lose_sessions()) options.session_expiry_s = 60;
            options.session_known = !plan_.keeps;
        }
        EXPECT_TRUE(client_->configure(options));
        if (plan_.keeps) restore();
        // Identifiers far from those of the life before: the broker may remember some of them.
        act("start", [&] { client_->start(now_, plan_.seed + restarts_ * 0x800); });
    }
    // Notes what state the client was in before and after.
    template <typename Do>
    void act(const char* event, Do what) {
        const auto before = client_->state();
        what();
        if (client_->state() == before) return;
        ++transitions_[std::string(name(before)) + " -" + event + "-> " + name(client_->state())];
    }

    static Plan with_room(Plan plan) {
        plan.limits.max_kept = 16;
        plan.limits.kept_writes_per_hour = 1'000'000;
        return plan;
    }
    bool may_lose_sessions() const { return plan_.lose_sessions; }
    void restore() {
        const auto restored = client_->restore(storage_);
        ASSERT_TRUE(restored);
        EXPECT_EQ(restored->refused, 0U);
        // With the power, a message may have been written that was not accepted, or erased that was not told of.
        if (!power_lost_) {
            EXPECT_EQ(restored->messages, orphans_);
        }
        orphans_ = restored->messages;
        restored_ += orphans_;
        power_lost_ = false;
    }

    unsigned draw() { return static_cast<unsigned>(random_()); }
    bool chance(unsigned one_in) { return draw() % one_in == 0; }
    bool settled() const {
        // A client that was restarted cannot finish what it began in a life before.
        if (!tickets_.empty()) return false;
        const bool broker_done = restarts_ > 1 && !plan_.keeps ? broker_.all_delivered() : broker_.idle();
        return client_->pending() == 0 && subscribing_.empty() && client_->state() == Client::State::connected && broker_done;
    }
    bool up() const {
        return client_->state() != Client::State::stopped && client_->state() != Client::State::waiting &&
               client_->state() != Client::State::opening;
    }

    void step() {
        take_step();
        if (!storage_.off()) return;
        ++power_cuts_;
        power_lost_ = true;
        restart();
    }
    void take_step() {
        if (plan_.power_cuts && !calm_ && chance(60)) {
            storage_.cut_at(draw() % 3 + 1, chance(2) ? esb::test::MqttMemoryStorage::Cut::before
                                                      : esb::test::MqttMemoryStorage::Cut::after);
        }
        if (calm_) storage_.power_on();
        if (!tickets_.empty() && chance(calm_ ? 3 : 12)) acknowledge();
        if (client_->wants_transport(now_)) {
            act("opening", [&] { client_->transport_opening(); });
            if (!calm_ && chance(4)) return cut();
            if (plan_.mischief && !calm_ && chance(20)) act("stop", [&] { client_->stop(now_); });
            act("opened", [&] { client_->transport_opened(now_); });
        }
        if (calm_ && client_->state() == Client::State::stopped) begin();
        if (plan_.mischief && !calm_ && chance(100)) return mischief();
        if (!up()) return pass_time();
        if (client_->wants_close()) return cut();
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
        if (chance(200)) {
            act("stop", [&] { client_->stop(now_); });
            begin();
        }
        if (plan_.lose_sessions && chance(20)) {
            cut();
            broker_.lose_session();
        }
    }
    // What a schedule of its own would seldom show.
    void mischief() {
        if (plan_.five && chance(4)) {
            if (chance(2)) broker_.refuses_five = !broker_.refuses_five;
            return broker_.end(chance(2) ? 0x8B : 0x8E);
        }
        switch (draw() % 8) {
            case 0:
                return act("stop", [&] { client_->stop(now_); });
            case 1:
                return begin();
            case 2:
                return restart();
            case 3:
                return broker_.refuse_next();
            case 4:
                if (up()) broker_.babble();
                return;
            case 5:
                for (int i = 0; i < 8; ++i) pass_time();  // nothing is carried meanwhile
                return;
            default:
                return broker_.repeat(draw());
        }
    }
    void begin() {
        act("start", [&] { client_->start(now_, plan_.seed + restarts_ * 0x800 + 0x400); });
    }
    // The client loses its memory; what it had accepted and not completed may arrive or not.
    void restart() {
        cut();
        power_lost_ = power_lost_ || storage_.off();
        if (!plan_.power_cuts || !power_lost_) orphans_ = client_->pending();
        for (const auto& [token, message] : accepted_) {
            if (!completed_[message].empty()) continue;
            if (!plan_.keeps || message.qos == 0) abandoned_.insert(message);
            if (plan_.keeps) completed_.erase(message);
        }
        tickets_.clear();
        accepted_.clear();
        subscribing_.clear();
        for (const auto& message : abandoned_) completed_.erase(message);
        storage_.power_on();
        make_client();
        lent_.clear();
    }
    void pass_time() {
        const unsigned ms = draw() % 10'000;
        now_ += Duration(ms);
        broker_.pass(ms / 1000);
        act("tick", [&] { client_->tick(now_); });
    }
    void cut() {
        ++cuts;
        if (chance(2)) carry_up();  // some bytes may still arrive on the other side
        act("closed", [&] {
            client_->transport_closed(now_, client_->wants_close() ? client_->close_reason() : Error(errors::closed));
        });
        broker_.connection_lost();
        to_broker_.clear();
        unread_.clear();
        // What was not acknowledged comes again: QoS 1 to the handler as well.
        std::erase_if(tickets_, [](const Deferred& one) { return one.message.qos == 1; });
    }
    void publish_out() {
        const unsigned qos = draw() % 3;
        const auto text = payload(qos, next_out_[qos]);
        Publish publish{"out", as_bytes(text), static_cast<Qos>(qos), false};
        publish.keep = plan_.keeps && qos > 0;
        auto lent = std::make_unique<std::string>(text);
        publish.borrowed = !publish.keep && chance(3);
        if (publish.borrowed) publish.payload = as_bytes(*lent);
        const auto token = client_->publish(publish);
        if (token && publish.borrowed) lent_[*token] = std::move(lent);
        if (storage_.off() && publish.keep) abandoned_.insert({qos, next_out_[qos]++});  // it may be there, and arrive
        if (!token || storage_.off()) return;
        EXPECT_TRUE(accepted_.emplace(*token, Numbered{qos, next_out_[qos]++}).second) << "a token twice";
    }
    void publish_in() {
        if (broker_.waiting() > 50) return;
        // A client that has not seen a CONNACK yet asks for a new session again, and what waits in the one before is lost.
        if (plan_.five && plan_.keeps && !met_) return;
        const unsigned qos = draw() % 3;
        const unsigned number = next_in_[qos]++;
        // Some do not fit, by their payload or by their topic. Then the length tells the number.
        const unsigned kind = plan_.defers ? 9 : draw() % 10;
        if (kind == 0) return broker_.publish({"in", std::string(large_payload + number, 'x'), qos});
        if (kind == 1) return broker_.publish({std::string(large_topic + number, 't'), "x", qos});
        broker_.publish({"in", payload(qos, number), qos});
    }
    void send() {
        const auto out = client_->output();
        if (out.empty() || storage_.off()) return;
        const std::size_t count = draw() % out.size() + 1;
        to_broker_.insert(to_broker_.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(count));
        act("sent", [&] { client_->sent(count, now_); });
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
        if (!client_->wants_input()) return;
        if (unread_.empty()) unread_ = take_some(broker_.out);
        act("receive", [&] {
            const auto used = static_cast<std::ptrdiff_t>(client_->receive(unread_, now_));
            unread_.erase(unread_.begin(), unread_.begin() + used);
        });
    }
    // In the order of the messages.
    void acknowledge() {
        const auto done = tickets_.front();
        tickets_.erase(tickets_.begin());
        const auto known = client_->acknowledge(done.ticket);
        if (known) delivered_.push_back(done.message);
        EXPECT_TRUE(known || may_lose_sessions() || storage_.off()) << "a ticket of QoS " << done.message.qos;
    }

    void on_connected(bool) override {
        met_ = true;
        if (chance(2)) publish_out();
        if (chance(2)) subscribe();
    }
    void subscribe() {
        const unsigned kind = draw() % 3;
        const auto token = kind == 0   ? client_->subscribe("in", Qos::exactly_once)
                           : kind == 1 ? client_->subscribe(esb::test::MqttBrokerModel::refused_filter, Qos::at_least_once)
                                       : client_->unsubscribe("in");
        if (token) subscribing_[*token] = kind == 1;
    }
    void on_disconnected(const Error& why, Instant) override { ++outcomes["disconnected " + std::string(why.name())]; }
    void on_message(const MessagePiece& piece) override {
        if (piece.offset == 0) message_.clear();
        ASSERT_EQ(piece.offset, message_.size());
        message_ += as_text(piece.bytes);
        if (piece.is_last() && !storage_.off()) take(piece.qos);
        if (!calm_ && chance(10)) publish_out();
    }
    void take(Qos qos) {
        const auto message = parse(message_);
        if (!plan_.defers || qos == Qos::at_most_once) return delivered_.push_back(message);
        const auto ticket = client_->defer();
        ASSERT_TRUE(ticket);
        ++deferred_;
        tickets_.push_back({*ticket, message});
    }
    void on_too_large(const TooLarge& message) override {
        if (storage_.off()) return;
        const auto number = message.topic.empty() ? message.topic_size - large_topic : message.size - large_payload;
        delivered_.push_back({static_cast<unsigned>(message.qos), static_cast<unsigned>(number)});
        ++outcomes["too large"];
        if (!calm_ && chance(10)) publish_out();
    }
    void on_published(Token token, Status outcome) override {
        if (const auto lent = lent_.find(token); lent != lent_.end()) {
            lent->second->assign(lent->second->size(), '!');  // it is the author's again: nobody may read it
            returned_.push_back(std::move(lent->second));
            lent_.erase(lent);
        }
        if (over_ || storage_.off()) return;
        const auto found = accepted_.find(token);
        if (found == accepted_.end() && orphans_ > 0) {
            --orphans_;
            ++outcomes["restored " + (outcome ? std::string("ok") : std::string(outcome.error().name()))];
            return;
        }
        ASSERT_NE(found, accepted_.end()) << "a completion without a publish";
        completed_[found->second].push_back(outcome);
        ++outcomes[outcome ? "ok" : std::string(outcome.error().name())];
        if (!calm_ && chance(10)) publish_out();
    }
    void on_subscribed(Token token, Result<Qos> outcome) override {
        if (over_ || storage_.off()) return;
        const auto found = subscribing_.find(token);
        ASSERT_NE(found, subscribing_.end()) << "a completion without a subscription";
        EXPECT_FALSE(found->second && outcome) << "a refused filter";
        subscribing_.erase(found);
        ++outcomes["subscribed " + (outcome ? std::string("ok") : std::string(outcome.error().name()))];
    }

    static constexpr std::size_t large_payload = 100;
    static constexpr std::size_t large_topic = 9;

    struct Deferred {
        Ticket ticket;
        Numbered message;
    };

    Plan plan_;
    esb::test::MqttMemoryStorage storage_;
    std::vector<Deferred> tickets_;
    wire::Bytes unread_;        // given to the client, and not taken
    std::size_t orphans_ = 0;   // messages of an earlier life that are not complete
    bool power_lost_ = false;
    bool met_ = false;  // the broker
    unsigned long restored_ = 0, power_cuts_ = 0, deferred_ = 0;
    std::mt19937 random_;
    Instant now_{1s};
    std::vector<std::uint8_t> memory_;
    std::optional<Client> client_;
    esb::test::MqttBrokerModel broker_;
    wire::Bytes to_broker_;
    bool calm_ = false;  // the end of a run: nothing new, no cuts
    bool over_ = false;
    unsigned restarts_ = 0;  // the first start included
    std::map<std::string, unsigned> transitions_;
    std::map<Token, bool> subscribing_;  // true: the broker refuses it
    std::set<Numbered> abandoned_;       // accepted in a life before, not completed there
    unsigned next_out_[3] = {};
    unsigned next_in_[3] = {};
    std::map<Token, Numbered> accepted_;
    std::map<Token, std::unique_ptr<std::string>> lent_;  // borrowed payloads
    std::vector<std::unique_ptr<std::string>> returned_;
    std::map<Numbered, std::vector<Status>> completed_;
    std::vector<Numbered> delivered_;
    std::string message_;
};

// First appearances rise by one QoS; every repetition is allowed only where `repeats` says so.
inline void expect_order(const std::vector<unsigned>& numbers, bool repeats, bool gaps, const char* what) {
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

inline void Simulation::check_completions() {
    for (const auto& [token, message] : accepted_) {
        ASSERT_EQ(completed_[message].size(), 1U) << "token " << token << " qos " << message.qos;
    }
    EXPECT_TRUE(subscribing_.empty()) << "a subscription without an end";
}

inline bool Simulation::refused_by_broker(const Numbered& message) const {
    return std::ranges::any_of(broker_.refused, [&](const std::string& text) { return parse(text) == message; });
}

inline void Simulation::check_outgoing() {
    std::vector<unsigned> got[3];
    // One that was refused may come again all the same, when the power went before that was noted.
    for (const auto& message : broker_.received) {
        if (!broker_.refused.contains(message.payload)) got[message.qos].push_back(parse(message.payload).number);
    }
    // A restart takes messages with it, a lost session the identifiers of QoS 2.
    const bool gaps = !abandoned_.empty() || !broker_.refused.empty();
    expect_order(got[0], false, true, "out QoS 0");
    expect_order(got[1], true, gaps, "out QoS 1");
    expect_order(got[2], plan_.lose_sessions, gaps, "out QoS 2");
    for (const unsigned qos : {1U, 2U}) {
        const std::set<unsigned> distinct(got[qos].begin(), got[qos].end());
        for (unsigned number = 0; number < next_out_[qos]; ++number) {
            const bool refused = refused_by_broker({qos, number});
            const bool due = refused ? false : !abandoned_.contains({qos, number}) || completed_.contains({qos, number});
            EXPECT_TRUE(!due || distinct.contains(number)) << "QoS " << qos << ": " << number << " is lost";
        }
    }
}

inline void Simulation::check_incoming() {
    std::vector<unsigned> got[3];
    for (const auto& message : delivered_) got[message.qos].push_back(message.number);
    expect_order(got[0], false, true, "in QoS 0");
    const bool left_out = !broker_.left_out.empty();
    const bool forgets = restarts_ > 1 && !plan_.keeps;
    expect_order(got[1], true, plan_.lose_sessions || left_out, "in QoS 1");
    // The power may go between the end of a handler and the writing of the identifier.
    expect_order(got[2], plan_.lose_sessions || forgets || power_cuts_ > 0, plan_.lose_sessions || left_out, "in QoS 2");
    if (plan_.lose_sessions) return;
    for (const unsigned qos : {1U, 2U}) {
        const std::set<unsigned> distinct(got[qos].begin(), got[qos].end());
        const auto missing = std::ranges::count(broker_.left_out, qos, &esb::test::MqttBrokerModel::Message::qos);
        // One may have been left out although it had arrived: its answer was lost.
        EXPECT_LE(distinct.size(), next_in_[qos]);
        EXPECT_GE(distinct.size() + static_cast<std::size_t>(missing), next_in_[qos]);
    }
}

// The whole window and the whole outbox must be free again.
inline void Simulation::check_nothing_leaked() {
    over_ = true;
    while (!client_->output().empty()) client_->sent(client_->output().size(), now_);
    const std::string big(700 + 64 + 8 - 16, 'x');
    const auto token = client_->publish({"out", as_bytes(big), Qos::at_least_once});
    EXPECT_TRUE(token) << token.error().name();
    client_->forget_session();
    while (!client_->output().empty()) client_->sent(client_->output().size(), now_);
    const unsigned window = plan_.five ? std::min(plan_.limits.max_inflight_out + 0U, broker_.receive_maximum)
                                       : plan_.limits.max_inflight_out;
    for (unsigned i = 0; i < window; ++i) {
        EXPECT_TRUE(client_->publish({"out", {}, Qos::exactly_once}));
        EXPECT_FALSE(client_->output().empty());
        client_->sent(client_->output().size(), now_);
    }
}

}  // namespace esb::mqtt::test
