#include "esb/mqtt/session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace esb::mqtt {
namespace {

using Kind = Record::Kind;
using Ack = Session::Ack;

struct Rig {
    Record* add(int qos) {
        const Publish message{"t", as_bytes("x"), static_cast<Qos>(qos)};
        Record* record = session.add(static_cast<Kind>(qos), packet_size(PacketType::publish, message));
        if (record != nullptr) write_packet(PacketType::publish, message, Outbox::packet(*record));
        return record;
    }
    PacketId send() {
        Record* record = session.start_next();
        if (record == nullptr) return 0;
        const PacketId id = record->id;
        session.finish_current();
        return id;
    }

    alignas(8) std::array<std::uint8_t, 4096> arena{};
    std::array<Session::Release, 4> releases{};
    std::array<PacketId, 2> received{};
    Statistics statistics;
    Session session{arena, releases, received, statistics};
    Token token = 0;
};

TEST(MqttSession, identifiers_wrap_around_zero_and_never_collide) {
    Rig rig;
    rig.session.seed_ids(0xFFFE);
    for (int i = 0; i < 4; ++i) rig.add(2);
    EXPECT_EQ(rig.send(), 0xFFFF);
    EXPECT_EQ(rig.send(), 1);
    EXPECT_EQ(rig.send(), 2);
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::accepted);  // 1 is now in PUBREL phase only
    rig.session.seed_ids(0xFFFE);
    EXPECT_EQ(rig.send(), 3);  // FFFF, 1 and 2 are in use
}

// MQTT 3.1.1: 2.3.1-3
TEST(MqttSession, an_identifier_is_free_after_its_acknowledgement) {  // section 2.3.1
    Rig rig;
    rig.add(1);
    const PacketId id = rig.send();
    EXPECT_EQ(rig.session.on_puback(id, rig.token), Ack::done);
    EXPECT_EQ(rig.session.ids_in_use(), 0U);
    rig.session.seed_ids(static_cast<PacketId>(id - 1));
    rig.add(1);
    EXPECT_EQ(rig.send(), id);
    EXPECT_EQ(rig.session.on_puback(id, rig.token), Ack::done);
    EXPECT_EQ(rig.token, 2U);
}

TEST(MqttSession, tokens_wrap_around_and_skip_those_in_use) {
    Rig rig;
    const Token first = rig.add(1)->token;
    EXPECT_EQ(first, 1U);
    rig.add(2);  // token 2, brought into PUBREL phase
    rig.send();
    const PacketId second = rig.send();
    EXPECT_EQ(rig.session.on_pubrec(second), Ack::accepted);
    rig.session.seed_tokens(0xFFFFFFFE);
    EXPECT_EQ(rig.add(1)->token, 0xFFFFFFFFU);
    EXPECT_EQ(rig.add(1)->token, 3U);
}

TEST(MqttSession, the_window_holds_back_only_qos_1_and_2) {
    Rig rig;
    for (int i = 0; i < 6; ++i) rig.add(1);
    rig.add(0);
    std::vector<PacketId> sent;
    while (const PacketId id = rig.send()) sent.push_back(id);  // the QoS 0 one has no identifier
    EXPECT_EQ(sent, (std::vector<PacketId>{1, 2, 3, 4}));
    EXPECT_EQ(rig.session.start_next(), nullptr);
    EXPECT_EQ(rig.session.on_puback(2, rig.token), Ack::done);
    EXPECT_EQ(rig.send(), 5);
    EXPECT_EQ(rig.send(), 0);
}

TEST(MqttSession, a_publish_in_pubrel_phase_still_takes_its_place_in_the_window) {
    Rig rig;
    for (int i = 0; i < 5; ++i) rig.add(2);
    for (int i = 0; i < 4; ++i) rig.send();
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::accepted);
    EXPECT_EQ(rig.send(), 0);
    EXPECT_EQ(rig.session.on_pubcomp(1, rig.token), Ack::done);
    EXPECT_EQ(rig.send(), 5);
}

