#include "esb/link/brokers.hpp"

#include <gtest/gtest.h>

namespace esb::link {
namespace {

using Choice = Brokers::Choice;
constexpr Brokers::Usable one_key{{{true, false}}};
constexpr Brokers::Usable two_keys{{{true, true}}};
constexpr Brokers::Usable all{{{true, true}, {true, false}, {false, true}}};

void fail_times(Brokers& brokers, unsigned times) {
    for (unsigned i = 0; i < times; ++i) brokers.failed();
}

TEST(Brokers, without_an_account_there_is_nothing_to_try) {
    Brokers brokers;
    EXPECT_FALSE(brokers.any());
    brokers.failed();
    brokers.lost();
    EXPECT_EQ(brokers.choice(), Choice{});
    EXPECT_FALSE(brokers.any());
}

TEST(Brokers, a_single_account_is_tried_again_and_again) {
    Brokers brokers;
    brokers.use(one_key);
    fail_times(brokers, 20);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
}

TEST(Brokers, two_keys_take_turns) {
    Brokers brokers;
    brokers.use(two_keys);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
    brokers.failed();
    EXPECT_EQ(brokers.choice(), (Choice{0, 1}));
    brokers.failed();
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
}

TEST(Brokers, the_key_that_worked_last_comes_first) {
    Brokers brokers;
    brokers.use(two_keys);
    brokers.failed();
    brokers.succeeded();
    brokers.lost();
    EXPECT_EQ(brokers.choice(), (Choice{0, 1}));
}

TEST(Brokers, a_second_key_does_not_disturb_the_one_in_use) {
    Brokers brokers;
    brokers.use(one_key);
    brokers.succeeded();
    brokers.use(two_keys);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
    brokers.use({{{false, true}}});
    EXPECT_EQ(brokers.choice(), (Choice{0, 1})) << "the one in use was wiped";
}

TEST(Brokers, gives_way_to_the_next_after_some_tries_and_comes_round) {
    Brokers brokers;
    brokers.use(all);
    fail_times(brokers, Brokers::tries - 1);
    EXPECT_EQ(brokers.choice().broker, 0);
    brokers.failed();
    EXPECT_EQ(brokers.choice(), (Choice{1, 0}));
    fail_times(brokers, Brokers::tries);
    EXPECT_EQ(brokers.choice(), (Choice{2, 1}));
    fail_times(brokers, Brokers::tries);
    EXPECT_EQ(brokers.choice().broker, 0);
}

TEST(Brokers, one_that_has_to_prove_itself_does_not_give_way) {
    Brokers brokers;
    brokers.use(all);
    for (unsigned i = 0; i < 3 * Brokers::tries; ++i) brokers.failed(true);
    EXPECT_EQ(brokers.choice().broker, 0);
}

TEST(Brokers, what_has_changed_is_tried_first_and_takes_turns) {
    Brokers brokers;
    brokers.use(all);
    brokers.use(all, {{{false, false}, {true, false}, {false, true}}});
    EXPECT_EQ(brokers.choice(), (Choice{1, 0}));
    EXPECT_EQ(brokers.candidates(), 2U);
    for (int i = 0; i < 3; ++i) {
        brokers.failed(true);
        EXPECT_EQ(brokers.choice(), (Choice{2, 1}));
        brokers.failed(true);
        EXPECT_EQ(brokers.choice(), (Choice{1, 0}));
    }
    brokers.use(all);
    EXPECT_EQ(brokers.candidates(), 0U);
    EXPECT_EQ(brokers.choice(), (Choice{1, 0})) << "nothing new: the choice stays";
}

TEST(Brokers, a_new_key_takes_turns_with_the_old_one_of_its_broker) {
    Brokers brokers;
    brokers.use(all);
    brokers.use(all, {{{false, true}}});
    EXPECT_EQ(brokers.choice(), (Choice{0, 1}));
    brokers.failed(true);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
    brokers.failed(true);
    EXPECT_EQ(brokers.choice(), (Choice{0, 1}));
}

TEST(Brokers, a_connection_is_not_left_for_another_that_changed) {
    Brokers brokers;
    brokers.use(all);
    brokers.succeeded();
    brokers.use(all, {{{false, false}, {true, false}}}, true);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
}

TEST(Brokers, what_has_changed_but_is_not_complete_is_nothing_to_try) {
    Brokers brokers;
    brokers.use(one_key, {{{true, true}, {true, true}, {true, true}}});
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
    EXPECT_EQ(brokers.candidates(), 1U);
}

TEST(Brokers, after_a_connection_the_first_is_preferred_again) {
    Brokers brokers;
    brokers.use(all);
    fail_times(brokers, Brokers::tries);
    brokers.succeeded();
    EXPECT_EQ(brokers.choice().broker, 1);
    brokers.lost();
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
}

TEST(Brokers, an_account_that_goes_makes_room_for_another) {
    Brokers brokers;
    brokers.use(all);
    brokers.use({{{false, false}, {true, false}, {false, false}}});
    EXPECT_EQ(brokers.choice(), (Choice{1, 0}));
    brokers.use({});
    EXPECT_FALSE(brokers.any());
    brokers.use(two_keys);
    EXPECT_EQ(brokers.choice(), (Choice{0, 0}));
}

}  // namespace
}  // namespace esb::link
