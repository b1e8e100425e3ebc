#include "host/vchip/key_value.hpp"

#include "esb/base/encoding.hpp"
#include "tests/support/nvs_key.hpp"
#include "tests/support/raw_flash.hpp"

#include <gtest/gtest.h>
#include <array>
#include <random>
#include <string>

namespace esb::vchip {
namespace {

constexpr std::size_t partition_size = 6 * erase_unit;

class KeyValueTest : public testing::Test {
protected:
    Result<std::string> get(std::string_view key) {
        std::array<std::uint8_t, chip::kv_value_max> buffer{};
        const auto value = store.get(key, buffer);
        if (!value) return fail(value.error());
        return std::string(as_text(*value));
    }
    Status put(std::string_view key, std::string_view value) { return store.put(key, as_bytes(value)); }
    // What a restart makes of the flash.
    Result<chip::Mount> remount() {
        flash.power_on();
        store = KeyValue(Region(flash, 0, partition_size));
        return store.mount();
    }
    FaultPlan failing(std::uint64_t operation) { return {{}, {operation}}; }

    MemoryStore memory{partition_size};
    Flash flash{memory};
    KeyValue store{Region(flash, 0, partition_size)};
};

TEST_F(KeyValueTest, formats_an_erased_partition_once) {
    EXPECT_EQ(store.mount().value(), chip::Mount::formatted);
    EXPECT_EQ(remount().value(), chip::Mount::existing);
}

TEST_F(KeyValueTest, keeps_values_over_restarts) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("ident", "ESP-C44F330A9C35"));
    ASSERT_TRUE(put("empty", ""));
    ASSERT_TRUE(put("ident", "greenhouse"));
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("ident").value(), "greenhouse");
    EXPECT_EQ(get("empty").value(), "");
    EXPECT_EQ(store.keys(), (std::vector<std::string>{"empty", "ident"}));
}

TEST_F(KeyValueTest, removed_keys_stay_removed) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "1"));
    ASSERT_TRUE(store.remove("a"));
    EXPECT_EQ(get("a").error(), errors::kv_not_found);
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").error(), errors::kv_not_found);
    const auto before = flash.operations();
    EXPECT_TRUE(store.remove("a")) << "removing what is not there succeeds";
    EXPECT_EQ(flash.operations(), before);
}

TEST_F(KeyValueTest, an_equal_value_does_not_touch_the_flash) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "same"));
    const auto before = flash.operations();
    EXPECT_TRUE(put("a", "same"));
    EXPECT_EQ(flash.operations(), before);
    EXPECT_TRUE(put("a", "sane"));
    EXPECT_EQ(flash.operations(), before + 1);
}

TEST_F(KeyValueTest, holds_the_longest_value_and_refuses_a_longer_one) {
    ASSERT_TRUE(store.mount());
    const std::string longest(chip::kv_value_max, 'x');
    ASSERT_TRUE(put("a", longest));
    EXPECT_EQ(put("a", longest + "x").error(), errors::too_long);
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), longest);
}

TEST_F(KeyValueTest, a_small_buffer_learns_the_size) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "12345"));
    std::array<std::uint8_t, 4> buffer{};
    const auto value = store.get("a", buffer);
    EXPECT_EQ(value.error(), errors::kv_too_small);
    EXPECT_EQ(value.error().detail(), 5);
}

TEST_F(KeyValueTest, keys_have_one_to_fifteen_printable_characters) {
    ASSERT_TRUE(store.mount());
    EXPECT_TRUE(put("123456789012345", "x"));
    for (const auto* key : {"", "1234567890123456", "a\n", "\x7f"}) {
        EXPECT_EQ(put(key, "x").error(), errors::kv_bad_key) << key;
        EXPECT_EQ(get(key).error(), errors::kv_bad_key) << key;
        EXPECT_EQ(store.remove(key).error(), errors::kv_bad_key) << key;
    }
}

TEST_F(KeyValueTest, nothing_works_before_mounting) {
    EXPECT_EQ(put("a", "x").error(), errors::kv_corrupt);
    EXPECT_EQ(get("a").error(), errors::kv_corrupt);
    EXPECT_EQ(store.remove("a").error(), errors::kv_corrupt);
}

