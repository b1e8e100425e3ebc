#include "host/vchip/fault_plan.hpp"

#include "esb/base/encoding.hpp"

#include <limits>

namespace esb::vchip {
namespace {

constexpr std::string_view cut_kind_names[] = {"before", "after", "prefix", "random-bits", "half-done", "unstable"};
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

// Splits at the first separator; the second half is empty when there is none.
std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
    const auto at = text.find(separator);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

Result<CutKind> parse_cut_kind(std::string_view text) {
    for (const auto kind : all_cut_kinds) {
        if (name(kind) == text) return kind;
    }
    return fail(errors::fault_syntax);
}

Status add_fault(FaultPlan& plan, std::string_view text) {
    const auto [what, value] = split(text, '=');
    if (what == "cut") {
        const auto cut = parse_power_cut(value);
        if (!cut || plan.cut) return fail(errors::fault_syntax);
        plan.cut = *cut;
        return {};
    }
    const auto operation = parse_unsigned(value, 1, no_limit);
    if (what != "fail" || !operation) return fail(errors::fault_syntax);
    plan.failures.insert(*operation);
    return {};
}

}  // namespace

std::uint64_t SeededRandom::next() {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
}

std::string_view name(CutKind kind) { return cut_kind_names[static_cast<std::size_t>(kind)]; }

std::string to_text(const PowerCut& cut) {
    std::string text = std::to_string(cut.operation) + ":" + std::string(name(cut.kind));
    if (is_tear(cut.kind)) text += ":" + std::to_string(cut.seed);
    return text;
}

Result<PowerCut> parse_power_cut(std::string_view text) {
    const auto [operation_text, rest] = split(text, ':');
    const auto [kind_text, seed_text] = split(rest, ':');
    const auto operation = parse_unsigned(operation_text, 1, no_limit);
    const auto kind = parse_cut_kind(kind_text);
    if (!operation || !kind) return fail(errors::fault_syntax);
    if (seed_text.empty() && !rest.ends_with(':')) return PowerCut{*operation, *kind};
    const auto seed = parse_unsigned(seed_text, 0, no_limit);
    if (!seed || !is_tear(*kind)) return fail(errors::fault_syntax);
    return PowerCut{*operation, *kind, *seed};
}

Result<FaultPlan> parse_fault_plan(std::string_view text) {
    FaultPlan plan;
    while (!text.empty()) {
        const auto [fault, rest] = split(text, ',');
        ESB_TRY(add_fault(plan, fault));
        text = rest;
    }
    return plan;
}

}  // namespace esb::vchip
