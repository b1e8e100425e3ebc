#include "esb/base/result.hpp"

#include <gtest/gtest.h>

namespace {

using namespace esb;

Status refuse_if(bool refuse) {
    if (refuse) return fail(errors::full, 7);
    return {};
}

Result<int> doubled_unless(bool refuse) {
    ESB_TRY(refuse_if(refuse));
    return 42;
}

TEST(Error, carries_name_text_and_detail) {
    const Error error(errors::would_block, -3);
    EXPECT_EQ(error.name(), "would_block");
    EXPECT_EQ(error.text(), errors::would_block.text);
    EXPECT_EQ(error.detail(), -3);
    EXPECT_EQ(&error.kind(), &errors::would_block);
}

TEST(Error, equality_is_of_kinds_not_of_details) {
    EXPECT_EQ(Error(errors::full, 1), Error(errors::full, 2));
    EXPECT_NE(Error(errors::full), Error(errors::busy));
    EXPECT_EQ(Error(errors::full), errors::full);
    EXPECT_NE(Error(errors::full), errors::busy);
}

TEST(Try, passes_success_on) { EXPECT_EQ(doubled_unless(false).value(), 42); }

TEST(Try, passes_the_error_on_with_its_detail) {
    const auto result = doubled_unless(true);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), errors::full);
    EXPECT_EQ(result.error().detail(), 7);
}

}  // namespace