TEST_F(KeyValueTest, refuses_to_format_foreign_bytes) {
    const std::array<std::uint8_t, 4> foreign{1, 2, 3, 4};
    ASSERT_TRUE(flash.program(2 * erase_unit, foreign));
    EXPECT_EQ(store.mount().error(), errors::kv_corrupt);
    std::array<std::uint8_t, 4> kept{};
    ASSERT_TRUE(flash.read(2 * erase_unit, kept));
    EXPECT_EQ(kept, foreign);
}

TEST_F(KeyValueTest, needs_three_pages) {
    KeyValue small(Region(flash, 0, 2 * erase_unit));
    EXPECT_EQ(small.mount().error(), errors::kv_corrupt);
}

TEST_F(KeyValueTest, a_full_partition_keeps_old_values_and_can_be_emptied) {
    ASSERT_TRUE(store.mount());
    const std::string big(3900, 'b');
    int stored = 0;
    while (put("k" + std::to_string(stored), big)) ++stored;
    EXPECT_EQ(stored, 5) << "one of six pages is always free";
    EXPECT_EQ(put("k0", std::string(3900, 'c')).error(), errors::kv_full);
    const auto before = flash.operations();
    EXPECT_EQ(put("more", big).error(), errors::kv_full);
    EXPECT_EQ(flash.operations(), before) << "a refusal that can be foreseen costs no flash";
    EXPECT_EQ(get("k0").value(), big);
    for (int i = 0; i < stored; ++i) ASSERT_TRUE(store.remove("k" + std::to_string(i))) << i;
    EXPECT_TRUE(put("more", big));
    ASSERT_TRUE(remount());
    EXPECT_EQ(store.keys(), std::vector<std::string>{"more"});
}

TEST_F(KeyValueTest, removal_always_finds_room) {
    ASSERT_TRUE(store.mount());
    int stored = 0;
    while (put("k" + std::to_string(stored), std::string(200, 'x'))) ++stored;
    ASSERT_GT(stored, 80);
    for (int i = 0; i < stored; ++i) ASSERT_TRUE(store.remove("k" + std::to_string(i))) << i;
    EXPECT_TRUE(store.keys().empty());
}

TEST_F(KeyValueTest, large_values_find_room_between_small_ones) {
    // Five pages of which each is 60 % full would have no room for another page's worth unless they are packed.
    ASSERT_TRUE(store.mount());
    for (int i = 0; i < 36; ++i) ASSERT_TRUE(put("k" + std::to_string(i), std::string(480, 'x')));
    for (int i = 0; i < 36; i += 2) ASSERT_TRUE(store.remove("k" + std::to_string(i)));
    EXPECT_TRUE(put("big1", std::string(4000, 'y')));
    EXPECT_TRUE(put("big2", std::string(4000, 'y')));
    ASSERT_TRUE(remount());
    for (int i = 1; i < 36; i += 2) EXPECT_EQ(get("k" + std::to_string(i)).value(), std::string(480, 'x'));
    EXPECT_EQ(get("big2").value().size(), 4000U);
}

TEST_F(KeyValueTest, wear_spreads_over_all_pages) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("still", std::string(1500, 's')));
    for (int i = 0; i < 5000; ++i) ASSERT_TRUE(put("moving", std::to_string(i)));
    const auto& erases = flash.wear().erases;
    const auto [least, most] = std::minmax_element(erases.begin(), erases.end());
    EXPECT_GT(*least, 5U);
    EXPECT_LE(*most - *least, 1U) << "the page with the value that never changes takes part";
    EXPECT_EQ(flash.overprograms(), 0U);
}

TEST_F(KeyValueTest, a_failed_operation_leaves_the_old_value_and_the_next_try_works) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "old"));
    ASSERT_TRUE(put("b", "other"));
    flash.set_plan(failing(flash.operations() + 1));
    EXPECT_EQ(put("a", "a longer new value").error(), errors::flash_failed);
    EXPECT_EQ(get("a").value(), "old");
    ASSERT_TRUE(put("a", "newer"));
    EXPECT_EQ(get("b").value(), "other");
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), "newer");
    EXPECT_EQ(get("b").value(), "other");
}

