#include "tests/support/reentrant.hpp"

namespace esb::test {

std::string Telling::wrong() const {
    for (int i = 0; i < results.size(); ++i) {
        if (results.GetTestPartResult(i).failed()) return results.GetTestPartResult(i).message();
    }
    return {};
}

StoryFlash::StoryFlash(vchip::MemoryStore made)
    : store(telling != nullptr && telling->before ? *telling->before : std::move(made)),
      flash(store, hooks(), telling != nullptr ? telling->noise : 1) {
    if (telling != nullptr && telling->cut) flash.set_plan({telling->cut, {}});
}

StoryFlash::~StoryFlash() {
    if (telling == nullptr) return;
    telling->operations = operations_;
    if (!telling->was_cut) telling->after = store;
}

vchip::FlashHooks StoryFlash::hooks() {
    return {.on_operation = [this](const vchip::FlashOperation&) { ++operations_; },
            .on_power_cut =
                [this] {
                    telling->was_cut = true;
                    telling->after = store;  // as the cut left it
                },
            .spend = {}};
}

void expect_reentrant(const std::string& what, const std::function<void()>& story,
    const ReentrantOptions& options) {
    const auto tell = [&story](Telling& next) {
        telling = &next;
        {
            const testing::ScopedFakeTestPartResultReporter keep(
                testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &next.results);
            story();
        }
        telling = nullptr;
        return next.wrong();
    };
    Telling whole{.before = {}, .cut = {}};
    ASSERT_EQ(tell(whole), "") << "without a cut";
    ASSERT_GT(whole.operations, 0U);
    // Every operation with every kind of cut, or as many of these pairs as are wanted, spread evenly.
    const std::uint64_t kinds = std::size(vchip::all_cut_kinds);
    const std::uint64_t pairs = kinds * whole.operations;
    const std::uint64_t stride = std::max<std::uint64_t>(1, pairs / (std::uint64_t{options.most} / thinning * cut_factor()));
    std::uint64_t cuts = 0;
    int failures = 0;
    for (std::uint64_t pair = first_cut_seed() % stride; pair < pairs && failures < 3; pair += stride) {
        const std::uint64_t at = 1 + pair / kinds;
        const auto kind = vchip::all_cut_kinds[pair % kinds];
        const vchip::PowerCut cut{at, kind, first_cut_seed() + at};
        Telling first{.before = {}, .cut = cut, .noise = at};
        static_cast<void>(tell(first));  // half a story has no end
        if (!first.was_cut) continue;    // a story may go a little differently each time
        ++cuts;
        Telling second{.before = first.after, .cut = {}, .noise = at + 1};
        const auto wrong = tell(second);
        if (wrong.empty()) continue;
        ++failures;
        ADD_FAILURE() << what << " after cut " << vchip::to_text(cut) << ": " << wrong;
    }
    std::cout << "[  cuts    ] " << what << ": " << whole.operations << " operations, " << cuts << " cuts, " << failures
              << " failures\n";
    tally("cuts", cuts, what);
    EXPECT_GT(cuts, 0U);
}

}  // namespace esb::test
