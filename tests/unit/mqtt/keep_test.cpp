// Sessions that are kept over restarts: what a second life knows of the first, what is refused, how often the storage is written.
#include <gtest/gtest.h>

#include <iostream>
#include <memory>

#include "esb/base/features.hpp"
#include "esb/mqtt/kept_record.hpp"
#include "support/mqtt_memory_storage.hpp"
#include "support/mqtt_rig5.hpp"

#if ESB_MQTT_KEEP

namespace esb::mqtt {
namespace {

using esb::test::MqttMemoryStorage;
using esb::test::MqttRig;
using Lines = MqttRig::Lines;
namespace wire = esb::test::wire;

// One life after the other over the same storage; the broker is the test.
template <typename Rig = MqttRig>
struct Lives {
    explicit Lives(const Limits& with = {}) : limits(with) { restart(); }
    // The program ends, wherever it is, and begins anew.
    Client::Restored restart() {
        rig.reset();
        storage.power_on();
        rig = std::make_unique<Rig>(limits);
        if constexpr (requires { rig->options.version; }) rig->options.session_known = false;
        return restore(*rig);
    }
    Client::Restored restore(MqttRig& into) {
        MqttRig::require(into.client.configure(into.options));
        const auto restored = into.client.restore(storage);
        if (!restored) throw std::runtime_error(std::string(restored.error().name()));
        return *restored;
    }
    Result<Token> keep(std::string_view payload, unsigned qos) {
        return rig->client.publish(
            {.topic = "t", .payload = as_bytes(payload), .qos = static_cast<Qos>(qos), .keep = true});
    }

