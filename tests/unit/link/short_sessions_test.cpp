#include "esb/link/short_sessions.hpp"

#include <gtest/gtest.h>

namespace esb::link {
namespace {

struct ShortSessionsTest : testing::Test {
    ShortSessions sessions;
    Instant now{1s};
    // True when this one makes it suspicious.
    bool session(Duration lived, const ErrorKind& why = errors::closed) {
        sessions.began(now);
        now += lived;
        const bool suspicious = sessions.ended(Error(why), now);
        now += 2s;
        return suspicious;
    }
};

TEST_F(ShortSessionsTest, the_third_in_a_row_makes_it_suspicious_once) {
    EXPECT_FALSE(session(5s));
    EXPECT_FALSE(session(5s, errors::tls_truncated));
    EXPECT_FALSE(sessions.suspected(now));
    EXPECT_TRUE(session(29s, errors::socket_reset));
    EXPECT_TRUE(sessions.suspected(now));
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
    EXPECT_FALSE(sessions.suspected(now));
}

TEST_F(ShortSessionsTest, tries_without_a_session_do_not_count) {
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(sessions.ended(Error(errors::closed), now));
}

TEST_F(ShortSessionsTest, a_long_connection_takes_the_suspicion_away) {
    for (int i = 0; i < 3; ++i) session(5s);
    sessions.began(now);
    EXPECT_TRUE(sessions.suspected(now + 4min));
    EXPECT_FALSE(sessions.suspected(now + 5min));
    EXPECT_FALSE(sessions.ended(Error(errors::closed), now + 6min));
    EXPECT_FALSE(sessions.suspected(now + 7min));
}

}  // namespace
}  // namespace esb::link
