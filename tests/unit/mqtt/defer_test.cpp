// Acknowledgements that wait for their author (Client::defer()): order, bound, back-pressure, what a cut leaves of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/mqtt_memory_storage.hpp"
#include "support/mqtt_rig5.hpp"

#if ESB_MQTT_DEFER

namespace esb::mqtt {
namespace {

using esb::test::MqttMemoryStorage;
using esb::test::MqttRig;
using esb::test::MqttRig5;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;
namespace wire5 = esb::test::wire5;

// Defers every message that begins with '!', once for each '!'.
template <typename Base>
struct Deferring : Base {
    using Base::Base;
    void on_message(const MessagePiece& piece) override {
        Base::on_message(piece);
        for (std::size_t i = 0; i < this->message.size() && this->message[i] == '!'; ++i) {
            const auto ticket = this->client.defer();
            refusal = ticket ? "" : std::string(ticket.error().name());
            if (ticket && i == 0) tickets.push_back(*ticket);
            if (ticket && i > 0) {
                EXPECT_EQ(*ticket, tickets.back()) << "one for all handlers of a message";
            }
        }
    }
    std::vector<Ticket> tickets;
    std::string refusal;
};
using Rig = Deferring<MqttRig>;

// MQTT 3.1.1: 4.6.0-2
TEST(MqttDefer, puback_goes_when_the_author_says_so_and_in_the_order_of_the_messages) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1) + wire::publish("t", "b", 1, 2) + wire::publish("t", "!c", 1, 3));
    EXPECT_EQ(rig.events.size(), 3U);
    EXPECT_TRUE(rig.wire().empty()) << "b waits behind a";
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[1]));
    EXPECT_TRUE(rig.wire().empty());
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBACK 2", "PUBACK 3"}));
    EXPECT_EQ(rig.client.acknowledge(rig.tickets[0]).error(), errors::not_found) << "once";
    rig.feed(wire::publish("t", "d", 1, 4));
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 4"});
}

// MQTT 3.1.1: 4.6.0-3, 4.3.3-2
TEST(MqttDefer, pubrec_goes_in_its_order_and_pubcomp_when_its_pubrel_comes) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!a", 2, 1) + wire::publish("t", "!b", 2, 2) + wire::publish("t", "c", 1, 3));
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 3"}) << "another QoS has an order of its own";
    rig.client.acknowledge(rig.tickets[1]);
    rig.feed(wire::publish("t", "!a", 2, 1, true));
    EXPECT_TRUE(rig.wire().empty()) << "one answer to both";
    rig.client.acknowledge(rig.tickets[0]);
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 1", "PUBREC 2"}));
    rig.feed(wire::pubrel(1) + wire::pubrel(2));
    EXPECT_EQ(rig.wire(), (Lines{"PUBCOMP 1", "PUBCOMP 2"}));
    EXPECT_EQ(rig.events, (Lines{"message q2 t=!a", "message q2 t=!b", "message q1 t=c"}));
    EXPECT_EQ(rig.client.statistics().duplicates_in, 1U);
}

TEST(MqttDefer, only_a_whole_message_of_qos_1_and_2_within_its_handler) {
    Rig rig;
    EXPECT_EQ(rig.client.defer().error(), errors::invalid_argument);
    rig.connect();
    rig.feed(wire::publish("t", "!a", 0));
    EXPECT_EQ(rig.refusal, "invalid_argument") << "QoS 0 has no acknowledgement";
    const auto bytes = wire::publish("t", "!long", 1, 1);
    rig.client.receive(ConstBytes(bytes).first(bytes.size() - 2), rig.now);
    EXPECT_EQ(rig.refusal, "invalid_argument") << "a first piece";
    rig.client.receive(ConstBytes(bytes).last(2), rig.now);
    EXPECT_EQ(rig.refusal, "");
    EXPECT_EQ(rig.client.defer().error(), errors::invalid_argument) << "afterwards";
    EXPECT_EQ(rig.client.acknowledge(77).error(), errors::not_found);
    EXPECT_EQ(rig.client.acknowledge(0).error(), errors::not_found);
}

TEST(MqttDefer, every_handler_of_a_message_has_to_acknowledge_it) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!!a", 1, 1));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    EXPECT_TRUE(rig.wire().empty());
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 1"});
    rig.feed(wire::publish("t", std::string(300, '!'), 1, 2));
    EXPECT_EQ(rig.refusal, "full") << "255 can be counted";
}

