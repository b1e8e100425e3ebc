#include "esb/link/publish_queue.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace esb::link {
namespace {

TEST(PublishQueue, keeps_order_and_contents) {
    PublishQueue queue(4, 32);
    ASSERT_TRUE(queue.push({"a"}, as_bytes("1"), {.qos = mqtt::Qos::exactly_once, .retain = true}));
    ASSERT_TRUE(queue.push({"b"}, as_bytes(""), {}));
    ASSERT_NE(queue.front(), nullptr);
    EXPECT_EQ(queue.front()->topic, "a");
    EXPECT_EQ(as_text(queue.front()->payload), "1");
    EXPECT_EQ(queue.front()->options.qos, mqtt::Qos::exactly_once);
    EXPECT_TRUE(queue.front()->options.retain);
    queue.pop();
    EXPECT_EQ(queue.front()->topic, "b");
    EXPECT_TRUE(queue.front()->payload.empty());
    queue.pop();
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(PublishQueue, says_full_and_takes_again_after_a_pop) {
    PublishQueue queue(2, 8);
    ASSERT_TRUE(queue.push({"a"}, {}, {}));
    ASSERT_TRUE(queue.push({"b"}, {}, {}));
    EXPECT_EQ(queue.push({"c"}, {}, {}).error(), errors::full);
    queue.pop();
    EXPECT_TRUE(queue.push({"c"}, {}, {}));
    EXPECT_EQ(queue.front()->topic, "b");
}

TEST(PublishQueue, refuses_what_is_too_long) {
    PublishQueue queue(2, 8);
    EXPECT_EQ(queue.push({"a"}, as_bytes("123456789"), {}).error(), errors::too_long);
    EXPECT_EQ(queue.push({std::string(97, 'x')}, {}, {}).error(), errors::too_long);
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(PublishQueue, four_tasks_lose_nothing_and_keep_their_own_order) {
    constexpr int tasks = 4;
    constexpr int each = 2000;
    PublishQueue queue(8, 16);
    std::vector<std::thread> threads;
    for (int task = 0; task < tasks; ++task) {
        threads.emplace_back([&queue, task] {
            for (int i = 0; i < each; ++i) {
                const auto number = std::to_string(i);
                while (!queue.push({std::to_string(task)}, as_bytes(number), {})) sched_yield();
            }
        });
    }
    std::map<std::string, int> next;
    for (int taken = 0; taken < tasks * each;) {
        const auto* item = queue.front();
        if (item == nullptr) {
            sched_yield();
            continue;
        }
        const std::string topic(item->topic.view());
        ASSERT_EQ(as_text(item->payload), std::to_string(next[topic]++));
        queue.pop();
        ++taken;
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(next.size(), static_cast<std::size_t>(tasks));
    EXPECT_EQ(queue.front(), nullptr);
}

}  // namespace
}  // namespace esb::link
