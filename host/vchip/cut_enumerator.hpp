// Cuts the power at every flash operation of a scenario, in every way, and checks what recovery makes of it.
#pragma once

#include "host/vchip/flash.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::vchip {

// Empty when all is well, else one line that says what is not.
using Verdict = std::string;

struct CutScenario {
    // The flash before the scenario; called once.
    std::function<MemoryStore()> prepare;
    // Does the scenario from its beginning and stops quietly when the power goes, which it leaves off. What `check` has to
    // know (such as which writes were acknowledged) it notes where both can see it, starting anew at each call.
    std::function<void(Flash&)> run;
    // Recovers on a flash whose power is on again and judges the outcome. It may write to the flash. It is called
    // more than once after one `run`, so it changes none of the run's notes. Under a second cut its verdict is
    // ignored; it must only come to an end, the power still off.
    std::function<Verdict(Flash&)> check;
};

struct CutOptions {
    unsigned seeds = 2;         // tears of each kind at each operation
    unsigned second_seeds = 0;  // the same during recovery; 0: no second cuts
    unsigned second_every = 1;  // second cuts after every n-th first cut only
    std::uint64_t first_seed = 1;
    std::vector<CutKind> kinds{std::begin(all_cut_kinds), std::end(all_cut_kinds)};  // of first cuts
    std::uint64_t stride = 1;                                                        // every n-th operation only
    std::size_t max_failures = 5;
};

struct CutReport {
    std::uint64_t operations = 0;   // of the scenario without a cut
    std::uint64_t cuts = 0;         // first cuts, each followed by a recovery
    std::uint64_t second_cuts = 0;  // cuts during such a recovery, each followed by another
    // "12:unstable:7" or "12:unstable:7/2:after", then the verdict: the first part replays it.
    std::vector<std::string> failures;

    bool passed() const { return failures.empty() && cuts > 0; }
    // "84 operations, 1512 cuts, 9000 second cuts, 0 failures", and the failures in lines of their own.
    std::string text() const;
};

// Also judges the scenario without a cut ("0").
CutReport enumerate_cuts(const CutScenario& scenario, const CutOptions& options = {});
// One case again, by its replay text; fault_syntax.
Result<Verdict> replay_cut(const CutScenario& scenario, std::string_view replay);

}  // namespace esb::vchip