TEST(MqttDefer, a_handler_may_acknowledge_at_once) {
    Rig rig;
    rig.connect();
    rig.when_message = [&](const MessagePiece&) { EXPECT_TRUE(rig.client.acknowledge(*rig.client.defer())); };
    rig.feed(wire::publish("t", "a", 1, 1) + wire::publish("t", "b", 2, 2));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBREC 2"}));
}

// With 3.1.1 a broker knows no bound: nothing more is read.
TEST(MqttDefer, at_the_bound_nothing_is_read_until_one_is_acknowledged) {
    Rig rig({.max_inflight_in = 2});
    rig.connect();
    const auto bytes = wire::publish("t", "!a", 1, 1) + wire::publish("t", "b", 1, 2) + wire::publish("t", "!c", 1, 3) +
                       wire::publish("t", "d", 0);
    const std::size_t used = rig.client.receive(bytes, rig.now);
    EXPECT_EQ(used, wire::publish("t", "!a", 1, 1).size() + wire::publish("t", "b", 1, 2).size());
    EXPECT_FALSE(rig.client.wants_input());
    EXPECT_EQ(rig.client.receive(ConstBytes(bytes).subspan(used), rig.now), 0U);
    EXPECT_EQ(rig.events, (Lines{"message q1 t=!a", "message q1 t=b"}));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    EXPECT_TRUE(rig.client.wants_input());
    EXPECT_EQ(rig.client.receive(ConstBytes(bytes).subspan(used), rig.now), bytes.size() - used);
    EXPECT_EQ(rig.events.size(), 4U);
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBACK 2"}));
}

// Nobody can say that a broker is silent who does not listen.
TEST(MqttDefer, a_stalled_connection_is_not_silent_but_has_an_end) {
    Rig rig({.max_inflight_in = 1, .longest_defer = std::chrono::minutes(5)});
    rig.options.keep_alive_s = 10;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1));
    EXPECT_FALSE(rig.client.wants_input());
    std::size_t pings = 0;
    const auto until = rig.now + std::chrono::minutes(4);
    while (rig.now < until) {
        ASSERT_TRUE(rig.client.next_deadline());
        ASSERT_GT(*rig.client.next_deadline(), rig.now);
        rig.now = *rig.client.next_deadline();
        rig.client.tick(rig.now);
        pings += rig.wire().size();
    }
    EXPECT_GT(pings, 20U) << "the broker's keep-alive is served";
    EXPECT_EQ(rig.client.state(), Client::State::connected);
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    rig.wire();
    rig.advance(3s);
    EXPECT_EQ(rig.client.state(), Client::State::connected) << "the answers can come only now";
    rig.advance(10s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_silent);
    rig.close_as_wanted();
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1));
    while (!rig.client.wants_close()) {
        rig.now = *rig.client.next_deadline();
        rig.client.tick(rig.now);
        rig.wire();
    }
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_deferred);
}

TEST(MqttDefer, without_a_keep_alive_a_stall_has_the_same_end) {
    Rig rig({.max_inflight_in = 1, .longest_defer = 1min});
    rig.options.keep_alive_s = 0;
    MqttRig::require(rig.client.configure(rig.options));
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1));
    EXPECT_EQ(rig.client.next_deadline(), rig.now + 1min);
    rig.advance(59s);
    EXPECT_FALSE(rig.client.wants_close());
    rig.advance(1s);
    EXPECT_EQ(rig.client.close_reason(), errors::mqtt_deferred);
}

// MQTT 3.1.1: 4.3.3-2
TEST(MqttDefer, after_a_cut_qos_1_comes_again_and_qos_2_only_is_answered) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1) + wire::publish("t", "!b", 2, 2) + wire::publish("t", "!c", 2, 3));
    rig.close();
    EXPECT_EQ(rig.client.acknowledge(rig.tickets[0]).error(), errors::not_found);
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[2])) << "it was delivered, whatever the connection does";
    rig.connect(true);
    rig.feed(wire::publish("t", "!a", 1, 1, true) + wire::publish("t", "!b", 2, 2, true) + wire::publish("t", "!c", 2, 3, true));
    EXPECT_EQ(rig.events, Lines{"message q1 dup t=!a"});
    EXPECT_TRUE(rig.wire().empty()) << "c waits behind b";
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[1])) << "the ticket of the first delivery";
    EXPECT_EQ(rig.wire(), (Lines{"PUBREC 2", "PUBREC 3"}));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[3]));
    EXPECT_EQ(rig.wire(), Lines{"PUBACK 1"});
}

