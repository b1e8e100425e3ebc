// Power cuts at every flash operation of the key/value store: NVS's promise is that only the key being written may
// have its old or its new value afterwards.
#include "host/vchip/cut_enumerator.hpp"
#include "host/vchip/key_value.hpp"
#include "support/cuts.hpp"
#include "support/nvs_key.hpp"

#include <gtest/gtest.h>
#include <array>
#include <optional>

namespace esb::vchip {
namespace {

using Model = std::map<std::string, std::string>;

struct Step {
    std::string key;
    std::optional<std::string> value;  // none: remove
};

// What was acknowledged, and the one step that may or may not have happened.
struct Notes {
    bool mounted = false;
    Model acknowledged;
    std::optional<Step> open;
};

std::optional<std::string> lookup(const Model& model, const std::string& key) {
    const auto found = model.find(key);
    return found == model.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> lookup(KeyValue& store, const std::string& key) {
    std::array<std::uint8_t, chip::kv_value_max> buffer{};
    const auto value = store.get(key, buffer);
    if (!value) return {};
    return std::string(as_text(*value));
}

class Session {
public:
    Session(std::size_t pages, std::vector<Step> steps) : size_(pages * erase_unit), steps_(std::move(steps)) {}

    CutScenario scenario() {
        return {.prepare = [this] { return before_ ? *before_ : MemoryStore(size_); },
                .run = [this](Flash& flash) { run(flash); },
                .check = [this](Flash& flash) { return check(flash); }};
    }
    // Another judgement: one boot and one write, so that a second cut meets a session that believed what it read.
    CutScenario scenario_with_short_check() {
        auto made = scenario();
        made.check = [this](Flash& flash) { return short_check(flash); };
        return made;
    }
    // Steps that have happened before the scenario begins.
    void start_after(const std::vector<Step>& steps) {
        earlier_ = steps;
        initial_.clear();
        before_.emplace(size_);
        Flash flash(*before_);
        KeyValue store(Region(flash, 0, size_), cipher_);
        ASSERT_TRUE(store.mount());
        for (const auto& step : steps) ASSERT_TRUE(apply(store, step));
        for (const auto& step : steps) note(initial_, step);
    }

    // The same again as a chip that encrypts its store.
    void encrypt() {
        cipher_ = test::nvs_cipher();
        if (before_) start_after(std::vector<Step>(earlier_));
    }

private:
    static Status apply(KeyValue& store, const Step& step) {
        return step.value ? store.put(step.key, as_bytes(*step.value)) : store.remove(step.key);
    }
    static void note(Model& model, const Step& step) {
        if (step.value) model[step.key] = *step.value;
        if (!step.value) model.erase(step.key);
    }

    void run(Flash& flash) {
        notes_ = {false, initial_, {}};
        KeyValue store(Region(flash, 0, size_), cipher_);
        if (!store.mount()) return;
        notes_.mounted = true;
        for (const auto& step : steps_) {
            notes_.open = step;
            if (!apply(store, step)) return;
            note(notes_.acknowledged, step);
            notes_.open.reset();
        }
    }

    Verdict check(Flash& flash) {
        KeyValue store(Region(flash, 0, size_), cipher_);
        const auto mounted = store.mount();
        if (!mounted) return "does not mount: " + std::string(mounted.error().name());
        if (*mounted == chip::Mount::formatted && (notes_.mounted || before_)) return "formatted again";
        if (auto verdict = compare(store); !verdict.empty()) return verdict;
        return keeps_its_word(flash, store);
    }

    Verdict short_check(Flash& flash) {
        KeyValue store(Region(flash, 0, size_), cipher_);
        if (!store.mount()) return "does not mount";
        if (auto verdict = compare(store); !verdict.empty()) return verdict;
        if (!store.put("probe", as_bytes("p"))) return "takes no new value";
        return {};
    }

    Verdict compare(KeyValue& store) {
        Model all = notes_.acknowledged;
        for (const auto& step : steps_) all.try_emplace(step.key);
        for (const auto& [key, ignored] : all) {
            const auto present = lookup(store, key);
            const auto old_value = lookup(notes_.acknowledged, key);
            const bool may_be_new = notes_.open && notes_.open->key == key;
            if (present == old_value || (may_be_new && present == notes_.open->value)) continue;
            return "key " + key + " is " + (present ? "'" + present->substr(0, 20) + "'" : "gone") + ", not " +
                   (old_value ? "'" + old_value->substr(0, 20) + "'" : "missing");
        }
        return {};
    }

    // What the first boot saw the second sees, and the store takes new values.
    Verdict keeps_its_word(Flash& flash, KeyValue& first) {
        Model seen;
        for (const auto& key : first.keys()) seen[key] = lookup(first, key).value_or("");
        KeyValue second(Region(flash, 0, size_), cipher_);
        if (!second.mount()) return "does not mount again";
        for (const auto& [key, value] : seen) {
            if (lookup(second, key) != value) return "key " + key + " changed between two boots";
        }
        if (second.keys().size() != seen.size()) return "a key came back";
        if (!second.put("probe", as_bytes("p"))) return "takes no new value";
        if (lookup(second, "probe") != "p") return "does not hold a new value";
        KeyValue third(Region(flash, 0, size_), cipher_);
        if (!third.mount() || lookup(third, "probe") != "p") return "forgets a new value";
        for (const auto& [key, value] : seen) {
            if (key != "probe" && lookup(third, key) != value) return "key " + key + " changed after a write";
        }
        return {};
    }

    std::size_t size_;
    std::vector<Step> steps_;
    std::vector<Step> earlier_;
    std::optional<NvsCipher> cipher_;
    Model initial_;
    std::optional<MemoryStore> before_;
    Notes notes_;
};

void expect_survival(const std::string& what, Session& session, const CutOptions& options) {
    EXPECT_TRUE(test::survives_cuts("kv: " + what, session.scenario(), options));
    session.encrypt();
    EXPECT_TRUE(test::survives_cuts("kv encrypted: " + what, session.scenario(), options));
}

std::string text(std::size_t size, char c) { return std::string(size, c); }

TEST(KeyValueCuts, first_boot_and_small_changes) {
    Session session(4, {{"psk", text(16, 'k')},
                        {"ident", "ESP-1"},
                        {"ident", "ESP-2"},
                        {"ident", {}},
                        {"psk", text(16, 'K')},
                        {"cfg", text(300, 'c')}});
    expect_survival("first boot", session, {.seeds = 6, .second_seeds = 1});
}

TEST(KeyValueCuts, a_restarted_store) {
    Session session(4, {{"b", "new"}, {"a", {}}, {"c", text(700, 'c')}});
    session.start_after({{"a", "1"}, {"b", "old"}, {"d", "stays"}});
    expect_survival("after a restart", session, {.seeds = 6, .second_seeds = 1});
}

TEST(KeyValueCuts, pages_that_are_cleaned) {
    // Three pages, each write nearly half a page: every second write moves the others.
    std::vector<Step> before = {{"still", text(500, 's')}, {"gone", text(100, 'g')}, {"gone", {}}};
    std::vector<Step> steps;
    for (char c = 'a'; c < 'g'; ++c) steps.push_back({"big", text(1800, c)});
    Session session(3, steps);
    session.start_after(before);
    expect_survival("cleaning", session, {.seeds = 6, .second_seeds = 1, .second_every = 4});
}

TEST(KeyValueCuts, removed_keys_do_not_come_back_from_cleaned_pages) {
    std::vector<Step> steps;
    for (char c = 'a'; c < 'f'; ++c) {
        steps.push_back({"victim", text(900, c)});
        steps.push_back({"victim", {}});
        steps.push_back({"pad", text(1500, c)});
    }
    Session session(3, steps);
    expect_survival("removal", session, {.seeds = 4, .second_seeds = 1, .second_every = 5});
}

// A tear that reads well by luck must not be what a later erase relies on.
TEST(KeyValueCuts, nothing_is_erased_on_the_word_of_unstable_cells) {
    std::vector<Step> steps;
    for (char c = 'a'; c < 'g'; ++c) steps.push_back({"big", text(1800, c)});
    Session session(3, steps);
    session.start_after({{"still", text(500, 's')}, {"gone", text(100, 'g')}, {"gone", {}}});
    EXPECT_TRUE(test::survives_cuts("kv: unstable", session.scenario_with_short_check(),
                                    {.seeds = 16, .second_seeds = 1, .kinds = {CutKind::unstable}}));
}

TEST(KeyValueCuts, a_full_store_that_is_packed) {
    std::vector<Step> before;
    for (int i = 0; i < 14; ++i) before.push_back({"k" + std::to_string(i), text(450, static_cast<char>('a' + i))});
    for (int i = 0; i < 14; i += 3) before.push_back({"k" + std::to_string(i), {}});
    Session session(4, {{"large", text(2500, 'L')}, {"k1", text(450, 'z')}, {"large", text(2600, 'M')}});
    session.start_after(before);
    expect_survival("packing", session, {.seeds = 4, .second_seeds = 1, .second_every = 7});
}

// Values come and go, and the power fails two dozen times, most often so that cells read differently every time. What a mount
// has shown is what the next one shows.
class Life {
public:
    Life(std::uint64_t seed, bool encrypted)
        : dice_(seed), store_((3 + dice_.below(3)) * erase_unit), size_(store_.size()) {
        if (encrypted) cipher_ = test::nvs_cipher();
    }
    // What is wrong; empty if nothing is.
    Verdict live() {
        for (int boot = 0; boot < 25; ++boot) {
            Flash flash(store_, {}, dice_.next());
            if (boot < 24) flash.set_plan({a_cut(), {}});
            if (auto verdict = live_until_cut(flash); !verdict.empty())
                return "boot " + std::to_string(boot) + ": " + verdict;
        }
        return {};
    }
    std::uint64_t cuts() const { return cuts_; }

private:
    PowerCut a_cut() {
        const auto kind =
            dice_.below(2) == 0 ? CutKind::unstable : all_cut_kinds[dice_.below(std::size(all_cut_kinds))];
        return {1 + dice_.below(dice_.below(2) == 0 ? 4 : 16), kind, 1 + dice_.below(1'000'000)};
    }
    Step a_step() {
        constexpr std::size_t sizes[] = {4, 40, 300, 900, 1800};
        Step step{std::string(1, static_cast<char>('a' + dice_.below(5))), {}};
        if (dice_.below(5) != 0)
            step.value = text(sizes[dice_.below(std::size(sizes))], static_cast<char>('A' + dice_.below(26)));
        return step;
    }
    Verdict live_until_cut(Flash& flash) {
        KeyValue store(Region(flash, 0, size_), cipher_);
        const auto mounted = store.mount();
        if (!mounted) return has_ended(flash) ? "" : "does not mount: " + std::string(mounted.error().name());
        if (auto verdict = compare(store); !verdict.empty()) return verdict;
        if (dice_.below(2) == 0) return {};  // a start that writes nothing
        for (auto steps = dice_.below(14); steps > 0; --steps) {
            open_ = a_step();
            const auto done = open_->value ? store.put(open_->key, as_bytes(*open_->value)) : store.remove(open_->key);
            if (!done && has_ended(flash)) return {};
            if (!done && done.error() != errors::kv_full) return "is not written: " + std::string(done.error().name());
            if (done) seen_[open_->key] = open_->value;
            open_.reset();
        }
        return {};
    }
    bool has_ended(const Flash& flash) {
        cuts_ += flash.powered() ? 0 : 1;
        return !flash.powered();
    }
    Verdict compare(KeyValue& store) {
        for (char c = 'a'; c < 'f'; ++c) {
            const std::string key(1, c);
            const auto present = lookup(store, key);
            const bool is_new = open_ && open_->key == key && present == open_->value;
            if (present != seen_[key] && !is_new) return "key " + key + (present ? " is another" : " is gone");
            seen_[key] = present;
        }
        open_.reset();
        return store.damaged() ? "says that it is damaged" : "";
    }

    SeededRandom dice_;
    MemoryStore store_;
    std::size_t size_;
    std::optional<NvsCipher> cipher_;
    std::map<std::string, std::optional<std::string>> seen_;
    std::optional<Step> open_;
    std::uint64_t cuts_ = 0;
};

TEST(KeyValueCuts, lives_with_two_dozen_of_them) {
    const std::uint64_t lives = 2'000 * test::cut_factor() / test::thinning;
    std::uint64_t cuts = 0;
    for (std::uint64_t i = 0; i < lives; ++i) {
        const auto seed = 10'000 * test::first_cut_seed() + i;
        Life life(seed, i % 2 == 1);
        EXPECT_EQ(life.live(), "") << "seed " << seed;
        cuts += life.cuts();
    }
    std::cout << "[  cuts    ] kv: " << lives << " lives, " << cuts << " cuts\n";
    test::tally("cuts", cuts, "kv: lives");
}

}  // namespace
}  // namespace esb::vchip
