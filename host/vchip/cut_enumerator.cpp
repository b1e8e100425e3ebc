#include "host/vchip/cut_enumerator.hpp"

namespace esb::vchip {
namespace {

// Seeds of the unstable reads: each power-on of a case has its own.
enum : std::uint64_t { noise_of_run = 11, noise_of_first_recovery = 22, noise_of_second_recovery = 33 };

std::uint64_t noise_for(const PowerCut& cut, std::uint64_t stage) {
    return cut.seed * 7919 + cut.operation * 31 + stage;
}

class Enumerator {
public:
    Enumerator(const CutScenario& scenario, const CutOptions& options)
        : scenario_(scenario), options_(options), prepared_(scenario.prepare()) {}

    CutReport enumerate() {
        judge_uncut();
        for (std::uint64_t at = 1; at <= report_.operations && !enough(); at += options_.stride) {
            for_each_cut(options_.kinds, at, options_.seeds, [this](const PowerCut& cut) { judge_first(cut); });
        }
        return report_;
    }

    Verdict replay(const PowerCut& first, const std::optional<PowerCut>& second) {
        MemoryStore store = run_with(first);
        if (!second) return check(store, noise_for(first, noise_of_first_recovery)).verdict;
        recover_with(store, first, *second);
        return check(store, noise_for(*second, noise_of_second_recovery)).verdict;
    }

private:
    struct Outcome {
        Verdict verdict;
        std::uint64_t operations;
    };

    bool enough() const { return report_.failures.size() >= options_.max_failures; }

    template <typename Kinds, typename Use>
    void for_each_cut(const Kinds& kinds, std::uint64_t operation, unsigned seeds, const Use& use) {
        for (const CutKind kind : kinds) {
            const unsigned variants = is_tear(kind) ? seeds : 1;
            for (unsigned i = 0; i < variants && !enough(); ++i) {
                use(PowerCut{operation, kind, is_tear(kind) ? options_.first_seed + i : 1});
            }
        }
    }

    void judge_uncut() {
        MemoryStore store = prepared_;
        Flash flash(store, {}, noise_of_run);
        scenario_.run(flash);
        report_.operations = flash.operations();
        note("0", check(store, noise_of_first_recovery).verdict);
    }

    void judge_first(const PowerCut& cut) {
        const MemoryStore cut_store = run_with(cut);
        ++report_.cuts;
        MemoryStore store = cut_store;
        const Outcome outcome = check(store, noise_for(cut, noise_of_first_recovery));
        note(to_text(cut), outcome.verdict);
        if (options_.second_seeds == 0 || report_.cuts % options_.second_every != 0) return;
        for (std::uint64_t at = 1; at <= outcome.operations; ++at) {
            for_each_cut(all_cut_kinds, at, options_.second_seeds,
                         [&](const PowerCut& second) { judge_second(cut_store, cut, second); });
        }
    }

    void judge_second(const MemoryStore& cut_store, const PowerCut& first, const PowerCut& second) {
        MemoryStore store = cut_store;
        recover_with(store, first, second);
        ++report_.second_cuts;
        note(to_text(first) + "/" + to_text(second), check(store, noise_for(second, noise_of_second_recovery)).verdict);
    }

    MemoryStore run_with(const PowerCut& cut) {
        MemoryStore store = prepared_;
        const bool stayed_off = runs_until(store, noise_of_run, cut, [this](Flash& flash) { scenario_.run(flash); });
        if (!stayed_off) note(to_text(cut), "the run goes on after a power cut");
        return store;
    }

    // A recovery that is cut short itself.
    void recover_with(MemoryStore& store, const PowerCut& first, const PowerCut& second) {
        const bool stayed_off = runs_until(store, noise_for(first, noise_of_first_recovery), second,
                                           [this](Flash& flash) { static_cast<void>(scenario_.check(flash)); });
        if (!stayed_off) note(to_text(first) + "/" + to_text(second), "the check goes on after a power cut");
    }

    // Whether the power stayed off: what recovers unseen is judged by nobody.
    template <typename Do>
    static bool runs_until(MemoryStore& store, std::uint64_t noise, const PowerCut& cut, const Do& act) {
        bool was_cut = false;
        FlashHooks hooks;
        hooks.on_power_cut = [&was_cut] { was_cut = true; };
        Flash flash(store, hooks, noise);
        flash.set_plan({cut, {}});
        act(flash);
        return !was_cut || !flash.powered();
    }

    Outcome check(MemoryStore& store, std::uint64_t noise) {
        Flash flash(store, {}, noise);
        Verdict verdict = scenario_.check(flash);
        return {std::move(verdict), flash.operations()};
    }

    void note(const std::string& replay, const Verdict& verdict) {
        if (!verdict.empty()) report_.failures.push_back(replay + "  " + verdict);
    }

    const CutScenario& scenario_;
    CutOptions options_;
    MemoryStore prepared_;
    CutReport report_;
};

}  // namespace

std::string CutReport::text() const {
    std::string text = std::to_string(operations) + " operations, " + std::to_string(cuts) + " cuts, " +
                       std::to_string(second_cuts) + " second cuts, " + std::to_string(failures.size()) + " failures";
    for (const auto& failure : failures) text += "\n  replay " + failure;
    return text;
}

CutReport enumerate_cuts(const CutScenario& scenario, const CutOptions& options) {
    return Enumerator(scenario, options).enumerate();
}

Result<Verdict> replay_cut(const CutScenario& scenario, std::string_view replay) {
    const auto slash = replay.find('/');
    const auto first = parse_power_cut(replay.substr(0, slash));
    if (!first) return fail(first.error());
    if (slash == std::string_view::npos) return Enumerator(scenario, {}).replay(*first, {});
    const auto second = parse_power_cut(replay.substr(slash + 1));
    if (!second) return fail(second.error());
    return Enumerator(scenario, {}).replay(*first, *second);
}

}  // namespace esb::vchip