TEST(MqttDefer, a_lost_or_forgotten_session_takes_its_tickets_along) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!a", 2, 1));
    rig.close();
    rig.connect(false);
    EXPECT_EQ(rig.client.acknowledge(rig.tickets[0]).error(), errors::not_found);
    rig.feed(wire::publish("t", "!b", 2, 1));
    rig.client.forget_session();
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[1])) << "this connection goes on";
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 1"});
}

// What the broker does not mention any more makes room.
TEST(MqttDefer, tickets_that_a_broker_forgot_do_not_stop_it) {
    Rig rig({.max_inflight_in = 2});
    rig.connect();
    rig.feed(wire::publish("t", "!a", 2, 1) + wire::publish("t", "!b", 2, 2));
    EXPECT_FALSE(rig.client.wants_input());
    rig.close();
    rig.connect(true);
    EXPECT_TRUE(rig.client.wants_input());
    rig.feed(wire::publish("t", "!c", 1, 3) + wire::publish("t", "!d", 1, 4));
    EXPECT_EQ(rig.events, (Lines{"message q1 t=!c", "message q1 t=!d"}));
    rig.client.acknowledge(rig.tickets[2]);
    rig.client.acknowledge(rig.tickets[3]);
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 3", "PUBACK 4"}));
    for (unsigned id = 5; id <= 7; id += 2) {
        rig.close();
        rig.connect(true);
        rig.feed(wire::publish("t", "!e", 2, id) + wire::publish("t", "!f", 2, id + 1));
        EXPECT_EQ(rig.events.size(), 2U);
    }
    EXPECT_EQ(rig.client.acknowledge(rig.tickets[0]).error(), errors::not_found) << "the oldest made room";
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[4]));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[6]));
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 7"});
}

// MQTT 3.1.1: 4.3.3-2
TEST(MqttDefer, what_a_broker_repeats_first_does_not_void_the_tickets_behind_it) {
    Rig rig({.max_inflight_in = 2});
    rig.connect();
    const auto answered = wire::publish("t", "a", 1, 1, true) + wire::publish("t", "b", 1, 2, true);
    rig.feed(answered + wire::publish("t", "!c", 2, 3) + wire::publish("t", "!d", 2, 4));
    rig.close();  // with both PUBACKs
    rig.connect(true);
    rig.feed(wire::publish("t", "!a", 1, 1, true) + wire::publish("t", "!b", 1, 2, true));
    EXPECT_FALSE(rig.client.wants_input());
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[2]));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[3]));
    rig.feed(wire::publish("t", "!c", 2, 3, true) + wire::publish("t", "!d", 2, 4, true));
    EXPECT_EQ(rig.events, (Lines{"message q1 dup t=!a", "message q1 dup t=!b"}));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[0]));
    EXPECT_TRUE(rig.client.acknowledge(rig.tickets[1]));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBACK 2", "PUBREC 3", "PUBREC 4"}));
}

TEST(MqttDefer, many_answers_go_as_there_is_room_for_them) {
    Rig rig({.max_inflight_out = 1, .max_inflight_in = 20, .max_acks = 4});
    rig.connect();
    for (unsigned id = 1; id <= 15; ++id) rig.feed(wire::publish("t", id == 1 ? "!" : "x", 1, id));
    EXPECT_TRUE(rig.wire().empty());
    rig.client.acknowledge(rig.tickets[0]);
    const auto lines = rig.wire();
    ASSERT_EQ(lines.size(), 15U);
    EXPECT_EQ(lines.front(), "PUBACK 1");
    EXPECT_EQ(lines.back(), "PUBACK 15");
}

