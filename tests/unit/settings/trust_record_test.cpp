// What a device must not forget, under rot and loss of power. Whatever happens, a record says its newest value, or that it
// is lost; never an older value, and never "there was none".
#include "esb/settings/trust_record.hpp"

#include "host/vchip/cut_enumerator.hpp"
#include "host/vchip/key_value.hpp"
#include "support/cuts.hpp"
#include "support/memory_key_value.hpp"
#include "support/nvs_key.hpp"
#include "support/raw_flash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace esb::settings {
namespace {

using Number = TrustRecord<std::uint32_t>;
using Flag = TrustRecord<std::uint8_t>;

constexpr TrustName small_records[] = {
    trust_names::floor,    trust_names::command_counter, trust_names::config_counter, trust_names::commissioned,
    trust_names::key_used, trust_names::birth_shown,     trust_names::lock_guesses,   trust_names::reset_due,
};
bool is_flag(const TrustName& name) { return name.mark >= trust_names::commissioned.mark; }

// Small records as numbers, whatever their size.
Status save(chip::KeyValue& store, const TrustName& name, std::uint32_t value) {
    if (is_flag(name)) return Flag(store, name).save(static_cast<std::uint8_t>(value));
    return Number(store, name).save(value);
}
struct Found {
    bool lost = false;
    bool known = false;
    std::uint32_t value = 0;
    friend bool operator==(const Found&, const Found&) = default;
};
template <typename T>
Found load_as(chip::KeyValue& store, const TrustName& name) {
    T value{};
    const auto loaded = TrustRecord<T>(store, name).load(value);
    return {!loaded, loaded && *loaded, value};
}
Found load(chip::KeyValue& store, const TrustName& name) {
    return is_flag(name) ? load_as<std::uint8_t>(store, name) : load_as<std::uint32_t>(store, name);
}

void flip(std::vector<std::uint8_t>& bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
}

// ---- one record in a store that does as it is told

TEST(TrustRecord, keeps_a_value_twice_and_its_mark) {
    test::MemoryKeyValue store;
    const Number floor(store, trust_names::floor);
    std::uint32_t value = 7;
    EXPECT_FALSE(floor.load(value).value());
    EXPECT_EQ(value, 7U) << "untouched";
    EXPECT_EQ(store.writes(), 0U) << "a device without a floor costs no flash";
    ASSERT_TRUE(floor.save(40));
    EXPECT_EQ(store.writes(), 3U);
    EXPECT_TRUE(store.values.contains("ota.floor.a") && store.values.contains("ota.floor.b"));
    EXPECT_TRUE(store.values.contains("trust"));
    EXPECT_TRUE(floor.load(value).value());
    EXPECT_EQ(value, 40U);
    ASSERT_TRUE(floor.save(40));
    EXPECT_EQ(store.writes(), 3U) << "the same again costs nothing";
    ASSERT_TRUE(floor.save(41));
    EXPECT_EQ(store.writes(), 6U);
}

TEST(TrustRecord, mends_either_mirror_and_the_mark) {
    for (const auto* gone : {"ota.floor.a", "ota.floor.b", "trust"}) {
        test::MemoryKeyValue store;
        const Number floor(store, trust_names::floor);
        ASSERT_TRUE(floor.save(40));
        const auto whole = store.values;
        store.values.erase(gone);
        std::uint32_t value = 0;
        ASSERT_TRUE(floor.load(value).value()) << gone;
        EXPECT_EQ(value, 40U);
        EXPECT_EQ(store.values, whole) << gone;
    }
}

TEST(TrustRecord, is_lost_without_its_mirrors_until_it_is_restored) {
    test::MemoryKeyValue store;
    const Number floor(store, trust_names::floor);
    ASSERT_TRUE(floor.save(40));
    store.values.erase("ota.floor.a");
    store.values["ota.floor.b"][3] ^= 1;
    std::uint32_t value = 0;
    EXPECT_EQ(floor.load(value).error(), errors::trust_lost);
    EXPECT_EQ(floor.save(50).error(), errors::trust_lost) << "an update does not make it anew";
    EXPECT_EQ(Number(store, trust_names::floor).load(value).error(), errors::trust_lost) << "after a restart, too";
    ASSERT_TRUE(floor.restore(41));
    ASSERT_TRUE(floor.load(value).value());
    EXPECT_EQ(value, 41U);
}

TEST(TrustRecord, is_lost_in_a_store_that_has_lost_a_part) {
    struct Damaged final : chip::KeyValue {
        test::MemoryKeyValue real;
        bool is = true;
        Result<chip::Mount> mount() override { return real.mount(); }
        Result<ConstBytes> get(std::string_view key, MutBytes out) override { return real.get(key, out); }
        Status put(std::string_view key, ConstBytes value) override { return real.put(key, value); }
        Status remove(std::string_view key) override { return real.remove(key); }
        bool damaged() const override { return is; }
    } store;
    const Number floor(store, trust_names::floor);
    std::uint32_t value = 0;
    EXPECT_EQ(floor.load(value).error(), errors::trust_lost);
    store.is = false;
    EXPECT_EQ(floor.load(value).error(), errors::trust_lost) << "and stays so";
}

TEST(TrustRecord, a_store_that_does_not_answer_is_no_empty_one) {
    test::MemoryKeyValue store;
    store.power_off();
    std::uint32_t value = 0;
    EXPECT_EQ(Number(store, trust_names::floor).load(value).error(), errors::trust_lost);
}

std::vector<std::uint8_t> first_firmware(std::string_view key, ConstBytes content) {
    std::vector<std::uint8_t> record(content.size() + seal_overhead);
    std::copy(content.begin(), content.end(), record.begin() + 1);
    seal(key, 1, record);
    return record;
}

TEST(TrustRecord, takes_over_the_first_firmwares_record_and_goes_on_writing_it) {
    const std::array<std::uint8_t, 4> forty{40, 0, 0, 0};
    test::MemoryKeyValue store;
    store.values["ota.floor"] = first_firmware("ota.floor", forty);
    const Number floor(store, trust_names::floor);
    std::uint32_t value = 0;
    ASSERT_TRUE(floor.load(value).value());
    EXPECT_EQ(value, 40U);
    EXPECT_TRUE(store.values.contains("ota.floor.a") && store.values.contains("ota.floor.b"));
    ASSERT_TRUE(floor.save(42));
    const std::array<std::uint8_t, 4> forty_two{42, 0, 0, 0};
    EXPECT_EQ(store.values["ota.floor"], first_firmware("ota.floor", forty_two)) << "it may be gone back to";
    const std::array<std::uint8_t, 4> more{50, 0, 0, 0};
    store.values["ota.floor"] = first_firmware("ota.floor", more);  // gone back to, and it has confirmed an update
    ASSERT_TRUE(floor.load(value).value());
    EXPECT_EQ(value, 50U);
    store.values["ota.floor"] = first_firmware("ota.floor", forty);  // an older one comes back to life
    value = 0;
    ASSERT_TRUE(floor.load(value).value());
    EXPECT_EQ(value, 50U);
}

TEST(TrustRecord, a_damaged_record_of_the_first_firmware_is_lost) {
    test::MemoryKeyValue store;
    store.values["ota.floor"] = {1, 40, 0, 0, 0, 1, 2, 3, 4};
    std::uint32_t value = 0;
    EXPECT_EQ(Number(store, trust_names::floor).load(value).error(), errors::trust_lost);
}

// ---- every bit and every pair of bits of what is stored

TEST(TrustFlips, every_bit_and_every_pair_of_every_small_record) {
    unsigned bits_flipped = 0;
    unsigned pairs = 0;
    unsigned lost = 0;
    for (const auto& name : small_records) {
        test::MemoryKeyValue store;
        for (const std::uint32_t value : {1U, 2U, 3U}) ASSERT_TRUE(save(store, name, value));
        const auto whole = store.values;
        std::vector<std::pair<std::string, std::size_t>> bits;
        for (const auto& [key, value] : whole) {
            for (std::size_t bit = 0; bit < 8 * value.size(); ++bit) bits.emplace_back(key, bit);
        }
        for (std::size_t i = 0; i < bits.size(); ++i) {
            store.values = whole;
            flip(store.values[bits[i].first], bits[i].second);
            ASSERT_EQ(load(store, name), (Found{false, true, 3})) << name.key << " " << bits[i].first << bits[i].second;
            ASSERT_EQ(store.values, whole) << "mended";
            ++bits_flipped;
            for (std::size_t j = 0; j < i; ++j) {
                store.values = whole;
                flip(store.values[bits[i].first], bits[i].second);
                flip(store.values[bits[j].first], bits[j].second);
                const auto found = load(store, name);
                ASSERT_TRUE(found.lost || found == (Found{false, true, 3})) << name.key << " " << i << " " << j;
                lost += found.lost ? 1 : 0;
                ++pairs;
            }
        }
    }
    std::cout << "[  rot     ] " << std::size(small_records) << " records: " << bits_flipped << " bits, " << pairs
              << " pairs, of which " << lost << " closed the device\n";
}

// What a rotten entry can become in any store: gone, unreadable, or an earlier value. All combinations for the two
// mirrors, the mark and the first firmware's record; up to two of them at a time never open anything.
TEST(TrustFlips, every_state_of_every_copy) {
    unsigned states = 0;
    for (const auto& name : small_records) {
        for (const bool migrated : {false, true}) {
            if (migrated && name.former == Former::none) continue;
            test::MemoryKeyValue store;
            std::map<std::string, std::vector<std::uint8_t>, std::less<>> stages[4];
            if (migrated)
                store.values[std::string(name.key)] = name.former == Former::plain
                                                          ? std::vector<std::uint8_t>{0}
                                                          : first_firmware(name.key, std::array<std::uint8_t, 4>{});
            stages[0] = store.values;
            for (const std::uint32_t value : {1U, 2U, 3U}) {
                ASSERT_TRUE(save(store, name, value));
                stages[value] = store.values;
            }
            const std::array<std::string, 4> keys = {std::string(name.key) + ".a", std::string(name.key) + ".b",
                                                     "trust", std::string(name.key)};
            for (unsigned state = 0; state < 625; ++state) {
                store.values = stages[3];
                unsigned faults = 0;
                for (unsigned i = 0, rest = state; i < 4; ++i, rest /= 5) {
                    const auto& key = keys[i];
                    if (rest % 5 == 0 || !stages[3].contains(key)) continue;
                    ++faults;
                    if (rest % 5 == 1) store.values.erase(key);
                    if (rest % 5 == 2) store.values[key] = {9, 9, 9};
                    if (rest % 5 > 2) {
                        const auto& earlier = stages[rest % 5 - 2];
                        store.values.erase(key);
                        if (earlier.contains(key)) store.values[key] = earlier.at(key);
                    }
                }
                if (faults > 2) continue;
                ++states;
                const auto found = load(store, name);
                ASSERT_TRUE(found.lost || found == (Found{false, true, 3}))
                    << name.key << " " << state << " " << migrated;
            }
        }
    }
    std::cout << "[  rot     ] " << states << " states of mirrors, mark and former record\n";
}

// ---- the same as it lies in flash, with the store's own fields

constexpr std::size_t partition = 4 * vchip::erase_unit;

// A store in the middle of its life: the record's history, with others' entries between.
vchip::MemoryStore lived_in(const std::function<Status(chip::KeyValue&, std::uint32_t)>& write) {
    vchip::MemoryStore memory(partition);
    vchip::Flash flash(memory);
    vchip::KeyValue store(vchip::Region(flash, 0, partition), test::nvs_cipher());
    EXPECT_TRUE(store.mount());
    const std::vector<std::uint8_t> pad(1200, 0x5A);
    for (std::uint32_t value = 1; value <= 3; ++value) {
        EXPECT_TRUE(write(store, value));
        EXPECT_TRUE(store.put("other." + std::to_string(value % 2), ConstBytes(pad).first(700 + value)));
    }
    return memory;
}

Found restart(vchip::MemoryStore& memory, const TrustName& name) {
    vchip::Flash flash(memory);
    vchip::KeyValue store(vchip::Region(flash, 0, partition), test::nvs_cipher());
    if (!store.mount()) return {true, false, 0};  // storage is not there: whoever asks is refused
    return load(store, name);
}

std::set<std::string> keys_of(const TrustName& name) {
    return {std::string(name.key), std::string(name.key) + ".a", std::string(name.key) + ".b", "trust"};
}

TEST(TrustFlips, every_bit_as_it_lies_in_flash) {
    unsigned met = 0;
    unsigned flipped = 0;
    unsigned closed = 0;
    for (const auto& name : small_records) {
        const auto whole =
            lived_in([&](chip::KeyValue& store, std::uint32_t value) { return save(store, name, value); });
        auto sound = whole;
        ASSERT_EQ(restart(sound, name), (Found{false, true, 3}));
        for (const auto bit : test::bits_of(whole, 0, partition, keys_of(name), &test::nvs_cipher())) {
            if (++met % test::thinning != 0) continue;
            auto rotten = whole;
            test::flip_bit(rotten, bit);
            const auto found = restart(rotten, name);
            ASSERT_TRUE(found.lost || found == (Found{false, true, 3})) << name.key << " bit " << bit;
            if (!found.lost) {
                ASSERT_EQ(restart(rotten, name), found) << name.key << " bit " << bit;
            }
            closed += found.lost ? 1 : 0;
            ++flipped;
        }
    }
    EXPECT_EQ(closed, 0U) << "one bit does not close a device either";
    std::cout << "[  rot     ] " << flipped << " bits in flash, " << closed << " closed the device\n";
}

// Entries of others, too: a length that rots must not hide what stands behind it.
TEST(TrustFlips, every_bit_of_the_whole_partition) {
    const auto& name = trust_names::floor;
    const auto whole = lived_in([&](chip::KeyValue& store, std::uint32_t value) { return save(store, name, value); });
    const std::size_t step = (test::cut_factor() > 1 ? 1 : 3) * test::thinning;
    unsigned flipped = 0;
    for (std::size_t bit = 0; bit < 8 * partition; bit += step) {
        std::array<std::uint8_t, 4> around{};
        static_cast<void>(whole.read(bit / 8 / 4 * 4, around));
        if (bit % 32 > 2 && around == std::array<std::uint8_t, 4>{0xFF, 0xFF, 0xFF, 0xFF}) continue;  // erased: a few
        auto rotten = whole;
        test::flip_bit(rotten, bit);
        ASSERT_EQ(restart(rotten, name), (Found{false, true, 3})) << "bit " << bit;
        ++flipped;
    }
    std::cout << "[  rot     ] " << flipped << " bits of a whole partition\n";
}

TEST(TrustFlips, pairs_of_bits_as_they_lie_in_flash) {
    unsigned flipped = 0;
    unsigned closed = 0;
    for (const auto& name : small_records) {
        const auto whole =
            lived_in([&](chip::KeyValue& store, std::uint32_t value) { return save(store, name, value); });
        const auto bits = test::bits_of(whole, 0, partition, keys_of(name), &test::nvs_cipher());
        // All pairs are more than ten million for each record: a thinning that meets every bit with many others.
        const std::size_t stride = std::max<std::size_t>(1, 2003 / test::cut_factor()) * test::thinning;
        for (std::size_t pair = name.mark; pair < bits.size() * bits.size(); pair += stride) {
            const auto first = bits[pair / bits.size()];
            const auto second = bits[pair % bits.size()];
            if (first >= second) continue;
            auto rotten = whole;
            test::flip_bit(rotten, first);
            test::flip_bit(rotten, second);
            const auto found = restart(rotten, name);
            ASSERT_TRUE(found.lost || found == (Found{false, true, 3})) << name.key << " " << first << " " << second;
            closed += found.lost ? 1 : 0;
            ++flipped;
        }
    }
    std::cout << "[  rot     ] " << flipped << " pairs in flash, " << closed << " closed the device\n";
}

// ---- loss of power, alone and with rot

struct History {
    std::uint32_t acknowledged = 0;  // the latest value that save() has taken
    std::uint32_t tried = 0;
};

// From a firmware before the mirrors (its value is 1) to the third value, a restart between each.
void live(vchip::Flash& flash, const TrustName& name, History& history) {
    for (std::uint32_t value = 2; value <= 4; ++value) {
        vchip::KeyValue store(vchip::Region(flash, 0, partition), test::nvs_cipher());
        if (!store.mount()) return;
        load(store, name);
        history.tried = value;
        if (!save(store, name, value)) return;
        history.acknowledged = value;
    }
}

vchip::MemoryStore of_the_first_firmware(const TrustName& name) {
    vchip::MemoryStore memory(partition);
    vchip::Flash flash(memory);
    vchip::KeyValue store(vchip::Region(flash, 0, partition), test::nvs_cipher());
    EXPECT_TRUE(store.mount());
    const std::array<std::uint8_t, 4> one{1, 0, 0, 0};
    if (name.former == Former::plain) {
        EXPECT_TRUE(store.put(name.key, ConstBytes(one).first(1)));
    }
    if (name.former == Former::sealed) {
        EXPECT_TRUE(store.put(name.key, first_firmware(name.key, one)));
    }
    return memory;
}

std::string judge(const Found& found, const History& history, bool rot) {
    if (found.lost) return rot ? "" : "a loss of power closed the device";
    if (found.value < history.acknowledged) return "an older value, or none";
    return found.value > history.tried ? "a value that nobody saved" : "";
}

TEST(TrustCuts, a_loss_of_power_anywhere_leaves_the_old_or_the_new_value) {
    for (const auto& name : small_records) {
        History history;
        vchip::CutScenario scenario;
        scenario.prepare = [&] { return of_the_first_firmware(name); };
        scenario.run = [&](vchip::Flash& flash) {
            history = {name.former == Former::none ? 0U : 1U, 1};
            live(flash, name, history);
        };
        scenario.check = [&](vchip::Flash& flash) -> std::string {
            vchip::KeyValue store(vchip::Region(flash, 0, partition), test::nvs_cipher());
            if (!store.mount()) return "the store does not mount";
            return judge(load(store, name), history, false);
        };
        EXPECT_TRUE(test::survives_cuts(std::string(name.key), scenario, {.seeds = 2, .second_seeds = 1, .second_every = 8}));
    }
}

TEST(TrustCuts, a_bit_rots_after_a_loss_of_power) {
    unsigned cases = 0;
    unsigned closed = 0;
    for (const auto& name : {trust_names::floor, trust_names::config_counter, trust_names::commissioned}) {
        const auto before = of_the_first_firmware(name);
        const std::uint32_t first = name.former == Former::none ? 0 : 1;
        for (std::uint64_t operation = 1;; ++operation) {
            auto cut_store = before;
            History history{first, 1};
            vchip::Flash flash(cut_store);
            const auto kind = vchip::all_cut_kinds[operation % std::size(vchip::all_cut_kinds)];
            flash.set_plan({vchip::PowerCut{operation, kind, operation}, {}});
            live(flash, name, history);
            if (flash.powered()) break;  // no operation left to cut
            const auto bits = test::bits_of(cut_store, 0, partition, keys_of(name), &test::nvs_cipher());
            const std::size_t stride = std::max<std::size_t>(1, 17 / test::cut_factor());
            for (std::size_t i = operation % stride; i < bits.size(); i += stride) {
                auto rotten = cut_store;
                test::flip_bit(rotten, bits[i]);
                const auto found = restart(rotten, name);
                // A bit of the first firmware's only record, before anything newer was there, cannot be told.
                const bool untold = history.acknowledged <= first && !found.lost && !found.known;
                if (!untold) {
                    ASSERT_EQ(judge(found, history, true), "")
                        << name.key << " cut " << operation << " bit " << bits[i];
                }
                closed += found.lost ? 1 : 0;
                ++cases;
            }
        }
    }
    std::cout << "[  rot     ] " << cases << " losses of power with a rotten bit, " << closed << " closed the device\n";
}

}  // namespace
}  // namespace esb::settings
