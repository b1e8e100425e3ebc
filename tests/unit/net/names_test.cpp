#include "esb/net/names.hpp"
#include "support/net_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace {

using namespace esb;
using test::server_address;

struct Asker : net::Names::Asker {
    std::vector<Result<chip::IpAddress>> answers;
    std::function<void()> then;
    void on_address(Result<chip::IpAddress> address) override {
        answers.push_back(address);
        if (then) then();
    }
};

struct NamesTest : ::testing::Test {
    test::NetRig rig;
};

TEST_F(NamesTest, every_asker_gets_its_own_answer_once) {
    rig.resolver.set("slow.test", chip::IpAddress::v4(192, 0, 2, 99), 500ms);
    Asker first, second, third;
    ASSERT_TRUE(rig.names.ask("slow.test", first));
    ASSERT_TRUE(rig.names.ask("server.test", second));
    ASSERT_TRUE(rig.names.ask("nobody.test", third));
    EXPECT_TRUE(first.answers.empty() && second.answers.empty() && third.answers.empty());
    rig.run_for(2s);
    ASSERT_EQ(first.answers.size(), 1U);
    ASSERT_EQ(second.answers.size(), 1U);
    ASSERT_EQ(third.answers.size(), 1U);
    EXPECT_EQ(first.answers[0].value(), chip::IpAddress::v4(192, 0, 2, 99));
    EXPECT_EQ(second.answers[0].value(), server_address);
    EXPECT_EQ(third.answers[0].error(), errors::dns_not_found);
}

TEST_F(NamesTest, a_literal_is_not_answered_from_within_the_question) {
    Asker asker;
    ASSERT_TRUE(rig.names.ask("192.0.2.7", asker));
    EXPECT_TRUE(asker.answers.empty());
    rig.run_for(100ms);
    ASSERT_EQ(asker.answers.size(), 1U);
    EXPECT_EQ(asker.answers[0].value(), chip::IpAddress::v4(192, 0, 2, 7));
}

TEST_F(NamesTest, cancelled_questions_stay_unanswered) {
    Asker leaver, stayer;
    ASSERT_TRUE(rig.names.ask("server.test", leaver));
    ASSERT_TRUE(rig.names.ask("server.test", stayer));
    ASSERT_TRUE(rig.names.ask("server.test", leaver));
    rig.names.cancel(leaver);
    rig.names.cancel(leaver);
    rig.run_for(1s);
    EXPECT_TRUE(leaver.answers.empty());
    EXPECT_EQ(stayer.answers.size(), 1U);
}

TEST_F(NamesTest, cancelling_from_within_an_answer_is_safe) {
    Asker first, second;
    ASSERT_TRUE(rig.names.ask("server.test", first));
    ASSERT_TRUE(rig.names.ask("server.test", second));
    first.then = [&] { rig.names.cancel(second); };
    second.then = [&] { rig.names.cancel(first); };
    rig.run_for(1s);
    EXPECT_EQ(first.answers.size() + second.answers.size(), 1U);
}

TEST_F(NamesTest, asking_again_from_within_an_answer_works) {
    Asker asker;
    asker.then = [&] {
        if (asker.answers.size() == 3) return;
        ASSERT_TRUE(rig.names.ask("server.test", asker));
    };
    ASSERT_TRUE(rig.names.ask("server.test", asker));
    rig.run_for(1s);
    EXPECT_EQ(asker.answers.size(), 3U);
}

TEST_F(NamesTest, too_many_questions_and_too_long_names_are_refused) {
    Asker asker;
    EXPECT_EQ(rig.names.ask(std::string(254, 'a'), asker).error(), errors::too_long);
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(rig.names.ask("server.test", asker));
    EXPECT_EQ(rig.names.ask("server.test", asker).error(), errors::full);
    rig.run_for(1s);
    EXPECT_EQ(asker.answers.size(), 4U);
    EXPECT_TRUE(rig.names.ask(std::string(253, 'a'), asker));
}

TEST_F(NamesTest, questions_end_with_their_room) {
    Asker asker;
    {
        net::Names other(rig.reactor, rig.resolver);
        ASSERT_TRUE(other.ask("server.test", asker));
    }
    rig.run_for(1s);
    EXPECT_TRUE(asker.answers.empty());
}

}  // namespace