TEST(MqttDefer, an_answer_that_a_handler_sets_free_leaves_room_for_the_messages_own_and_a_ping) {
    for (const std::size_t max_topic : {20U, 21U, 22U, 23U}) {  // the outbox begins at every distance behind the answers
        MqttRig rig({.max_topic = max_topic, .max_inflight_out = 1, .max_acks = 3});
        rig.connect();
        rig.publish("t", "0123456789", 1);
        Ticket ticket = 0;
        rig.when_message = [&](const MessagePiece&) {
            if (ticket == 0) {
                ticket = *rig.client.defer();
            } else {
                EXPECT_TRUE(rig.client.acknowledge(ticket));
            }
        };
        rig.feed(wire::publish("a", "", 1, 1) + wire::pubrel(8) + wire::pubrel(9) + wire::publish("b", "", 1, 2));
        rig.advance(58s);  // the transport takes nothing
        auto lines = rig.wire();
        EXPECT_EQ(lines.back(), "PUBLISH q1 id1 t=0123456789");
        std::sort(lines.begin(), lines.end());
        EXPECT_EQ(lines, (Lines{"PINGREQ", "PUBACK 1", "PUBACK 2", "PUBCOMP 8", "PUBCOMP 9",
                                "PUBLISH q1 id1 t=0123456789"}));
    }
}

TEST(MqttDefer, stop_ends_it) {
    Rig rig;
    rig.connect();
    rig.feed(wire::publish("t", "!a", 1, 1));
    rig.client.stop(rig.now);
    rig.client.acknowledge(rig.tickets[0]);
    EXPECT_EQ(rig.wire(), Lines{"DISCONNECT"}) << "it comes again";
}

#if ESB_MQTT_KEEP
TEST(MqttDefer, a_message_that_its_author_has_not_done_with_comes_again_after_a_restart) {
    MqttMemoryStorage storage;
    {
        Rig rig;
        ASSERT_TRUE(rig.client.restore(storage));
        rig.connect();
        rig.feed(wire::publish("t", "!a", 2, 1) + wire::publish("t", "!b", 2, 2) + wire::publish("t", "c", 2, 3));
        rig.client.acknowledge(rig.tickets[1]);
        EXPECT_TRUE(rig.wire().empty());
    }
    Rig rig;
    ASSERT_TRUE(rig.client.restore(storage));
    rig.connect(true);
    rig.feed(wire::publish("t", "!a", 2, 1, true) + wire::publish("t", "!b", 2, 2, true) + wire::publish("t", "c", 2, 3, true));
    EXPECT_EQ(rig.events, Lines{"message q2 dup t=!a"});
}
#endif

#if ESB_MQTT5
using Rig5 = Deferring<MqttRig5>;

// MQTT 5.0: 3.3.4-9, 4.6.0-2, 4.6.0-3
TEST(MqttDefer, with_5_0_the_bound_is_our_receive_maximum_and_all_else_is_read) {
    Rig5 rig({.max_inflight_in = 2});
    rig.reach();
    rig.feed(wire5::connack());
    rig.events.clear();
    rig.feed(wire5::publish("t", "!a", 1, 1) + wire5::publish("t", "!b", 2, 2));
    EXPECT_TRUE(rig.client.wants_input());
    const auto token = rig.publish("t", "ours", 1);
    EXPECT_EQ(rig.wire(), Lines{"PUBLISH q1 id1 t=ours"});
    rig.feed(wire::puback(1) + wire5::publish("t", "c", 0));
    EXPECT_EQ(rig.events, (Lines{"message q1 t=!a", "message q2 t=!b", "published " + std::to_string(token) + " ok",
                                 "message q0 t=c"}));
    rig.client.acknowledge(rig.tickets[0]);
    rig.feed(wire5::publish("t", "d", 1, 3));
    EXPECT_EQ(rig.wire(), (Lines{"PUBACK 1", "PUBACK 3"}));
    rig.client.acknowledge(rig.tickets[1]);
    EXPECT_EQ(rig.wire(), Lines{"PUBREC 2"});
}

// MQTT 5.0: 3.3.4-9
TEST(MqttDefer, with_5_0_a_broker_that_sends_more_is_told_and_left) {
    Rig5 rig({.max_inflight_in = 2});
    rig.connect();
    rig.feed(wire5::publish("t", "!a", 1, 1) + wire5::publish("t", "!b", 1, 2) + wire5::publish("t", "!c", 1, 3));
    EXPECT_EQ(rig.tickets.size(), 2U) << "the third is not delivered";
    rig.advance(2s);
    EXPECT_EQ(rig.end(), "93 mqtt.overrun");
}
#endif

}  // namespace
}  // namespace esb::mqtt

#endif
