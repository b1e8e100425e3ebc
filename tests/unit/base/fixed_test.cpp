#include "esb/base/fixed.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>

namespace {

using namespace esb;

TEST(FixedString, holds_up_to_its_capacity) {
    FixedString<4> text;
    EXPECT_TRUE(text.empty());
    EXPECT_STREQ(text.c_str(), "");
    EXPECT_TRUE(text.assign("four"));
    EXPECT_EQ(text, "four");
    EXPECT_EQ(text.size(), 4U);
    EXPECT_STREQ(text.c_str(), "four");
    EXPECT_EQ(FixedString<4>::capacity(), 4U);
}

TEST(FixedString, too_long_changes_nothing) {
    FixedString<4> text;
    EXPECT_TRUE(text.assign("abc"));
    EXPECT_EQ(text.assign("fives").error(), errors::too_long);
    EXPECT_EQ(text.append("de").error(), errors::too_long);
    EXPECT_EQ(text, "abc");
    EXPECT_TRUE(text.append('d'));
    EXPECT_EQ(text.append('e').error(), errors::too_long);
    EXPECT_EQ(text, "abcd");
    EXPECT_EQ(FixedString<4>::from("fives").error(), errors::too_long);
    EXPECT_EQ(FixedString<4>::from("ok").value(), "ok");
}

TEST(FixedString, may_be_built_from_itself) {
    FixedString<8> text;
    EXPECT_TRUE(text.assign("abcd"));
    EXPECT_TRUE(text.append(text));
    EXPECT_EQ(text, "abcdabcd");
    EXPECT_TRUE(text.assign(text.view().substr(2, 3)));
    EXPECT_EQ(text, "cda");
    EXPECT_STREQ(text.c_str(), "cda");
}

TEST(FixedString, truncate_and_clear) {
    FixedString<8> text;
    EXPECT_TRUE(text.assign("abcdef"));
    text.truncate(9);
    EXPECT_EQ(text, "abcdef");
    text.truncate(2);
    EXPECT_STREQ(text.c_str(), "ab");
    text.clear();
    EXPECT_TRUE(text.empty());
    EXPECT_STREQ(text.c_str(), "");
}

TEST(FixedString, comparison_ignores_what_was_there_before) {
    FixedString<8> a, b;
    EXPECT_TRUE(a.assign("longer"));
    EXPECT_TRUE(a.assign("ab"));
    EXPECT_TRUE(b.assign("ab"));
    EXPECT_EQ(a, b);
    EXPECT_TRUE(b.append('c'));
    EXPECT_FALSE(a == b);
}

TEST(FixedString, keeps_embedded_nul_bytes) {
    FixedString<4> text;
    EXPECT_TRUE(text.assign(std::string_view("a\0b", 3)));
    EXPECT_EQ(text.size(), 3U);
    EXPECT_FALSE(text == "a");
}

TEST(FixedVector, push_until_full) {
    FixedVector<int, 3> vector;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(vector.push_back(i));
    EXPECT_TRUE(vector.full());
    EXPECT_EQ(vector.push_back(3).error(), errors::full);
    EXPECT_EQ(vector.size(), 3U);
    EXPECT_EQ(std::accumulate(vector.begin(), vector.end(), 0), 3);
}

TEST(FixedVector, erase_keeps_the_order) {
    FixedVector<int, 4> vector;
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(vector.push_back(i));
    vector.erase(1);
    vector.erase(2);
    const auto& constant = vector;
    EXPECT_EQ(constant.size(), 2U);
    EXPECT_EQ(constant[0], 0);
    EXPECT_EQ(constant[1], 2);
    EXPECT_EQ(std::accumulate(constant.begin(), constant.end(), 0), 2);
}

TEST(FixedVector, lets_go_of_what_it_no_longer_holds) {
    FixedVector<std::shared_ptr<int>, 2> vector;
    const auto value = std::make_shared<int>(1);
    EXPECT_TRUE(vector.push_back(value));
    EXPECT_TRUE(vector.push_back(value));
    vector.erase(0);
    EXPECT_EQ(value.use_count(), 2);
    vector.clear();
    EXPECT_EQ(value.use_count(), 1);
    EXPECT_TRUE(vector.empty());
}

TEST(FixedQueue, is_first_in_first_out_around_its_end) {
    FixedQueue<int, 3> queue;
    int next_out = 0;
    for (int next_in = 0; next_in < 20; ++next_in) {
        ASSERT_TRUE(queue.push(next_in));
        if (next_in % 3 == 2) {
            while (!queue.empty()) ASSERT_EQ(queue.pop(), next_out++);
        }
    }
    EXPECT_EQ(queue.size(), 2U);
}

TEST(FixedQueue, refuses_when_full) {
    FixedQueue<int, 2> queue;
    EXPECT_TRUE(queue.push(1));
    EXPECT_TRUE(queue.push(2));
    EXPECT_TRUE(queue.full());
    EXPECT_EQ(queue.push(3).error(), errors::full);
    EXPECT_EQ(queue.pop(), 1);
    EXPECT_TRUE(queue.push(4));
    EXPECT_EQ(queue.pop(), 2);
    EXPECT_EQ(queue.pop(), 4);
}

TEST(FixedQueue, lets_go_of_what_was_popped) {
    FixedQueue<std::shared_ptr<int>, 2> queue;
    const auto value = std::make_shared<int>(1);
    EXPECT_TRUE(queue.push(value));
    EXPECT_EQ(queue.pop().use_count(), 2);
    EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
