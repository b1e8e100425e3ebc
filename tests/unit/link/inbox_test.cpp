#include "esb/link/inbox.hpp"

#include "esb/mqtt/errors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::link {
namespace {

class InboxTest : public testing::Test {
protected:
    void SetUp() override {
        auto* const log = &log_;
        ASSERT_TRUE(inbox.add("b/ota", mqtt::Qos::at_least_once, [log](const Message& message) {
            log->push_back(std::to_string(message.offset) + "/" + std::to_string(message.total) + ":" +
                           std::string(as_text(message.bytes)));
        }));
    }
    void piece(std::string_view bytes, std::size_t offset, std::size_t total, std::string_view topic = "b/ota") {
        inbox.take({topic, as_bytes(bytes), offset, total, mqtt::Qos::at_least_once, false, false});
    }
    std::vector<std::string> log_;
    Inbox inbox{8};
};

TEST_F(InboxTest, hands_over_a_whole_message_at_once) {
    piece("hello", 0, 5);
    EXPECT_EQ(log_, std::vector<std::string>{"0/5:hello"});
}

TEST_F(InboxTest, puts_pieces_together) {
    piece("he", 0, 5);
    piece("l", 2, 5);
    EXPECT_TRUE(log_.empty());
    piece("lo", 3, 5);
    EXPECT_EQ(log_, std::vector<std::string>{"0/5:hello"});
}

TEST_F(InboxTest, what_does_not_fit_is_dropped_and_told_once) {
    std::vector<std::size_t> dropped;
    auto* const list = &dropped;
    inbox.set_dropped([list](const Message& message) { list->push_back(message.total); });
    piece("12345", 0, 9);
    piece("6789", 5, 9);
    piece("123456789", 0, 9);
    EXPECT_TRUE(log_.empty());
    EXPECT_EQ(dropped, (std::vector<std::size_t>{9, 9}));
    piece("123456789", 0, 9, "b/other");
    EXPECT_EQ(dropped.size(), 2U) << "nobody wanted it";
    piece("12345678", 0, 8);
    EXPECT_EQ(log_, std::vector<std::string>{"0/8:12345678"});
}

TEST_F(InboxTest, pieces_go_to_the_handler_that_asked_for_them) {
    std::vector<std::string> pieces;
    auto* const list = &pieces;
    std::size_t dropped = 0;
    auto* const count = &dropped;
    inbox.set_dropped([count](const Message&) { ++*count; });
    const auto take = [list](const Message& message) { list->emplace_back(as_text(message.bytes)); };
    ASSERT_TRUE(inbox.add("b/long", mqtt::Qos::at_least_once, take, {.pieces = true}));
    piece("12345", 0, 9, "b/long");
    piece("6789", 5, 9, "b/long");
    piece("ab", 0, 3, "b/long");
    piece("c", 2, 3, "b/long");
    EXPECT_EQ(pieces, (std::vector<std::string>{"12345", "6789", "abc"}));
    EXPECT_EQ(dropped, 0U);
    ASSERT_TRUE(inbox.add("b/long", mqtt::Qos::at_least_once, take));
    piece("123456789", 0, 9, "b/long");
    EXPECT_EQ(pieces.size(), 4U);
    EXPECT_EQ(dropped, 1U) << "the other handler did not get it";
}

TEST_F(InboxTest, a_topic_can_be_removed) {
    inbox.remove("b/ota");
    piece("x", 0, 1);
    EXPECT_TRUE(log_.empty());
    EXPECT_EQ(inbox.size(), 0U);
}

TEST_F(InboxTest, a_message_broken_by_a_lost_connection_starts_anew) {
    piece("he", 0, 5);
    inbox.reset();
    piece("llo", 2, 5);  // cannot happen in order; must not be taken for a beginning
    piece("he", 0, 5);
    piece("llo", 2, 5);
    EXPECT_EQ(log_, std::vector<std::string>{"0/5:hello"});
}

TEST_F(InboxTest, a_message_of_exactly_the_limit_is_put_together) {
    piece("1234", 0, 8);
    piece("5678", 4, 8);
    EXPECT_EQ(log_, std::vector<std::string>{"0/8:12345678"});
}

TEST_F(InboxTest, other_topics_go_to_nobody) {
    piece("x", 0, 1, "b/other");
    EXPECT_TRUE(log_.empty());
}

TEST_F(InboxTest, refuses_misplaced_wildcards_empty_topics_and_too_many) {
    for (const auto* filter : {"b/x+", "b/#/c", "", "b/+x"}) {
        EXPECT_EQ(inbox.add(filter, mqtt::Qos::at_most_once, {}).error(), errors::mqtt_bad_topic) << filter;
    }
    EXPECT_EQ(inbox.add(std::string(topic_max + 1, 'x'), mqtt::Qos::at_most_once, {}).error(), errors::too_long);
    for (std::size_t i = inbox.size(); i < Inbox::max_subscriptions; ++i) {
        ASSERT_TRUE(inbox.add("t", mqtt::Qos::at_most_once, [](const Message&) {}));
    }
    EXPECT_EQ(inbox.add("t", mqtt::Qos::at_most_once, {}).error(), errors::full);
}

TEST_F(InboxTest, a_filter_takes_its_topics_and_tells_what_is_below_the_root) {
    std::vector<std::string> heard;
    auto* const list = &heard;
    ASSERT_TRUE(inbox.add("b/app/+/lamp", mqtt::Qos::at_least_once,
                          [list](const Message& message) {
                              list->push_back(std::string(message.subtopic) + "=" + std::string(message.text()));
                          },
                          {}, 6));
    piece("on", 0, 2, "b/app/kitchen/lamp");
    piece("off", 0, 3, "b/app/cellar/lamp");
    piece("x", 0, 1, "b/app/cellar/door");
    EXPECT_EQ(heard, (std::vector<std::string>{"kitchen/lamp=on", "cellar/lamp=off"}));
    EXPECT_TRUE(log_.empty());
}

TEST_F(InboxTest, a_handler_may_remove_itself_and_add_others) {
    struct State {
        Inbox& inbox;
        int first = 0;
        int second = 0;
    } state{inbox};
    auto* const at = &state;
    ASSERT_TRUE(inbox.add("once", mqtt::Qos::at_most_once, [at](const Message&) {
        ++at->first;
        at->inbox.remove("once");
        static_cast<void>(at->inbox.add("later", mqtt::Qos::at_most_once, [at](const Message&) { ++at->second; }));
    }));
    const auto before = inbox.size();
    piece("x", 0, 1, "once");
    piece("x", 0, 1, "once");
    piece("x", 0, 1, "later");
    EXPECT_EQ(state.first, 1);
    EXPECT_EQ(state.second, 1);
    EXPECT_EQ(inbox.size(), before) << "one went, one came";
}

TEST_F(InboxTest, a_message_reads_as_json) {
    std::int64_t level = 0;
    auto* const out = &level;
    ASSERT_TRUE(inbox.add("fan", mqtt::Qos::at_most_once, [out](const Message& message) {
        if (const auto document = message.json()) *out = document->root()["level"].integer(0, 9).value_or(-1);
    }));
    piece(R"({"l":3})", 0, 7, "fan");
    EXPECT_EQ(level, -1);
}

}  // namespace
}  // namespace esb::link
