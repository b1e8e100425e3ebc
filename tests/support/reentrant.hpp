// Component tests as cut tests, by one attribute. A story written with ESB_REENTRANT in place of TEST_F runs once as it is, and
// then again and again with a cut in one of its flash operations: the power stays off, all is made anew but the flash, and
// the whole story must then hold when it is told once more. So a reentrant story does not assume an erased flash: it brings
// the device to a state, from wherever that is (as littlefs's tests of that name).
//
//   struct Kitchen : testing::Test { test::StoryFlash flash_of_story{size}; ... uses flash_of_story.flash ... };
//   ESB_REENTRANT(Kitchen, the_oven_is_hot) { EXPECT_TRUE(...); }
//
// What the story wants to be true only the first time it asks in `if (test::first_telling())`.
#pragma once

#include "host/vchip/flash.hpp"
#include "support/cuts.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace esb::test {

// What a telling begins with, and how it ended. One at a time.
struct Telling {
    std::optional<vchip::MemoryStore> before;  // empty: as the story makes it
    std::optional<vchip::PowerCut> cut;
    std::uint64_t noise = 1;
    std::optional<vchip::MemoryStore> after{};
    std::uint64_t operations = 0;
    bool was_cut = false;
    testing::TestPartResultArray results{};

    // What was expected in vain; empty: nothing.
    std::string wrong() const;
};
inline Telling* telling = nullptr;  // null: an ordinary test

inline bool first_telling() { return telling == nullptr || !telling->before; }
inline bool has_failed() { return telling == nullptr ? testing::Test::HasFatalFailure() : !telling->wrong().empty(); }

// The flash of a story. What a telling does after its cut does not count: the next one begins as the cut left it.
class StoryFlash {
public:
    explicit StoryFlash(vchip::MemoryStore made);
    explicit StoryFlash(std::size_t size) : StoryFlash(vchip::MemoryStore(size)) {}
    ~StoryFlash();
    StoryFlash(const StoryFlash&) = delete;
    StoryFlash& operator=(const StoryFlash&) = delete;

    vchip::MemoryStore store;
    vchip::Flash flash;

private:
    vchip::FlashHooks hooks();
    std::uint64_t operations_ = 0;
};

struct ReentrantOptions {
    unsigned most = 60;  // cuts; times ESB_CUTS, fewer where the build is not optimized
};

// Tells `story` with each cut, and again after it.
void expect_reentrant(const std::string& what, const std::function<void()>& story,
                             const ReentrantOptions& options = {});

}  // namespace esb::test

// TEST_F, and the same story with cuts as a second test, NAME_with_cuts.
#define ESB_REENTRANT(Fixture, name) ESB_REENTRANT_WITH(Fixture, name, {})
#define ESB_REENTRANT_WITH(Fixture, name, ...)                                              \
    struct Fixture##_##name##_Story : Fixture {                                             \
        void story();                                                                       \
        void TestBody() override {}                                                         \
        void tell() {                                                                       \
            SetUp();                                                                        \
            if (!esb::test::has_failed()) story();                                          \
            TearDown();                                                                     \
        }                                                                                   \
    };                                                                                      \
    TEST(Fixture##Stories, name) { Fixture##_##name##_Story().tell(); }                     \
    TEST(Fixture##Stories, name##_with_cuts) {                                              \
        const auto story = [] { Fixture##_##name##_Story().tell(); };                       \
        esb::test::expect_reentrant(#name, story, esb::test::ReentrantOptions __VA_ARGS__); \
    }                                                                                       \
    void Fixture##_##name##_Story::story()
