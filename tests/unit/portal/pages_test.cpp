#include "esb/base/features.hpp"
#include "esb/portal/pages.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace esb;
using namespace esb::portal;

TEST(Pages, are_the_files_of_the_set_up_page_compressed) {
    std::size_t weight = 0;
    for (const std::string_view path : {"/", "/style.css", "/app.js"}) {
        const auto all = pages();
        const auto page = std::find_if(all.begin(), all.end(), [path](const Page& p) { return p.path == path; });
        ASSERT_NE(page, all.end()) << path;
        ASSERT_GE(page->gzip.size(), 18U) << path;
        EXPECT_EQ(page->gzip[0], 0x1f) << path;  // RFC 1952 §2.3.1
        EXPECT_EQ(page->gzip[1], 0x8b) << path;
        weight += page->gzip.size();
    }
    EXPECT_EQ(pages().size(), 3U);
    EXPECT_LE(weight, with_certificates ? 15'872U : 14'336U);
}

TEST(Pages, say_what_they_are) {
    EXPECT_EQ(pages()[0].path, "/");
    EXPECT_EQ(pages()[0].content_type, "text/html; charset=utf-8");
    for (const auto& page : pages()) EXPECT_TRUE(page.content_type.starts_with("text/")) << page.path;
}
