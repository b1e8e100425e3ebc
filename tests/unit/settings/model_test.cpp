// Random patches, trials, failures and restarts against a reference that is a map.
#include "esb/settings/store.hpp"
#include "support/memory_key_value.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

namespace esb::settings {
namespace {

using test::MemoryKeyValue;
using Reference = std::map<std::string, std::string, std::less<>>;  // name -> text form

constexpr Setting table[] = {
    {.name = "app.on", .type = Type::boolean, .fallback = "off"},
    {.name = "app.level", .type = Type::integer, .low = -100, .high = 100, .fallback = "7"},
    {.name = "app.label", .type = Type::text, .fallback = "none", .stage = Stage::broker},
    {.name = "app.raw", .type = Type::octets, .high = 200, .stage = Stage::network},
    {.name = "app.key", .type = Type::key, .high = 64},
    {.name = "app.speed", .type = Type::choice, .choices = "slow|fast", .fallback = "slow", .stage = Stage::broker},
    {.name = "zz.text", .type = Type::text, .stage = Stage::network},
};

class Model {
public:
    explicit Model(unsigned seed) : random_(seed) {
        EXPECT_TRUE(schema_.add(table));
        start();
    }

    void step() {
        plan_failure();
        switch (below(10)) {
            case 0:
                return restart();
            case 1:
            case 2:
                return confirm(Stage::network);
            case 3:
            case 4:
                return confirm(Stage::broker);
            case 5:
                return revert();
            case 6:
                return below(20) == 0 ? erase() : change(true);
            case 7:
                return change(true);
            default:
                return change(false);
        }
    }
    void check() const {
        std::array<char, text_max> out;
        for (const auto& setting : table) {
            const auto shown = store_->show(setting.name, out);
            ASSERT_TRUE(shown);
            const auto found = in_use().find(setting.name);
            ASSERT_EQ(*shown, found == in_use().end() ? setting.fallback : found->second) << setting.name;
            ASSERT_EQ(store_->is_set(setting.name), found != in_use().end()) << setting.name;
        }
        ASSERT_EQ(store_->staged(), trial_.has_value());
    }

private:
    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }
    const Reference& in_use() const { return trial_ ? *trial_ : committed_; }

    void start() {
        store_ = std::make_unique<Store>(flash_, schema_);
        const auto loaded = store_->load();
        ASSERT_TRUE(loaded);
        loaded_ = *loaded;
    }
    // Some calls of the key/value store fail, some of those having been done, some taking the power with them.
    void plan_failure() {
        failing_call_ = below(6) == 0 ? 1 + below(2) : 0;
        done_ = below(2) == 0;
        cut_ = below(2) == 0;
        flash_.power_on();
        if (failing_call_ == 0) return;
        flash_.fail_at(failing_call_, cut_ ? errors::power_lost : errors::flash_failed,
                       done_ ? MemoryKeyValue::Failure::after : MemoryKeyValue::Failure::before);
    }
    // What is in the flash beside the committed values.
    enum class Beside { nothing_that_counts, trial, newer };
    void stored(Beside beside, const Reference& newer) {
        beside_ = beside;
        newer_ = newer;
    }
    // A change has failed, so nothing in use has changed; what a restart finds depends on whether it was done.
    void failed(Beside beside, const Reference& newer) {
        ASSERT_EQ(failing_call_, 1U);
        if (done_) stored(beside, newer);
        if (cut_) restart();
    }

