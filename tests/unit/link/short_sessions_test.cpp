#include "esb/link/short_sessions.hpp"

#include <gtest/gtest.h>

#include <string>

namespace esb::link {
namespace {

struct ShortSessionsTest : testing::Test {
    ShortSessions sessions;
    Instant now{1s};
    // True when this one makes it suspicious.
    bool session(Duration lived, const ErrorKind& why = errors::closed, std::string_view unanswered = {}) {
        sessions.began(now);
        if (!unanswered.empty()) sessions.unanswered(unanswered);
        now += lived;
        const bool suspicious = sessions.ended(Error(why), now);
        now += 2s;
        return suspicious;
    }
};

TEST_F(ShortSessionsTest, the_third_in_a_row_makes_it_suspicious_once) {
    EXPECT_FALSE(session(5s));
    EXPECT_FALSE(session(5s, errors::tls_truncated));
    EXPECT_EQ(sessions.suspicion(now), nullptr);
    EXPECT_TRUE(session(29s, errors::socket_reset));
    EXPECT_EQ(sessions.suspicion(now), &errors::link_second_device);
    EXPECT_FALSE(session(5s)) << "said already";
}

TEST_F(ShortSessionsTest, a_longer_one_begins_anew) {
    session(5s);
    session(5s);
    session(30s);
    EXPECT_FALSE(session(5s));
    EXPECT_FALSE(session(5s));
    EXPECT_TRUE(session(5s));
}

TEST_F(ShortSessionsTest, ends_that_have_a_reason_do_not_count) {
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(session(5s, errors::tls_alert));
    EXPECT_EQ(sessions.suspicion(now), nullptr);
}

TEST_F(ShortSessionsTest, tries_without_a_session_do_not_count) {
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(sessions.ended(Error(errors::closed), now));
}

TEST_F(ShortSessionsTest, a_long_connection_takes_the_suspicion_away) {
    for (int i = 0; i < 3; ++i) session(5s);
    sessions.began(now);
    EXPECT_EQ(sessions.suspicion(now + 4min), &errors::link_second_device);
    EXPECT_EQ(sessions.suspicion(now + 5min), nullptr);
    EXPECT_FALSE(sessions.ended(Error(errors::closed), now + 6min));
    EXPECT_EQ(sessions.suspicion(now + 7min), nullptr);
}

TEST_F(ShortSessionsTest, the_same_topic_left_unanswered_each_time_is_forbidden) {
    session(1s, errors::closed, "ESP/1/status");
    session(1s, errors::closed, "ESP/1/status");
    EXPECT_EQ(sessions.suspicion(now), nullptr);
    EXPECT_TRUE(session(1s, errors::closed, "ESP/1/status"));
    EXPECT_EQ(sessions.suspicion(now), &errors::link_topic_forbidden);
    EXPECT_EQ(sessions.topic(), "ESP/1/status");
    EXPECT_FALSE(session(1s, errors::closed, "ESP/1/status")) << "said already";
}

TEST_F(ShortSessionsTest, different_topics_left_unanswered_are_a_second_device) {
    session(1s, errors::closed, "a");
    session(1s, errors::closed, "b");
    EXPECT_TRUE(session(1s, errors::closed, "b"));
    EXPECT_EQ(sessions.suspicion(now), &errors::link_second_device);
    EXPECT_TRUE(session(1s, errors::closed, "b")) << "now it is plain";
    EXPECT_EQ(sessions.suspicion(now), &errors::link_topic_forbidden);
}

TEST_F(ShortSessionsTest, what_was_said_long_ago_is_said_again) {
    for (int i = 0; i < 3; ++i) session(5s);
    session(40s);
    EXPECT_FALSE(session(5s));
    EXPECT_FALSE(session(5s));
    EXPECT_TRUE(session(5s));
}

TEST_F(ShortSessionsTest, of_a_long_topic_the_end_is_kept) {
    const std::string topic = std::string(100, 'x') + "/status";
    for (int i = 0; i < 3; ++i) session(1s, errors::closed, topic);
    EXPECT_EQ(sessions.topic(), topic.substr(topic.size() - 64));
}

}  // namespace
}  // namespace esb::link