TEST_F(KeyValueTest, survives_a_failure_of_any_operation) {
    std::uint64_t total = 1;
    for (std::uint64_t failing_operation = 1; failing_operation <= total; ++failing_operation) {
        memory = MemoryStore(partition_size);
        Flash worn(memory);
        KeyValue fresh(Region(worn, 0, partition_size));
        worn.set_plan(failing(failing_operation));
        ASSERT_TRUE(fresh.mount() || fresh.mount()) << failing_operation;
        std::map<std::string, std::string> model;
        for (int i = 0; i < 150; ++i) {
            const std::string key = "k" + std::to_string(i * 7 % 11);
            const std::string value(static_cast<std::size_t>(i * 53 % 400), static_cast<char>('a' + i % 26));
            const auto try_put = [&] { return fresh.put(key, as_bytes(value)).has_value(); };
            ASSERT_TRUE(try_put() || try_put()) << failing_operation;
            model[key] = value;
        }
        total = worn.operations();
        worn.set_plan({});
        KeyValue again(Region(worn, 0, partition_size));
        ASSERT_TRUE(again.mount()) << failing_operation;
        std::array<std::uint8_t, 400> buffer{};
        for (const auto& [key, value] : model) {
            ASSERT_EQ(as_text(again.get(key, buffer).value()), value) << failing_operation;
        }
    }
    EXPECT_GT(total, 150U);
}

TEST_F(KeyValueTest, a_corrupt_entry_loses_only_itself) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "AAAA"));
    ASSERT_TRUE(put("b", "BBBB"));
    ASSERT_TRUE(put("c", "CCCC"));
    // Page 1 at place 1: header, then a's and b's entries of 28 bytes; clear bits in b's value.
    const std::array<std::uint8_t, 4> rot{0, 0, 0, 0};
    ASSERT_TRUE(flash.program(erase_unit + 16 + 28 + 24, rot));
    EXPECT_EQ(get("b").error(), errors::kv_corrupt);
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), "AAAA");
    EXPECT_EQ(get("b").error(), errors::kv_not_found);
    EXPECT_EQ(get("c").value(), "CCCC");
    EXPECT_TRUE(put("b", "B2"));
}

// Each bit of the outer entry's header, as the last entry and with another one behind it.
TEST_F(KeyValueTest, a_value_that_looks_like_an_entry_is_not_read_as_one) {
    const auto fake = kv_log::encode(1, 0, kv_log::EntryKind::value, "admin", as_bytes("evil"));
    const std::string hostile(as_text(fake));
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("name", hostile + hostile + hostile + hostile));
    for (const bool last : {true, false}) {
        ASSERT_TRUE(remount());  // the flash was put back
        ASSERT_TRUE(last || put("next", "sound"));
        std::vector<std::uint8_t> before(memory.size());
        ASSERT_TRUE(memory.read(0, before));
        for (std::size_t bit = 0; bit < 8 * kv_log::entry_header_size; ++bit) {
            test::flip_bit(memory, 8 * (erase_unit + kv_log::header_size) + bit);
            ASSERT_TRUE(remount());
            EXPECT_EQ(get("admin").error(), errors::kv_not_found) << bit;
            EXPECT_TRUE(last || get("next").value_or("lost") == "sound") << bit;
            ASSERT_TRUE(memory.write(0, before));
        }
    }
}

// Pages of earlier versions do not say where the page before them ends.
TEST_F(KeyValueTest, reads_pages_of_earlier_versions) {
    for (const bool encrypted : {false, true}) {
        std::array<std::uint8_t, kv_log::header_size> header{};
        ByteWriter writer(header);
        writer.text(encrypted ? "ESKX" : "ESKV").le32(7).le32(6);
        writer.le32(crc32(writer.written()));
        const auto parsed = kv_log::parse_header(header, 4);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->sequence, 7U);
        EXPECT_EQ(parsed->oldest, 6U);
        EXPECT_EQ(parsed->encrypted, encrypted);
        EXPECT_FALSE(parsed->before);
    }
}