    Limits limits;
    MqttMemoryStorage storage;
    std::unique_ptr<Rig> rig;
};

TEST(MqttKeep, what_was_not_sent_yet_goes_after_a_restart) {
    Lives lives;
    EXPECT_TRUE(lives.keep("one", 1));
    EXPECT_TRUE(lives.keep("two", 2));
    EXPECT_EQ(lives.restart().messages, 2U);
    EXPECT_EQ(lives.rig->client.pending(), 2U);
    lives.rig->connect();
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBLISH q1 id1 t=one", "PUBLISH q2 id2 t=two"}));
    lives.rig->feed(wire::puback(1) + wire::pubrec(2) + wire::pubcomp(2));
    EXPECT_EQ(lives.rig->events.size(), 2U);
    EXPECT_EQ(lives.rig->client.pending(), 0U);
    lives.rig->wire();
    EXPECT_EQ(lives.storage.records.size(), 1U) << "the session's own record";
    EXPECT_EQ(lives.restart().messages, 0U);
}

// MQTT 3.1.1: 4.4.0-1
// MQTT 3.1.1: 3.3.1-1
TEST(MqttKeep, what_was_on_its_way_goes_again_with_its_identifier_when_the_session_is_there) {
    Lives lives;
    lives.rig->connect();
    EXPECT_TRUE(lives.keep("one", 1));
    EXPECT_TRUE(lives.keep("two", 2));
    EXPECT_TRUE(lives.keep("three", 2));
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBLISH q1 id1 t=one", "PUBLISH q2 id2 t=two", "PUBLISH q2 id3 t=three"}));
    lives.rig->feed(wire::pubrec(2));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBREL 2"});
    EXPECT_EQ(lives.restart().messages, 3U);
    lives.rig->connect(true);
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBREL 2", "PUBLISH q1 id1 dup t=one", "PUBLISH q2 id3 dup t=three"}));
    lives.rig->feed(wire::puback(1) + wire::pubcomp(2) + wire::pubrec(3));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBREL 3"});
    lives.rig->feed(wire::pubcomp(3));
    EXPECT_EQ(lives.rig->client.pending(), 0U);
    lives.rig->start();
    EXPECT_EQ(lives.restart().messages, 0U);
}

TEST(MqttKeep, when_the_broker_lost_the_session_the_messages_are_new) {
    Lives lives;
    lives.rig->connect();
    EXPECT_TRUE(lives.keep("one", 1));
    EXPECT_TRUE(lives.keep("two", 2));
    lives.rig->wire();
    lives.rig->feed(wire::pubrec(2));
    lives.rig->wire();
    lives.restart();
    lives.rig->connect(false);
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q1 id1 t=one"}) << "of the other only the identifier was left";
    lives.rig->feed(wire::puback(1));
    EXPECT_EQ(lives.rig->client.pending(), 0U);
}

TEST(MqttKeep, new_identifiers_keep_clear_of_those_that_wait) {
    Lives lives({.max_inflight_out = 2});
    for (const char* text : {"a", "b", "c", "d"}) EXPECT_TRUE(lives.keep(text, 1));
    lives.restart();
    lives.rig->client.start(lives.rig->now, 0);  // identifiers from 1 on again
    EXPECT_TRUE(lives.keep("e", 1));
    lives.rig->connect();
    std::string sent;
    for (unsigned i = 0; i < 3; ++i) {
        for (const auto& line : lives.rig->wire()) sent += line + ";";
        if (i == 0) lives.rig->feed(wire::puback(1) + wire::puback(2));
        if (i == 1) lives.rig->feed(wire::puback(3) + wire::puback(4));
    }
    EXPECT_EQ(sent, "PUBLISH q1 id1 t=a;PUBLISH q1 id2 t=b;PUBLISH q1 id3 t=c;PUBLISH q1 id4 t=d;PUBLISH q1 id5 t=e;");
}

TEST(MqttKeep, no_more_than_the_window_counts_as_sent) {
    Lives lives({.max_inflight_out = 4});
    for (const char* text : {"a", "b", "c", "d"}) EXPECT_TRUE(lives.keep(text, 2));
    lives.limits.max_inflight_out = 2;
    EXPECT_EQ(lives.restart().messages, 4U);
    lives.rig->connect(true);
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBLISH q2 id1 dup t=a", "PUBLISH q2 id2 dup t=b"}));
    lives.rig->feed(wire::pubrec(1) + wire::pubrec(2));
    lives.rig->wire();
    lives.rig->feed(wire::pubcomp(1) + wire::pubcomp(2));
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBLISH q2 id3 t=c", "PUBLISH q2 id4 t=d"}));
}

// MQTT 3.1.1: 4.3.3-2
TEST(MqttKeep, a_message_of_qos_2_that_was_taken_is_not_delivered_again) {
    Lives lives;
    lives.rig->connect();
    lives.rig->feed(wire::publish("t", "x", 2, 7) + wire::publish("t", "y", 2, 8));
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBREC 7", "PUBREC 8"}));
    lives.rig->feed(wire::pubrel(7));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBCOMP 7"});
    lives.restart();
    lives.rig->connect(true);
    lives.rig->feed(wire::publish("t", "y", 2, 8, true) + wire::publish("t", "z", 2, 7));
    EXPECT_EQ(lives.rig->events, Lines{"message q2 t=z"});
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBREC 8", "PUBREC 7"}));
}

TEST(MqttKeep, damaged_foreign_and_old_records_are_refused_and_the_rest_lives) {
    Lives lives;
    lives.rig->connect();
    for (const char* text : {"a", "b", "c", "d", "e"}) EXPECT_TRUE(lives.keep(text, 1));
    lives.rig->feed(wire::publish("t", "x", 2, 7));
    lives.rig->wire();
    auto& records = lives.storage.records;
    records[0].back() ^= 1;      // the session's
    records[1].resize(20);       // torn
    records[2][4] = 0;           // another version
    records[3] = records[5];     // one in another's place: the later one is refused
    records[4].clear();
    const auto restored = lives.restart();
    EXPECT_EQ(restored.messages, 1U);
    EXPECT_EQ(restored.refused, 5U);
    EXPECT_EQ(records.size(), 1U) << "what was refused is gone";
    EXPECT_EQ(lives.restart().refused, 0U);
    lives.rig->connect(true);
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q1 id5 dup t=e"});
    lives.rig->feed(wire::publish("t", "x", 2, 7, true));
    EXPECT_EQ(lives.rig->events, Lines{"message q2 dup t=x"}) << "nobody knows any more";
}

TEST(MqttKeep, another_clients_session_is_refused) {
    Lives lives;
    EXPECT_TRUE(lives.keep("one", 1));
    MqttRig other;
    other.options.client_id = "ESP-2";
    const auto restored = lives.restore(other);
    EXPECT_EQ(restored.messages, 0U);
    EXPECT_EQ(restored.refused, 1U);
    EXPECT_TRUE(lives.storage.records.empty());
}

// A record with a right checksum that no engine wrote.
TEST(MqttKeep, packets_that_are_none_are_refused) {
    const auto restored = [](const wire::Bytes& packet, bool five = false, std::uint32_t order = 1, PacketId id = 1) {
        Lives lives;
        KeptRecord record{KeptRecord::Kind::publish, owner_of("ESP-1"), order, id, five, packet};
        std::uint8_t head[KeptRecord::head_size];
        record.write_head(head);
        static_cast<void>(lives.storage.write(1, head, record.body));
        const auto got = lives.restart();
        return got.messages == 1 && got.refused == 0 && lives.storage.records.size() == 1;
    };
    EXPECT_TRUE(restored(wire::publish("t", "x", 1, 1)));
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 1), false, 0)) << "order 0";
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 1), false, 0xFFFF'FFFF)) << "none could follow";
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 2))) << "another identifier";
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 1, true))) << "DUP is set when it goes again";
    EXPECT_FALSE(restored(wire::publish("t", "x", 0)));
    EXPECT_FALSE(restored(wire::publish("+", "x", 1, 1)));
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 1) + wire::Bytes{0}));
    EXPECT_FALSE(restored(wire::puback(1)));
    EXPECT_FALSE(restored(wire::hex("32")));
    EXPECT_FALSE(restored(wire::publish("t", std::string(5'000, 'x'), 1, 1))) << "more than the outbox holds";
#if ESB_MQTT5
    EXPECT_TRUE(restored(esb::test::wire5::publish("t", "x", 1, 1), true));
    EXPECT_FALSE(restored(wire::publish("t", "x", 1, 1), true));
#endif
}

TEST(MqttKeep, records_have_their_kind_and_their_place) {
    const auto refused = [](const KeptRecord& record, std::size_t slot) {
        Lives lives;
        std::uint8_t head[KeptRecord::head_size];
        record.write_head(head);
        static_cast<void>(lives.storage.write(slot, head, record.body));
        return lives.restart().refused == 1;
    };
    const auto owner = owner_of("ESP-1");
    const std::uint8_t ids[] = {0, 7, 0};
    EXPECT_FALSE(refused({KeptRecord::Kind::session, owner, 0, 0, true, ConstBytes(ids).first(2)}, 0));
    EXPECT_TRUE(refused({KeptRecord::Kind::session, owner, 0, 0, true, ids}, 0)) << "half an identifier";
    EXPECT_TRUE(refused({KeptRecord::Kind::session, owner, 0, 1, true, {}}, 0)) << "the session has no identifier";
    EXPECT_TRUE(refused({KeptRecord::Kind::session, owner, 1, 0, true, {}}, 1)) << "not there";
    EXPECT_FALSE(refused({KeptRecord::Kind::release, owner, 1, 9, false, {}}, 1));
    EXPECT_TRUE(refused({KeptRecord::Kind::release, owner, 1, 9, false, {}}, 0)) << "not there";
    EXPECT_TRUE(refused({KeptRecord::Kind::release, owner, 1, 0, false, {}}, 1)) << "no identifier";
    EXPECT_TRUE(refused({KeptRecord::Kind::release, owner, 1, 9, false, ids}, 1)) << "a release has no body";
    EXPECT_TRUE(refused({KeptRecord::Kind::publish, owner, 1, 9, false, {}}, 1)) << "no packet";
    EXPECT_TRUE(refused({static_cast<KeptRecord::Kind>(4), owner, 1, 9, false, {}}, 1)) << "no such kind";
}

TEST(MqttKeep, more_releases_than_may_be_in_flight_are_refused) {
    Lives lives({.max_inflight_out = 2});
    for (std::uint16_t id = 1; id <= 3; ++id) {
        const KeptRecord record{KeptRecord::Kind::release, owner_of("ESP-1"), id, id, false, {}};
        std::uint8_t head[KeptRecord::head_size];
        record.write_head(head);
        static_cast<void>(lives.storage.write(id, head, {}));
    }
    const auto restored = lives.restart();
    EXPECT_EQ(restored.messages, 2U);
    EXPECT_EQ(restored.refused, 1U);
}

TEST(MqttKeep, what_cannot_be_kept_is_refused_by_its_name) {
    MqttRig without;
    const auto publish = [](MqttRig& rig, unsigned qos) {
        const auto token = rig.client.publish({.topic = "t", .payload = {}, .qos = static_cast<Qos>(qos), .keep = true});
        return token ? "ok" : std::string(token.error().name());
    };
    EXPECT_EQ(publish(without, 1), "closed") << "there is no storage";
    Lives lives({.max_kept = 2});
    EXPECT_EQ(publish(*lives.rig, 0), "closed");
    lives.rig->connect();
    EXPECT_EQ(publish(*lives.rig, 0), "invalid_argument");
    lives.storage.fail_next();
    EXPECT_EQ(publish(*lives.rig, 1), "no_memory") << "the storage's own error";
    EXPECT_EQ(lives.rig->client.pending(), 0U);
    EXPECT_EQ(publish(*lives.rig, 1), "ok");
    EXPECT_EQ(publish(*lives.rig, 1), "ok");
    EXPECT_EQ(publish(*lives.rig, 1), "full");
    const auto sent = lives.rig->wire();
    EXPECT_EQ(sent.size(), 2U);
    lives.rig->feed(wire::puback(2) + wire::puback(3));
    EXPECT_EQ(publish(*lives.rig, 2), "ok");
    EXPECT_EQ(lives.rig->client.restore(lives.storage).error(), errors::invalid_argument) << "once";
    MqttRig late;
    late.start();
    EXPECT_EQ(late.client.restore(lives.storage).error(), errors::invalid_argument) << "before start()";
}

TEST(MqttKeep, forgetting_the_session_forgets_it_for_all_lives) {
    Lives lives;
    lives.rig->connect();
    EXPECT_TRUE(lives.keep("one", 1));
    EXPECT_TRUE(lives.keep("two", 2));
    lives.rig->feed(wire::publish("t", "x", 2, 7));
    lives.rig->wire();
    lives.rig->client.forget_session();
    EXPECT_TRUE(lives.storage.records.empty());
    lives.rig->wire();
    const auto restored = lives.restart();
    EXPECT_EQ(restored.messages + restored.refused, 0U);
}

// The flash is written so often and no more, whatever is published.
TEST(MqttKeep, writes_are_few_and_have_a_limit) {
    constexpr std::uint32_t most = 30;
    Lives lives({.max_kept = 4, .kept_writes_per_hour = most});
    lives.rig->connect();
    lives.rig->wire();
    auto& writes = lives.storage.writes;
    EXPECT_EQ(writes, 1U) << "that the broker has a session";
    const auto cost_of = [&](unsigned qos) {
        const unsigned before = writes;
        EXPECT_TRUE(lives.keep("x", qos));
        const auto id = std::stoul(lives.rig->wire().at(0).substr(13));
        if (qos == 1) lives.rig->feed(wire::puback(static_cast<unsigned>(id)));
        if (qos == 2) lives.rig->feed(wire::pubrec(static_cast<unsigned>(id)) + wire::pubcomp(static_cast<unsigned>(id)));
        lives.rig->wire();
        return writes - before;
    };
    const unsigned qos1 = cost_of(1);
    const unsigned qos2 = cost_of(2);
    EXPECT_EQ(qos1, 2U);
    EXPECT_EQ(qos2, 3U);
    unsigned before = writes;
    wire::Bytes window;
    wire::Bytes releases;
    for (unsigned id = 1; id <= 20; ++id) {
        window = std::move(window) + wire::publish("t", "x", 2, id);
        releases = std::move(releases) + wire::pubrel(id);
    }
    lives.rig->feed(window);
    lives.rig->wire();
    lives.rig->feed(releases);
    lives.rig->wire();
    EXPECT_EQ(writes - before, 2U) << "identifiers that come together are written together";
    lives.rig->feed(wire::publish("t", "x", 1, 9));
    lives.rig->wire();
    EXPECT_EQ(writes - before, 2U) << "QoS 1 needs none";
    std::cout << "[  writes  ] a message of QoS 1: " << qos1 << ", of QoS 2: " << qos2 << "; 20 of QoS 2 that come together: "
              << writes - before << "; within an hour at most " << most << "\n";
    unsigned accepted = 0;
    while (lives.keep("x", 1)) {
        ++accepted;
        lives.rig->wire();
        lives.rig->feed(wire::puback(accepted + 2));
    }
    EXPECT_GT(accepted, 5U);
    EXPECT_EQ(lives.keep("x", 1).error(), errors::mqtt_kept_worn);
    EXPECT_EQ(lives.keep("x", 2).error(), errors::mqtt_kept_worn);
    // The broker's messages, too.
    for (unsigned id = 1; id <= 40; ++id) {
        lives.rig->feed(wire::publish("t", "x", 2, id));
        lives.rig->wire();
        if (id % 2 == 0) lives.rig->feed(wire::pubrel(id - 1) + wire::pubrel(id));
        lives.rig->wire();
    }
    EXPECT_LE(writes, most);
    EXPECT_EQ(lives.rig->client.statistics().kept_writes, writes);
    EXPECT_EQ(lives.storage.records.at(0).size(), KeptRecord::head_size) << "no identifiers that are not true any more";
    lives.rig->feed(wire::publish("t", "x", 2, 50));
    lives.rig->now += std::chrono::hours(1);
    lives.rig->feed(wire::publish("t", "x", 2, 51));
    lives.rig->wire();
    EXPECT_EQ(lives.storage.records.at(0).size(), KeptRecord::head_size + 4) << "in the next hour they are known again";
    EXPECT_TRUE(lives.keep("x", 1));
}

TEST(MqttKeep, a_storage_that_fails_costs_no_message_of_this_life) {
    Lives lives;
    lives.rig->connect();
    EXPECT_TRUE(lives.keep("x", 2));
    const auto id = static_cast<unsigned>(std::stoul(lives.rig->wire().at(0).substr(13)));
    lives.storage.cut_at(1, MqttMemoryStorage::Cut::before);
    lives.rig->feed(wire::pubrec(id));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBREL " + std::to_string(id)});
    lives.rig->feed(wire::pubcomp(id) + wire::publish("t", "y", 2, 3));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBREC 3"});
    EXPECT_EQ(lives.rig->events, (Lines{"published 1 ok", "message q2 t=y"}));
    EXPECT_EQ(lives.rig->client.statistics().kept_failures, 3U);
}

TEST(MqttKeep, a_write_that_failed_once_makes_no_duplicate_of_a_new_message) {
    Lives lives;
    lives.rig->connect();
    lives.rig->feed(wire::publish("t", "one", 2, 5));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBREC 5"});
    lives.storage.fail_next();
    lives.rig->feed(wire::pubrel(5));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBCOMP 5"});
    EXPECT_EQ(lives.rig->client.statistics().kept_failures, 1U);
    lives.rig->advance(1s);
    EXPECT_TRUE(lives.rig->wire().empty());
    lives.restart();
    lives.rig->connect(true);
    lives.rig->feed(wire::publish("t", "two", 2, 5));
    EXPECT_EQ(lives.rig->events, Lines{"message q2 t=two"});
}

#if ESB_MQTT_OFFLINE
TEST(MqttKeep, the_latest_message_takes_the_place_in_the_storage_too) {
    Lives lives;
    const auto say = [&](const char* text) {
        return lives.rig->client.publish({.topic = "t",
                                          .payload = as_bytes(text),
                                          .qos = Qos::at_least_once,
                                          .waiting = Waiting::latest,
                                          .keep = true});
    };
    EXPECT_TRUE(say("20"));
    EXPECT_TRUE(say("21"));
    EXPECT_EQ(lives.storage.records.size(), 1U);
    EXPECT_EQ(lives.restart().messages, 1U);
    lives.rig->connect();
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q1 id2 t=21"});
}

Result<Token> say_latest(MqttRig& rig, std::string_view topic, std::string_view payload, bool keep = true) {
    return rig.client.publish({.topic = topic,
                               .payload = as_bytes(payload),
                               .qos = Qos::at_least_once,
                               .waiting = Waiting::latest,
                               .keep = keep});
}

TEST(MqttKeep, the_latest_message_needs_no_place_but_the_older_one_s) {
    Lives lives({.max_kept = 1});
    EXPECT_TRUE(say_latest(*lives.rig, "t", "20"));
    EXPECT_TRUE(say_latest(*lives.rig, "t", "21"));
    EXPECT_EQ(say_latest(*lives.rig, "u", "1").error(), errors::full);
    EXPECT_EQ(lives.rig->events, Lines{"published 1 mqtt.replaced"});
    EXPECT_EQ(lives.restart().messages, 1U);
    lives.rig->connect();
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q1 id2 t=21"});
    lives.rig->feed(wire::puback(2));
    EXPECT_EQ(lives.restart().messages, 0U);
}

TEST(MqttKeep, wherever_the_power_goes_the_latest_message_or_the_one_before_is_there) {
    for (const auto cut : {MqttMemoryStorage::Cut::before, MqttMemoryStorage::Cut::after}) {
        for (unsigned write = 1; write <= 2; ++write) {
            Lives lives;
            EXPECT_TRUE(say_latest(*lives.rig, "t", "20"));
            lives.storage.cut_at(write, cut);
            static_cast<void>(say_latest(*lives.rig, "t", "21"));
            EXPECT_EQ(lives.restart().messages, 1U) << write;
        }
    }
}

TEST(MqttKeep, a_latest_message_that_cannot_be_written_leaves_no_record_without_a_message) {
    Lives lives({.max_kept = 1});
    EXPECT_TRUE(say_latest(*lives.rig, "t", "20"));
    lives.storage.fail_next();
    EXPECT_FALSE(say_latest(*lives.rig, "t", "21"));
    EXPECT_EQ(lives.rig->client.pending(), 0U);
    EXPECT_TRUE(lives.storage.records.empty());
    EXPECT_TRUE(say_latest(*lives.rig, "t", "22"));
}

TEST(MqttKeep, a_handler_that_keeps_another_meanwhile_may_take_the_last_place) {
    Lives lives({.max_kept = 1});
    EXPECT_TRUE(say_latest(*lives.rig, "t", "20", false));
    lives.rig->when_published = [&](Token, const Status&) { EXPECT_TRUE(lives.keep("other", 1)); };
    EXPECT_EQ(say_latest(*lives.rig, "t", "21").error(), errors::full);
    EXPECT_EQ(lives.rig->client.pending(), 1U);
    EXPECT_EQ(lives.restart().messages, 1U);
}

TEST(MqttKeep, a_handler_that_keeps_another_meanwhile_may_use_up_the_hour) {
    Lives lives({.kept_writes_per_hour = 2});
    EXPECT_TRUE(say_latest(*lives.rig, "t", "20", false));
    lives.rig->when_published = [&](Token, const Status&) { EXPECT_TRUE(lives.keep("other", 1)); };
    EXPECT_EQ(say_latest(*lives.rig, "t", "21").error(), errors::mqtt_kept_worn);
    EXPECT_EQ(lives.keep("more", 1).error(), errors::mqtt_kept_worn);
}

TEST(MqttKeep, a_handler_may_forget_the_session_whose_place_is_to_be_taken) {
    Lives lives({.max_kept = 1});
    EXPECT_TRUE(say_latest(*lives.rig, "t", "20"));
    lives.rig->when_published = [&](Token, const Status&) { lives.rig->client.forget_session(); };
    EXPECT_TRUE(say_latest(*lives.rig, "t", "21"));
    EXPECT_EQ(lives.restart().messages, 1U);
}
#endif

#if ESB_MQTT5
using esb::test::MqttRig5;

// MQTT 5.0: 3.2.2-4
TEST(MqttKeep, with_5_0_a_second_life_asks_for_the_session_and_a_first_one_does_not) {
    Lives<MqttRig5> lives;
    lives.rig->start();
    lives.rig->open();
    EXPECT_EQ(lives.rig->wire().at(0).substr(0, 13), "CONNECT v5 02") << "clean start";
    lives.rig->feed(esb::test::wire5::connack(false));
    EXPECT_TRUE(lives.keep("x", 2));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q2 id1 t=x"});
    lives.restart();
    lives.rig->start();
    lives.rig->open();
    EXPECT_EQ(lives.rig->wire().at(0).substr(0, 13), "CONNECT v5 00");
    lives.rig->feed(esb::test::wire5::connack(true));
    EXPECT_EQ(lives.rig->wire(), Lines{"PUBLISH q2 id1 dup t=x"});
}

TEST(MqttKeep, what_was_kept_for_one_version_goes_in_the_other) {
    Lives<MqttRig5> lives;
    const std::uint8_t expiry[] = {0x02, 0, 0, 0, 60};
    EXPECT_TRUE(lives.rig->client.publish({.topic = "t", .payload = as_bytes("five"), .qos = Qos::at_least_once,
                                           .properties = expiry, .keep = true}));
    MqttRig three;
    EXPECT_EQ(lives.restore(three).messages, 1U);
    three.connect();
    EXPECT_EQ(three.wire(), Lines{"PUBLISH q1 id1 t=five"});
    EXPECT_TRUE(three.client.publish({.topic = "t", .payload = as_bytes("three"), .qos = Qos::at_least_once, .keep = true}));
    lives.restart();
    lives.rig->connect({}, true);
    EXPECT_EQ(lives.rig->wire(), (Lines{"PUBLISH q1 id1 dup t=five {020000003c}", "PUBLISH q1 id2 dup t=three"}));
}

TEST(MqttKeep, what_a_broker_does_not_take_is_not_kept_either) {
    Lives<MqttRig5> lives;
    EXPECT_TRUE(lives.keep(std::string(100, 'x'), 1));
    lives.rig->connect(esb::test::wire5::four(0x27, 50));
    EXPECT_TRUE(lives.rig->wire().empty());
    EXPECT_EQ(lives.restart().messages, 0U);
}
#endif

}  // namespace
}  // namespace esb::mqtt

#endif
