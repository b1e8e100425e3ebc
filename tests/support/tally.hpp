// What a run of the tests has tried. Each line is one claim of one test; scripts/tally.py adds them up at the end of
// ./test.sh. They go to the file that ESB_TALLY names, nowhere without it; whole lines, so that tests in parallel do not mix.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace esb::test {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::string_view this_build = "sanitized";
#elif defined(__OPTIMIZE__)
inline constexpr std::string_view this_build = "optimized";
#else
inline constexpr std::string_view this_build = "plain";
#endif

// Of a long enumeration the optimized build does all and another one every n-th only: there each costs ten times as much, and
// what sanitizers look for shows in a part.
inline constexpr unsigned thinning = this_build == "optimized" ? 1 : 7;

// `kind` as scripts/tally.py knows it; `what` tells claims of one test apart.
inline void tally(std::string_view kind, std::uint64_t count, std::string_view what = {}) {
    const char* const path = std::getenv("ESB_TALLY");
    if (path == nullptr || *path == '\0') return;
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    std::string line(this_build);
    line.append("\t").append(kind).append("\t").append(std::to_string(count)).append("\t");
    if (test != nullptr) line.append(test->test_suite_name()).append(".").append(test->name());
    line.append("\t").append(what).append("\n");
    const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return;
    const auto written = ::write(file, line.data(), line.size());
    EXPECT_EQ(written, static_cast<ssize_t>(line.size())) << "the tally is incomplete";
    ::close(file);
}

}  // namespace esb::test