TEST_F(KeyValueTest, goes_on_with_a_flash_of_an_earlier_version) {
    constexpr std::uint32_t pages = partition_size / erase_unit;
    ASSERT_TRUE(store.mount());
    for (char c = 'a'; c < 'k'; ++c) ASSERT_TRUE(put(std::string(1, c), std::string(1200, c)));
    for (std::size_t at = 0; at < partition_size; at += erase_unit) {
        std::array<std::uint8_t, kv_log::header_size> bytes{};
        ASSERT_TRUE(memory.read(at, bytes));
        auto header = kv_log::parse_header(bytes, pages);
        if (!header) continue;
        header->before.reset();
        ASSERT_TRUE(memory.write(at, kv_log::encode(*header)));
    }
    for (int boot = 0; boot < 12; ++boot) {
        ASSERT_TRUE(remount());
        for (char c = 'a'; c < 'k'; ++c) ASSERT_EQ(get(std::string(1, c)).value_or("lost"), std::string(1200, c));
        ASSERT_TRUE(put("more", std::string(900, static_cast<char>('A' + boot))));
    }
}

// What was not believed once does not count later, however well it is read then: the next page says where this one ends.
TEST_F(KeyValueTest, what_was_not_believed_never_counts) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "old"));
    ASSERT_TRUE(put("a", "new"));
    const std::size_t last = erase_unit + kv_log::header_size + kv_log::entry_size(3);
    test::flip_bit(memory, 8 * last);
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), "old");
    test::flip_bit(memory, 8 * last);
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), "old");
}

// A header that was begun may be read as a good one another time, and its page says where this one ends.
TEST_F(KeyValueTest, a_page_that_was_begun_is_opened_anew) {
    constexpr std::uint32_t pages = partition_size / erase_unit;
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "1"));
    const auto header = kv_log::encode({2, 1, false, 20});
    ASSERT_TRUE(flash.program(2 * erase_unit, ConstBytes(header).first(12)));
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("a").value(), "1");
    std::array<std::uint8_t, kv_log::header_size> found{};
    ASSERT_TRUE(memory.read(2 * erase_unit, found));
    const auto parsed = kv_log::parse_header(found, pages);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->before, std::optional(kv_log::header_size + kv_log::entry_size(1)));
}

// The newest page is made anew, and a cut takes one of the copies, though neither header nor footer.
TEST_F(KeyValueTest, a_page_of_copies_counts_with_all_of_them_only) {
    MemoryStore cells(3 * erase_unit);
    std::size_t footer = 0;
    FlashHooks hooks;
    hooks.on_operation = [&footer](const FlashOperation& operation) {
        if (operation.length == kv_log::footer_size) footer = operation.offset;
    };
    Flash ring(cells, hooks);
    KeyValue first(Region(ring, 0, cells.size()));
    ASSERT_TRUE(first.mount());
    ASSERT_TRUE(first.put("still", as_bytes("here")));
    ASSERT_TRUE(first.put("other", as_bytes("too")));
    const std::string filler(1900, 'x');
    MemoryStore before = cells;
    for (char c = '0'; footer == 0; ++c) {
        before = cells;
        ASSERT_TRUE(first.put("filler", as_bytes(filler + c)));
    }
    // Once more, and the power goes when the footer has been written.
    footer = 0;
    for (std::uint64_t at = 1; footer == 0; ++at) {
        MemoryStore copy = before;
        Flash trial(copy, hooks);
        KeyValue third(Region(trial, 0, copy.size()));
        ASSERT_TRUE(third.mount());
        trial.set_plan({PowerCut{trial.operations() + at, CutKind::after}, {}});
        static_cast<void>(third.put("filler", as_bytes(filler + 'z')));
        if (footer != 0) cells = copy;
    }
    const std::size_t page = footer / erase_unit * erase_unit;
    test::flip_bit(cells, 8 * (page + kv_log::header_size));
    Flash after(cells);
    KeyValue last(Region(after, 0, cells.size()));
    ASSERT_TRUE(last.mount());
    std::array<std::uint8_t, 8> value{};
    EXPECT_EQ(as_text(last.get("still", value).value()), "here");
    EXPECT_EQ(as_text(last.get("other", value).value()), "too");
    EXPECT_FALSE(last.damaged());
}

