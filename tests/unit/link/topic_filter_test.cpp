#include "esb/link/topic_filter.hpp"

#include <gtest/gtest.h>

namespace esb::link {
namespace {

struct Case {
    std::string_view filter, topic;
    bool taken;
};

// The examples of MQTT 3.1.1 §4.7.1 and §4.7.2, and what lies between them.
TEST(TopicFilter, takes_what_the_specification_says) {
    constexpr Case cases[] = {
        {"sport/tennis/player1/#", "sport/tennis/player1", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
        {"sport/tennis/player1/#", "sport/tennis/player10", false},
        {"sport/#", "sport", true},
        {"#", "sport/tennis", true},
        {"#", "/", true},
        {"sport/tennis/+", "sport/tennis/player1", true},
        {"sport/tennis/+", "sport/tennis/player1/ranking", false},
        {"sport/+", "sport", false},
        {"sport/+", "sport/", true},
        {"+", "finance", true},
        {"+", "/finance", false},
        {"+/+", "/finance", true},
        {"/+", "/finance", true},
        {"+/tennis/#", "sport/tennis/x/y", true},
        {"rooms/+/lamp", "rooms/kitchen/lamp", true},
        {"rooms/+/lamp", "rooms/kitchen/lamps", false},
        {"rooms/+/lamp", "rooms/a/b/lamp", false},
        {"rooms/+/lamp", "rooms//lamp", true},
        {"a/b", "a/b", true},
        {"a/b", "a/B", false},
        {"a/b", "a/b/", false},
        {"a/b/", "a/b", false},
        {"a", "ab", false},
        {"#", "$SYS/uptime", false},
        {"+/uptime", "$SYS/uptime", false},
        {"$SYS/#", "$SYS/uptime", true},
        {"$SYS/+", "$SYS/uptime", true},
    };
    for (const auto& one : cases) EXPECT_EQ(matches(one.filter, one.topic), one.taken) << one.filter << " " << one.topic;
}

}  // namespace
}  // namespace esb::link
