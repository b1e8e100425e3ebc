#include "esb/mqtt/outbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace esb::mqtt {
namespace {

using Kind = Record::Kind;

std::vector<Token> tokens(Outbox& outbox) {
    std::vector<Token> all;
    for (Record* r = outbox.first(); r != nullptr; r = outbox.after(*r)) all.push_back(r->token);
    return all;
}

Record* find(Outbox& outbox, Token token) {
    Record* r = outbox.first();
    while (r->token != token) r = outbox.after(*r);
    return r;
}

TEST(MqttOutbox, keeps_order_and_says_when_full) {
    alignas(8) std::uint8_t memory[96];
    Outbox outbox(memory);
    EXPECT_EQ(outbox.first(), nullptr);
    for (Token t = 1; t <= 4; ++t) ASSERT_NE(outbox.add(Kind::qos1, t, 8), nullptr);
    EXPECT_EQ(outbox.add(Kind::qos1, 5, 1), nullptr);
    EXPECT_EQ(tokens(outbox), (std::vector<Token>{1, 2, 3, 4}));
}

TEST(MqttOutbox, holes_are_joined_when_room_is_needed) {
    alignas(8) std::uint8_t memory[96];
    Outbox outbox(memory);
    for (Token t = 1; t <= 4; ++t) std::ranges::fill(Outbox::packet(*outbox.add(Kind::qos1, t, 8)), t);
    outbox.set_current(find(outbox, 4));
    outbox.remove(*find(outbox, 2));
    outbox.remove(*find(outbox, 1));
    Record* big = outbox.add(Kind::qos0, 5, 32);  // the room of both
    ASSERT_NE(big, nullptr);
    EXPECT_EQ(tokens(outbox), (std::vector<Token>{3, 4, 5}));
    EXPECT_EQ(Outbox::packet(*find(outbox, 3))[7], 3);
    EXPECT_EQ(outbox.current(), find(outbox, 4));
}

TEST(MqttOutbox, removing_the_current_record_clears_it) {
    alignas(8) std::uint8_t memory[96];
    Outbox outbox(memory);
    outbox.set_current(outbox.add(Kind::qos0, 1, 8));
    outbox.remove(*outbox.current());
    EXPECT_EQ(outbox.current(), nullptr);
    EXPECT_EQ(outbox.first(), nullptr);
}

TEST(MqttOutbox, could_hold_is_the_whole_arena) {
    alignas(8) std::uint8_t memory[97];
    Outbox outbox({memory + 1, 96});  // misaligned on purpose
    EXPECT_TRUE(outbox.could_hold(92 - 16 - 3));
    EXPECT_FALSE(outbox.could_hold(96));
    EXPECT_NE(outbox.add(Kind::qos0, 1, 92 - 16 - 3), nullptr);
    Outbox none({memory + 1, 2});
    EXPECT_FALSE(none.could_hold(0));
    EXPECT_EQ(none.add(Kind::qos0, 1, 0), nullptr);
}

// Whatever was removed in whatever order is available again: no fragmentation.
TEST(MqttOutbox, random_use_against_a_simple_model) {
    std::mt19937 random(7);
    std::vector<std::uint8_t> memory(1024);
    Outbox outbox(memory);
    struct Held {
        Token token;
        std::size_t size;
    };
    std::deque<Held> model;
    std::size_t used = 0;
    for (Token t = 1; t < 20'000; ++t) {
        if (random() % 2 == 0 && !model.empty()) {
            const auto at = static_cast<std::ptrdiff_t>(random() % model.size());
            Record* record = find(outbox, model[static_cast<std::size_t>(at)].token);
            const auto packet = Outbox::packet(*record);
            ASSERT_TRUE(std::ranges::all_of(packet, [&](auto b) { return b == (record->token & 0xFF); }));
            used -= Outbox::footprint(record->size);
            outbox.remove(*record);
            model.erase(model.begin() + at);
            continue;
        }
        const std::size_t size = random() % 200;
        Record* record = outbox.add(Kind::qos1, t, size);
        ASSERT_EQ(record != nullptr, used + Outbox::footprint(size) <= memory.size());
        if (record == nullptr) continue;
        std::ranges::fill(Outbox::packet(*record), static_cast<std::uint8_t>(t & 0xFF));
        used += Outbox::footprint(size);
        model.push_back({t, size});
        ASSERT_TRUE(std::ranges::equal(tokens(outbox), model, {}, {}, &Held::token));
    }
}

}  // namespace
}  // namespace esb::mqtt