bool holds(const MemoryStore& memory, std::string_view what) {
    std::string bytes(memory.size(), '\0');
    EXPECT_TRUE(memory.read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
    return bytes.find(what) != std::string::npos;
}

TEST_F(KeyValueTest, an_encrypted_store_shows_neither_values_nor_keys) {
    KeyValue hidden(Region(flash, 0, partition_size), test::nvs_cipher());
    ASSERT_TRUE(hidden.mount());
    EXPECT_TRUE(hidden.encrypted());
    const std::string secret = "correct horse battery staple";
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(hidden.put("wifi.0.pass", as_bytes(secret + std::to_string(i))));
    ASSERT_TRUE(hidden.put("wifi.0.pass", as_bytes(secret)));
    EXPECT_FALSE(holds(memory, "horse"));
    EXPECT_FALSE(holds(memory, "wifi"));
    KeyValue again(Region(flash, 0, partition_size), test::nvs_cipher());
    ASSERT_TRUE(again.mount());
    std::array<std::uint8_t, 64> out{};
    EXPECT_EQ(as_text(again.get("wifi.0.pass", out).value()), secret);
}

TEST_F(KeyValueTest, a_value_looks_different_at_each_place) {
    KeyValue hidden(Region(flash, 0, partition_size), test::nvs_cipher());
    ASSERT_TRUE(hidden.mount());
    ASSERT_TRUE(hidden.put("k", as_bytes("the same sixteen")));
    ASSERT_TRUE(hidden.remove("k"));
    ASSERT_TRUE(hidden.put("k", as_bytes("the same sixteen")));
    constexpr std::size_t first = erase_unit + kv_log::header_size;
    constexpr std::size_t second = first + kv_log::entry_size(16) + kv_log::entry_size(0);
    std::array<std::uint8_t, kv_log::entry_size(16)> a{};
    std::array<std::uint8_t, kv_log::entry_size(16)> b{};
    ASSERT_TRUE(memory.read(first, a));
    ASSERT_TRUE(memory.read(second, b));
    EXPECT_FALSE(equal(ConstBytes(a).subspan(8), ConstBytes(b).subspan(8)));
    EXPECT_TRUE(equal(ConstBytes(a).subspan(4, 4), ConstBytes(b).subspan(4, 4)));
}

TEST_F(KeyValueTest, an_encrypted_store_is_nothing_to_a_chip_without_its_key) {
    KeyValue hidden(Region(flash, 0, partition_size), test::nvs_cipher());
    ASSERT_TRUE(hidden.mount());
    ASSERT_TRUE(hidden.put("a", as_bytes("1")));
    EXPECT_EQ(remount().error(), errors::kv_corrupt);
    KeyValue other(Region(flash, 0, partition_size), NvsCipher(EfuseKey{1}));
    ASSERT_TRUE(other.mount());
    std::array<std::uint8_t, 8> out{};
    EXPECT_EQ(other.get("a", out).error(), errors::kv_not_found);
}

TEST_F(KeyValueTest, a_store_from_before_stays_in_the_clear) {
    ASSERT_TRUE(store.mount());
    ASSERT_TRUE(put("a", "visible"));
    KeyValue upgraded(Region(flash, 0, partition_size), test::nvs_cipher());
    EXPECT_EQ(upgraded.mount().value(), chip::Mount::existing);
    EXPECT_FALSE(upgraded.encrypted());
    std::array<std::uint8_t, 8> out{};
    EXPECT_EQ(as_text(upgraded.get("a", out).value()), "visible");
    ASSERT_TRUE(upgraded.put("b", as_bytes("too")));
    ASSERT_TRUE(remount());
    EXPECT_EQ(get("b").value(), "too");
}

// The expected bytes are those of Python's cryptography, with keys from its PBKDF2.
TEST(NvsCipher, is_xts_aes_256) {
    const NvsCipher cipher(EfuseKey{1, 2, 3});
    std::vector<std::uint8_t> bytes(20);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    const auto plain = bytes;
    cipher.encrypt(7, 40, bytes);
    char digits[64];
    EXPECT_EQ(hex_encode(bytes, digits).value(), "e951cad6dfdf9e068372be0489c97bde18933cac");
    cipher.decrypt(7, 40, bytes);
    EXPECT_EQ(bytes, plain);
}

TEST_F(KeyValueTest, mounting_reads_each_page_and_writes_at_most_three_times) {
    ASSERT_TRUE(store.mount());
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(put("k" + std::to_string(i % 9), std::to_string(i)));
    ASSERT_TRUE(remount());
    EXPECT_LE(flash.operations(), 3U);
}

// What mounting believes it programs once more, so that every later boot reads the same.
TEST_F(KeyValueTest, mounting_settles_the_unstable_cells_it_believes) {
    KeyValue small(Region(flash, 0, 3 * erase_unit));
    ASSERT_TRUE(small.mount());
    for (char c = 'a'; c < 'e'; ++c) ASSERT_TRUE(small.put("big", as_bytes(std::string(1800, c))));
    // Page 2 is the newest now. Page 3's header, written by a session that ended there:
    const kv_log::PageHeader header{3, 2};
    ASSERT_TRUE(flash.program(0, kv_log::encode(header)));
    const auto settles = [this](std::size_t byte) {
        std::uint8_t present = 0;
        EXPECT_TRUE(memory.read(byte, {&present, 1}));
        const auto programmed = static_cast<std::uint8_t>(~present);
        EXPECT_NE(programmed, 0);
        int settled = 0;
        for (std::uint64_t noise = 1; noise <= 20; ++noise) {
            MemoryStore copy = memory;
            copy.unstable[byte] = static_cast<std::uint8_t>(programmed & -programmed);
            Flash unstable(copy, {}, noise);
            KeyValue mounted(Region(unstable, 0, 3 * erase_unit));
            EXPECT_TRUE(mounted.mount());
            std::array<std::uint8_t, 1800> buffer{};
            EXPECT_EQ(mounted.get("big", buffer).value().back(), 'd');
            if (copy.unstable.empty()) ++settled;
        }
        return settled > 0;
    };
    EXPECT_TRUE(settles(4)) << "the header of a page without entries";
}

// Random operations against std::map, with restarts in between.
TEST_F(KeyValueTest, behaves_like_a_map) {
    std::mt19937 random(20240607);
    const auto below = [&random](unsigned limit) { return static_cast<unsigned>(random() % limit); };
    ASSERT_TRUE(store.mount());
    std::map<std::string, std::string> model;
    int full = 0;
    for (int step = 0; step < 20000; ++step) {
        const std::string key = "key" + std::to_string(below(12));
        const unsigned what = below(100);
        if (what < 2) {
            ASSERT_EQ(remount().value(), chip::Mount::existing);
        } else if (what < 20) {
            ASSERT_TRUE(store.remove(key));
            model.erase(key);
        } else if (what < 75) {
            const std::string value(below(what < 25 ? 4001 : 300), static_cast<char>('a' + below(26)));
            const auto stored = put(key, value);
            if (stored) {
                model[key] = value;
            } else {
                ASSERT_EQ(stored.error(), errors::kv_full);
                ++full;
            }
        } else {
            const auto value = get(key);
            ASSERT_EQ(value.has_value(), model.contains(key)) << step;
            ASSERT_EQ(value.value_or(""), value ? model[key] : "") << step;
        }
    }
    EXPECT_GT(full, 0) << "the test should reach a full store";
    EXPECT_EQ(flash.overprograms(), 0U);
    ASSERT_TRUE(remount());
    EXPECT_EQ(store.keys().size(), model.size());
    for (const auto& [key, value] : model) EXPECT_EQ(get(key).value(), value);
}

}  // namespace
}  // namespace esb::vchip