    std::string random_text(const Setting& setting) {
        switch (setting.type) {
            case Type::boolean:
                return below(2) == 0 ? "on" : "off";
            case Type::integer:
                return std::to_string(static_cast<int>(below(201)) - 100);
            case Type::key:
                return std::string(2 * below(65), "0a9"[below(3)]);
            case Type::choice:
                return below(2) == 0 ? "slow" : "fast";
            case Type::text:
            case Type::octets:
                break;
        }
        const auto longest = below(4) == 0 ? static_cast<unsigned>(setting.high) : 10;
        return std::string(below(longest + 1), static_cast<char>('a' + below(26)));
    }
    void change(bool on_trial) {
        Patch patch(schema_, Origin::console);
        Reference next = in_use();
        bool staged_change = false;
        bool changed = false;
        for (unsigned count = below(4); count > 0; --count) {
            const auto& setting = table[below(std::size(table))];
            const std::string name(setting.name);
            const auto text = random_text(setting);
            const bool unset = below(4) == 0;
            const auto put = unset ? patch.unset(name) : patch.set(name, text);
            if (!put) {
                ASSERT_EQ(put.error(), errors::settings_full);
                continue;
            }
            if (unset) next.erase(name);
            if (!unset) next[name] = text;
        }
        for (const auto& setting : table) {
            const auto before = in_use().find(setting.name);
            const auto after = next.find(setting.name);
            const bool same = (before == in_use().end()) == (after == next.end()) &&
                              (after == next.end() || before->second == after->second);
            changed = changed || !same;
            staged_change = staged_change || (!same && setting.stage != Stage::none);
        }
        const auto writes = flash_.writes();
        const auto calls = flash_.calls();
        const auto status = on_trial ? store_->stage(patch) : store_->commit(patch);
        if (refused_ || trial_) {
            ASSERT_FALSE(status);
            ASSERT_EQ(status.error(), refused_ ? errors::flash_failed : errors::busy);
            ASSERT_EQ(flash_.calls(), calls);
            return;
        }
        const bool becomes_trial = on_trial && staged_change;
        if (!status) return failed(becomes_trial ? Beside::trial : Beside::newer, next);
        ASSERT_LE(flash_.writes() - writes, changed ? 1U : 0U);
        if (!changed) return;
        stored(becomes_trial ? Beside::trial : Beside::nothing_that_counts, {});
        if (becomes_trial) {
            trial_ = next;
            network_ = store_->waits_for(Stage::network);
            broker_ = store_->waits_for(Stage::broker);
            ASSERT_TRUE(network_ || broker_);
        } else {
            committed_ = next;
        }
    }
    void confirm(Stage stage) {
        const auto status = store_->confirm(stage);
        if (!status) return failed(Beside::newer, *trial_);
        if (!trial_) return;
        (stage == Stage::network ? network_ : broker_) = false;
        if (network_ || broker_) return;
        committed_ = *trial_;
        trial_.reset();
        stored(Beside::nothing_that_counts, {});
    }
    void revert() {
        const auto status = store_->revert();
        if (!status) return failed(Beside::nothing_that_counts, {});
        if (!trial_) return;
        trial_.reset();
        stored(Beside::nothing_that_counts, {});
    }
    void erase() {
        const auto status = store_->erase_all();
        const bool first_done = status || failing_call_ == 2 || done_;
        const bool second_done = status || (failing_call_ == 2 && done_);
        if (status || failing_call_ == 2) trial_.reset();
        if (first_done) stored(Beside::nothing_that_counts, {});
        if (second_done) stored(Beside::newer, {});
        if (status) committed_.clear();
        refused_ = !status && (refused_ || failing_call_ == 2);
        if (!status && cut_) restart();
    }
    void restart() {
        flash_.power_on();
        start();
        ASSERT_EQ(loaded_ == Loaded::reverted, beside_ == Beside::trial);
        trial_.reset();
        refused_ = false;
        if (beside_ == Beside::newer) committed_ = newer_;
        stored(Beside::nothing_that_counts, {});
    }

    std::mt19937 random_;
    Schema schema_;
    MemoryKeyValue flash_;
    std::unique_ptr<Store> store_;
    Loaded loaded_ = Loaded::fresh;
    Reference committed_;
    std::optional<Reference> trial_;
    bool network_ = false;
    bool broker_ = false;
    bool refused_ = false;  // a factory reset failed half way
    Beside beside_ = Beside::nothing_that_counts;
    Reference newer_;
    unsigned failing_call_ = 0;  // 0: none
    bool done_ = false;
    bool cut_ = false;
};

TEST(Model, the_store_behaves_like_a_map_whatever_fails) {
    const auto* given = std::getenv("ESB_MODEL_STEPS");
    const int steps = given != nullptr ? std::atoi(given) : 20000;
    for (unsigned seed = 1; seed <= 4; ++seed) {
        Model model(seed);
        for (int step = 0; step < steps / 4; ++step) {
            model.step();
            model.check();
            ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "seed " << seed << " step " << step;
        }
    }
}

}  // namespace
}  // namespace esb::settings
