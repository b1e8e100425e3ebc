// Cut enumerations as tests: prints and tallies the counts, multiplies the seeds in a long run (ESB_CUTS=10: ten times as
// many), takes others where ESB_CUT_SEED names the first, and cuts fewer operations in a build that is not optimized.
#pragma once

#include "host/vchip/cut_enumerator.hpp"
#include "support/tally.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <iostream>
#include <string>

namespace esb::test {

inline std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    const auto number = text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
    return number == 0 ? otherwise : number;
}

inline unsigned cut_factor() { return static_cast<unsigned>(number_from_environment("ESB_CUTS", 1)); }
inline std::uint64_t first_cut_seed() { return number_from_environment("ESB_CUT_SEED", 1); }

inline testing::AssertionResult survives_cuts(const std::string& what, const vchip::CutScenario& scenario,
                                              vchip::CutOptions options) {
    options.seeds *= cut_factor();
    options.first_seed = first_cut_seed();
    options.stride *= thinning;
    const auto report = vchip::enumerate_cuts(scenario, options);
    std::cout << "[  cuts    ] " << what << ": " << report.text() << "\n";
    tally("cuts", report.cuts, what);
    tally("second cuts", report.second_cuts, what);
    if (report.passed() && report.operations > 0) return testing::AssertionSuccess();
    return testing::AssertionFailure() << what << ": " << report.text();
}

}  // namespace esb::test
