#include "esb/link/dropped_messages.hpp"

#include <gtest/gtest.h>

namespace esb::link {
namespace {

mqtt::TooLarge message(std::string_view topic, std::size_t size, bool retain = false, bool duplicate = false) {
    return {topic, topic.size(), size, mqtt::Qos::at_least_once, retain, duplicate};
}

TEST(DroppedMessages, the_same_one_redelivered_or_retained_is_not_new) {
    DroppedMessages dropped;
    EXPECT_TRUE(dropped.is_new(message("a", 1000)));
    EXPECT_FALSE(dropped.is_new(message("a", 1000, false, true)));
    EXPECT_FALSE(dropped.is_new(message("a", 1000, true)));
    EXPECT_TRUE(dropped.is_new(message("a", 1000))) << "somebody sent it again";
    EXPECT_TRUE(dropped.is_new(message("a", 1001, false, true)));
    EXPECT_TRUE(dropped.is_new(message("b", 1000, true)));
    EXPECT_FALSE(dropped.is_new(message("b", 1000, true)));
}

TEST(DroppedMessages, one_that_was_never_told_is_new_whatever_its_flags) {
    DroppedMessages dropped;
    EXPECT_TRUE(dropped.is_new(message("a", 1000, true, true)));
}

TEST(DroppedMessages, it_remembers_a_few) {
    DroppedMessages dropped;
    for (std::size_t size = 1000; size < 1004; ++size) EXPECT_TRUE(dropped.is_new(message("a", size, true)));
    for (std::size_t size = 1000; size < 1004; ++size) EXPECT_FALSE(dropped.is_new(message("a", size, true)));
}

}  // namespace
}  // namespace esb::link
