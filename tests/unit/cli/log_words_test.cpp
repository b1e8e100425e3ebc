#include "host/cli/log_words.hpp"

#include "host/cli/safe_text.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace esb::cli {
namespace {

TEST(LogWords, entries_in_words) {
    const auto words = log_words(
        R"({"log":[{"n":7,"boot":2,"t":1800000000,"up":9,"kind":"broker","why":"socket.reset","detail":104,"count":3,"span":45},)"
        R"({"n":8,"boot":3,"up":1,"kind":"boot","what":"panic","detail":3}]})");
    ASSERT_TRUE(words);
    ASSERT_EQ(words->size(), 2U);
    EXPECT_EQ((*words)[0].number, 7U);
    EXPECT_EQ((*words)[0].when, "2027-01-15 08:00:00");
    EXPECT_EQ((*words)[0].what, "broker: the other side reset the connection (socket.reset 104); 3 times in 45 s");
    EXPECT_EQ((*words)[1].when, "boot 3 +00:00:01");
    EXPECT_EQ((*words)[1].what, "started after panic, firmware seq 3");
}

TEST(LogWords, what_a_later_firmware_says_is_shown_as_it_is_and_cannot_draw) {
    const auto words =
        log_words(R"({"log":[{"n":1,"kind":"flood","what":"\u001b[2J","why":"pump.dry","new":5}],"more":1})");
    ASSERT_TRUE(words);
    std::ostringstream printed;
    Printer(printed) << (*words)[0].what;
    EXPECT_EQ(printed.str(), "flood \\x1b[2J: (pump.dry)");
}

TEST(LogWords, what_is_no_log_is_refused) {
    for (const auto* text :
         {"", "[]", "{}", R"({"log":1})", R"({"log":[1]})", R"({"log":[{"kind":"boot"}]})",
          R"({"log":[{"n":0,"kind":"boot"}]})", R"({"log":[{"n":1,"kind":5}]})",
          R"({"log":[{"n":1,"kind":"boot","up":-1}]})", R"({"log":[{"n":1,"kind":"boot","t":99999999999}]})"}) {
        EXPECT_FALSE(log_words(text)) << text;
    }
}

TEST(LogWords, long_texts_end_early) {
    const auto words = log_words(R"({"log":[{"n":1,"kind":")" + std::string(3000, 'x') + R"("}]})");
    ASSERT_TRUE(words);
    EXPECT_LE((*words)[0].what.size(), 400U);
}

}  // namespace
}  // namespace esb::cli
