#include "esb/base/function.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace {

using namespace esb;

int twice(int value) { return 2 * value; }

TEST(Function, is_empty_until_something_is_put_in) {
    Function<int(int)> function;
    EXPECT_FALSE(function);
    function = twice;
    EXPECT_TRUE(function);
    EXPECT_EQ(function(21), 42);
}

TEST(Function, holds_a_lambda_that_captures_references) {
    int sum = 0;
    const Function<void(int)> add([&sum](int value) { sum += value; });
    add(1);
    add(2);
    EXPECT_EQ(sum, 3);
}

TEST(Function, a_copy_has_a_state_of_its_own) {
    Function<int()> counter([count = 0]() mutable { return ++count; });
    EXPECT_EQ(counter(), 1);
    auto copy = counter;
    EXPECT_EQ(counter(), 2);
    EXPECT_EQ(counter(), 3);
    EXPECT_EQ(copy(), 2);
}

TEST(Function, passes_move_only_arguments_and_references) {
    const Function<int(std::unique_ptr<int>)> unwrap([](std::unique_ptr<int> p) { return *p; });
    EXPECT_EQ(unwrap(std::make_unique<int>(7)), 7);
    const Function<void(int&)> increment([](int& value) { ++value; });
    int value = 1;
    increment(value);
    EXPECT_EQ(value, 2);
}

TEST(Function, takes_captures_up_to_its_capacity) {
    struct Four {
        void* pointers[4];
    } four{};
    static_assert(sizeof(four) == 4 * sizeof(void*));
    const Function<bool()> holds([four] { return four.pointers[3] == nullptr; });
    EXPECT_TRUE(holds());
}

}  // namespace