TEST(MqttSession, acknowledgements_of_the_wrong_kind_are_violations) {
    Rig rig;
    rig.add(1);
    rig.add(2);
    rig.add(2);
    for (int i = 0; i < 3; ++i) rig.send();
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::violation);
    EXPECT_EQ(rig.session.on_pubcomp(1, rig.token), Ack::violation);
    EXPECT_EQ(rig.session.on_puback(2, rig.token), Ack::violation);
    EXPECT_EQ(rig.session.on_suback(2, rig.token), Ack::violation);
    EXPECT_EQ(rig.session.on_pubcomp(2, rig.token), Ack::violation);
    EXPECT_EQ(rig.session.on_pubrec(3), Ack::accepted);
    EXPECT_EQ(rig.session.on_puback(3, rig.token), Ack::violation);
    EXPECT_EQ(rig.session.ids_in_use(), 3U);
}

TEST(MqttSession, unknown_identifiers_are_ignored_except_pubrec) {
    Rig rig;
    EXPECT_EQ(rig.session.on_puback(9, rig.token), Ack::ignored);
    EXPECT_EQ(rig.session.on_pubcomp(9, rig.token), Ack::ignored);
    EXPECT_EQ(rig.session.on_suback(9, rig.token), Ack::ignored);
    EXPECT_EQ(rig.session.on_unsuback(9, rig.token), Ack::ignored);
    EXPECT_EQ(rig.session.on_pubrec(9), Ack::accepted);  // PUBREL frees the broker
}

TEST(MqttSession, an_answer_to_a_packet_half_sent_is_ignored) {
    Rig rig;
    rig.add(1);
    const PacketId id = rig.session.start_next()->id;
    EXPECT_EQ(rig.session.on_puback(id, rig.token), Ack::ignored);
    rig.session.finish_current();
    EXPECT_EQ(rig.session.on_puback(id, rig.token), Ack::done);
}

TEST(MqttSession, resume_sends_again_in_order_with_dup) {  // MQTT-4.4.0-1, MQTT-4.6.0-1
    Rig rig;
    for (const int qos : {1, 2, 1, 0, 2, 2}) rig.add(qos);
    for (int i = 0; i < 4; ++i) rig.send();
    rig.session.start_next();
    rig.session.connection_lost();
    rig.session.resume();
    std::vector<PacketId> ids;
    for (int i = 0; i < 4; ++i) {
        Record* record = rig.session.start_next();
        EXPECT_TRUE(Outbox::packet(*record)[0] & 8);
        ids.push_back(record->id);
        rig.session.finish_current();
    }
    EXPECT_EQ(ids, (std::vector<PacketId>{1, 2, 3, 4}));
    EXPECT_EQ(rig.statistics.resends, 4U);
    EXPECT_EQ(rig.session.start_next(), nullptr);  // the window
}

TEST(MqttSession, an_answer_before_the_resend_makes_it_needless) {
    Rig rig;
    rig.add(2);
    rig.add(1);
    rig.send();
    rig.send();
    rig.session.connection_lost();
    rig.session.resume();
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::accepted);
    EXPECT_EQ(rig.session.on_puback(2, rig.token), Ack::done);
    EXPECT_EQ(rig.session.start_next(), nullptr);
}

TEST(MqttSession, releases_keep_the_order_of_their_pubrecs) {  // MQTT-4.6.0-4
    Rig rig;
    for (int i = 0; i < 3; ++i) rig.add(2);
    for (int i = 0; i < 3; ++i) rig.send();
    for (const PacketId id : std::array<PacketId, 3>{3, 1, 2}) EXPECT_EQ(rig.session.on_pubrec(id), Ack::accepted);
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::accepted);  // again: PUBREL again, no second entry
    std::vector<PacketId> ids;
    for (const auto& release : rig.session.releases()) ids.push_back(release.id);
    EXPECT_EQ(ids, (std::vector<PacketId>{3, 1, 2}));
}

