// Cut enumerations as tests: prints the counts, multiplies the seeds in a long run (ESB_CUTS=10: ten times as many).
#pragma once

#include "host/vchip/cut_enumerator.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <iostream>
#include <string>

namespace esb::test {

inline unsigned cut_factor() {
    const char* text = std::getenv("ESB_CUTS");
    const long factor = text == nullptr ? 1 : std::strtol(text, nullptr, 10);
    return factor < 1 ? 1U : static_cast<unsigned>(factor);
}

inline testing::AssertionResult survives_cuts(const std::string& what, const vchip::CutScenario& scenario,
                                              vchip::CutOptions options) {
    options.seeds *= cut_factor();
    const auto report = vchip::enumerate_cuts(scenario, options);
    std::cout << "[  cuts    ] " << what << ": " << report.text() << "\n";
    if (report.passed() && report.operations > 0) return testing::AssertionSuccess();
    return testing::AssertionFailure() << what << ": " << report.text();
}

}  // namespace esb::test
