// The index of filters beside matches(), which knows the rules.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "esb/link/topic_filter.hpp"
#include "esb/link/topic_index.hpp"
#include "esb/mqtt/codec.hpp"

namespace esb::link {
namespace {

TEST(TopicIndex, filters_of_one_shape_cost_one_search) {
    TopicIndex index;
    for (std::size_t i = 0; i < TopicIndex::max_filters; ++i) index.add("base/app/" + std::to_string(i), i);
    EXPECT_EQ(index.shapes(), 1U);
    EXPECT_EQ(index.candidates("base/app/7"), TopicIndex::Set{1} << 7);
    EXPECT_EQ(index.candidates("base/app/77"), 0U);
    EXPECT_EQ(index.candidates("base/app"), 0U);
    index.clear();
    EXPECT_EQ(index.shapes(), 0U);
    EXPECT_EQ(index.candidates("base/app/7"), 0U);
}

TEST(TopicIndex, several_filters_may_take_a_topic) {
    TopicIndex index;
    index.add("a/b", 0);
    index.add("a/+", 1);
    index.add("a/#", 2);
    index.add("#", 3);
    index.add("a/b/c", 4);
    index.add("a/b", 5);
    EXPECT_EQ(index.candidates("a/b"), 0b101111U);
    EXPECT_EQ(index.candidates("a"), 0b001100U);  // '#' is also the level above it
    EXPECT_EQ(index.candidates("a/b/c"), 0b011100U);
}

TEST(TopicIndex, a_filter_with_very_many_levels_is_always_asked) {
    std::string deep = "l";
    for (int i = 0; i < 40; ++i) deep += "/l";
    TopicIndex index;
    index.add(deep, 2);
    EXPECT_EQ(index.candidates(deep), 0b100U);
}

// Any filter and topic over a small alphabet; the first failing seed is said.
TEST(TopicIndex, gives_every_filter_that_takes_the_topic_and_hardly_another) {
    std::size_t taken = 0;
    std::size_t given = 0;
    for (unsigned seed = 1; seed <= 5'000; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        const auto text = [&random](std::string_view letters) {
            std::string made;
            for (auto left = random() % 8 + 1; left > 0; --left) made += letters[random() % letters.size()];
            return made;
        };
        std::vector<std::string> filters;
        TopicIndex index;
        while (filters.size() < TopicIndex::max_filters) {
            const auto filter = text("aab//+#$");
            if (!mqtt::is_topic_filter(filter)) continue;
            index.add(filter, filters.size());
            filters.push_back(filter);
        }
        for (int i = 0; i < 10; ++i) {
            const auto topic = text("aab//$");
            const auto found = index.candidates(topic);
            for (std::size_t at = 0; at < filters.size(); ++at) {
                const bool candidate = (found >> at & 1) != 0;
                const bool takes = matches(filters[at], topic);
                EXPECT_TRUE(candidate || !takes) << filters[at] << " takes " << topic;
                taken += takes ? 1 : 0;
                given += candidate ? 1 : 0;
            }
        }
    }
    EXPECT_GT(taken, 1'000U);
    EXPECT_LT(given, taken + taken / 4);  // what '$' keeps from wildcards
}

}  // namespace
}  // namespace esb::link