TEST(MqttSession, a_lost_session_sends_anew_without_dup_and_dooms_releases) {
    Rig rig;
    for (int i = 0; i < 3; ++i) rig.add(2);
    for (int i = 0; i < 3; ++i) rig.send();
    EXPECT_EQ(rig.session.on_pubrec(1), Ack::accepted);
    rig.session.add_received(9);
    rig.session.connection_lost();
    rig.session.resume();  // one that came to nothing
    Record* resent = rig.session.start_next();
    EXPECT_TRUE(Outbox::packet(*resent)[0] & 8);
    rig.session.connection_lost();
    rig.session.lost();
    EXPECT_EQ(rig.session.ids_in_use(), 1U);  // the release, until it is taken
    const auto doomed = rig.session.take_doomed();
    ASSERT_TRUE(doomed);
    EXPECT_EQ(doomed->token, 1U);
    EXPECT_FALSE(rig.session.take_doomed());
    EXPECT_EQ(rig.session.ids_in_use(), 0U);
    EXPECT_FALSE(rig.session.is_received(9));
    Record* record = rig.session.start_next();
    EXPECT_EQ(record->token, 2U);
    EXPECT_FALSE(Outbox::packet(*record)[0] & 8);
    EXPECT_EQ(record->id, 4);
}

TEST(MqttSession, forgetting_keeps_the_bytes_of_a_half_sent_packet) {
    Rig rig;
    rig.add(1);
    rig.add(1);
    rig.session.start_next();
    rig.session.forget();
    std::set<Token> doomed;
    while (const auto one = rig.session.take_doomed()) doomed.insert(one->token);
    EXPECT_EQ(doomed, (std::set<Token>{1, 2}));
    ASSERT_NE(rig.session.current(), nullptr);
    EXPECT_FALSE(rig.session.finish_current());
    EXPECT_EQ(rig.session.ids_in_use(), 0U);
    EXPECT_EQ(rig.session.start_next(), nullptr);
}

TEST(MqttSession, a_lost_connection_frees_a_forgotten_half_sent_packet) {
    Rig rig;
    rig.add(1);
    rig.session.start_next();
    rig.session.forget();
    EXPECT_TRUE(rig.session.take_doomed());
    rig.session.connection_lost();
    EXPECT_EQ(rig.session.ids_in_use(), 0U);
    rig.session.resume();
    EXPECT_EQ(rig.session.start_next(), nullptr);
}

TEST(MqttSession, received_identifiers) {
    Rig rig;
    rig.session.add_received(5);
    rig.session.add_received(5);
    EXPECT_FALSE(rig.session.received_full());
    rig.session.add_received(6);
    EXPECT_TRUE(rig.session.received_full());
    rig.session.add_received(7);
    EXPECT_FALSE(rig.session.is_received(7));
    rig.session.remove_received(5);
    rig.session.remove_received(5);
    EXPECT_FALSE(rig.session.is_received(5));
    EXPECT_TRUE(rig.session.is_received(6));
}

// A broker that lost its session, and whose word of that was lost too, will never release what we remember.
TEST(MqttSession, received_identifiers_that_a_resumed_broker_does_not_mention_make_room) {
    Rig rig;
    rig.session.add_received(5);
    rig.session.add_received(6);
    rig.session.connection_lost();
    rig.session.resume();
    EXPECT_FALSE(rig.session.received_full());
    rig.session.add_received(6);  // it came again
    EXPECT_TRUE(rig.session.is_received(5));
    rig.session.add_received(7);
    EXPECT_FALSE(rig.session.is_received(5));
    EXPECT_TRUE(rig.session.is_received(6));
    EXPECT_TRUE(rig.session.is_received(7));
    EXPECT_TRUE(rig.session.received_full());
    rig.session.remove_received(6);
    EXPECT_FALSE(rig.session.is_received(6));
    EXPECT_TRUE(rig.session.is_received(7));
}

}  // namespace
}  // namespace esb::mqtt
