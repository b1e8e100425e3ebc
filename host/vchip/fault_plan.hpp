// What goes wrong in a simulated flash, and when. Everything is seeded: the same plan on the same flash and
// firmware gives the same bytes.
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind fault_syntax{"vchip.fault_syntax",
                                        "a fault is cut=N:before|after|KIND[:SEED] or fail=N, comma separated"};
}  // namespace esb::errors

namespace esb::vchip {

// SplitMix64: small, seedable, the same on every machine.
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    // Uniform in [0, limit); 0 when limit is 0.
    std::uint64_t below(std::uint64_t limit) { return limit == 0 ? 0 : next() % limit; }

private:
    std::uint64_t state_;
};

// Where the power goes, relative to one flash operation. The last four are tears inside it:
enum class CutKind : std::uint8_t {
    before,
    after,
    prefix,       // the first bytes are done, the others untouched
    random_bits,  // any subset of the bits that had to change has changed
    half_done,    // pieces are done, pieces untouched, pieces hold noise ("half erased")
    unstable,     // some bits read differently every time, until erased or programmed to 0
};
inline constexpr CutKind all_cut_kinds[] = {CutKind::before,      CutKind::after,     CutKind::prefix,
                                            CutKind::random_bits, CutKind::half_done, CutKind::unstable};
constexpr bool is_tear(CutKind kind) { return kind != CutKind::before && kind != CutKind::after; }
std::string_view name(CutKind kind);

struct PowerCut {
    std::uint64_t operation;  // the first operation after power-on is 1
    CutKind kind;
    std::uint64_t seed = 1;  // of the tear; has no meaning for before and after
    friend bool operator==(const PowerCut&, const PowerCut&) = default;
};

struct FaultPlan {
    std::optional<PowerCut> cut;
    std::set<std::uint64_t> failures;  // operations that end in flash_failed (worn flash); the power stays on
};

// "12:unstable:7", as it stands in a replay line; `fault_syntax`.
std::string to_text(const PowerCut& cut);
Result<PowerCut> parse_power_cut(std::string_view text);
// "cut=12:unstable:7,fail=3,fail=4"; an empty text is an empty plan.
Result<FaultPlan> parse_fault_plan(std::string_view text);

}  // namespace esb::vchip
