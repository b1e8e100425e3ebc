#include "esb/ota/records.hpp"

#include "tests/support/memory_key_value.hpp"
#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <vector>

namespace esb::ota {
namespace {

crypto::Digest digest(std::uint8_t value) {
    crypto::Digest made;
    made.fill(value);
    return made;
}

TrialRecord trial() {
    TrialRecord record;
    record.image = {chip::SlotId::b, 42, 812345, digest(1), digest(2)};
    EXPECT_TRUE(record.ver.assign("1.4.0"));
    record.floor = 40;
    record.from_seq = 41;
    record.phase = TrialPhase::started;
    record.cause = TrialCause::silent;
    record.rollback = true;
    record.crashes = 1;
    record.other_failures = 2;
    return record;
}

template <typename T>
std::vector<std::uint8_t> bytes_of(const T& record) {
    std::vector<std::uint8_t> out(1000);
    ByteWriter writer(out);
    encode(record, writer);
    out.resize(writer.size());
    return out;
}

struct StoredRecords : testing::Test {
    test::MemoryKeyValue store;
    Records records{store};
};

TEST_F(StoredRecords, tell_what_lies_in_each_slots_partitions) {
    const DataRecord record{42, {}};
    auto two = record;
    ASSERT_TRUE(two.parts.push_back({*FixedString<14>::from("www"), 70'000, digest(1)}));
    ASSERT_TRUE(two.parts.push_back({*FixedString<14>::from("fourteen_chars"), 1, digest(2)}));
    ASSERT_TRUE(records.data(chip::SlotId::a).save(two));
    ASSERT_TRUE(records.data(chip::SlotId::b).save(record));
    Records again(store);
    const auto a = again.data(chip::SlotId::a).load();
    ASSERT_TRUE(a);
    EXPECT_EQ(*a, two);
    ASSERT_NE(a->find("www"), nullptr);
    EXPECT_EQ(a->find("www")->size, 70'000U);
    EXPECT_EQ(a->find("ww"), nullptr);
    EXPECT_EQ(*again.data(chip::SlotId::b).load(), record);
    const auto bytes = bytes_of(two);
    DataRecord out;
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode(ConstBytes(bytes).first(size), out)) << size;
}

TEST_F(StoredRecords, survive_a_restart) {
    ASSERT_TRUE(records.trial.save(trial()));
    ASSERT_TRUE(records.mark.save({digest(3), 65536, digest(4)}));
    ASSERT_TRUE(records.floor.save(40));
    ASSERT_TRUE(records.run.save(trial().image));
    Records again(store);
    const auto read = again.trial.load();
    ASSERT_TRUE(read);
    EXPECT_EQ(read->image, trial().image);
    EXPECT_EQ(read->ver, "1.4.0");
    EXPECT_EQ(read->floor, 40U);
    EXPECT_EQ(read->from_seq, 41U);
    EXPECT_EQ(read->phase, TrialPhase::started);
    EXPECT_EQ(read->cause, TrialCause::silent);
    EXPECT_TRUE(read->rollback);
    EXPECT_EQ(read->crashes, 1);
    EXPECT_EQ(read->other_failures, 2);
    EXPECT_EQ(again.mark.load()->bytes, 65536U);
    std::uint32_t floor = 0;
    EXPECT_TRUE(again.floor.load(floor).value());
    EXPECT_EQ(floor, 40U);
    EXPECT_EQ(again.run.load()->seq, 42U);
    ASSERT_TRUE(again.trial.remove());
    EXPECT_EQ(again.trial.load().error(), errors::kv_not_found);
}

TEST_F(StoredRecords, hold_a_full_key_set) {
    KeySet set;
    set.version = 3;
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(set.keys.push_back(*parse_key(test::TestSigner("key " + std::to_string(i)).public_text())));
    }
    ASSERT_TRUE(records.keys.save(set));
    KeySet read;
    ASSERT_TRUE(records.keys.load(read).value());
    ASSERT_EQ(read.keys.size(), 8U);
    EXPECT_EQ(read.version, 3U);
    EXPECT_EQ(read.keys[7].kid, set.keys[7].kid);
}

TEST_F(StoredRecords, hold_the_latest_failures) {
    FailureList list;
    for (std::uint8_t i = 1; i <= 8; ++i) list.of(digest(i)).strikes[i % max_urls] = i;
    EXPECT_EQ(list.entries.size(), 6U);
    EXPECT_EQ(list.find(digest(2)), nullptr) << "the oldest are forgotten";
    ++list.of(digest(3)).failures;
    EXPECT_EQ(list.entries[5].job, digest(3)) << "the latest is last";
    ASSERT_TRUE(records.failures.save(list));
    const auto read = Records(store).failures.load();
    ASSERT_TRUE(read);
    ASSERT_EQ(read->entries.size(), 6U);
    EXPECT_EQ(read->find(digest(3))->failures, 1);
    EXPECT_EQ(read->find(digest(3))->strikes[3], 3);
    EXPECT_TRUE(list.forget(digest(3)));
    EXPECT_FALSE(list.forget(digest(3)));
    EXPECT_EQ(list.entries.size(), 5U);
}

TEST_F(StoredRecords, hold_the_largest_envelope) {
    std::array<std::uint8_t, Records::job_buffer> scratch;
    const std::string text(envelope_max, 'x');
    ASSERT_TRUE(records.save_job(text, scratch));
    EXPECT_EQ(records.load_job(scratch).value(), text);
    EXPECT_EQ(records.save_job(text + "x", scratch).error(), errors::too_long);
    ASSERT_TRUE(records.remove_job());
    EXPECT_EQ(records.load_job(scratch).error(), errors::kv_not_found);
}

TEST_F(StoredRecords, refuse_every_bit_flip_and_every_prefix) {
    ASSERT_TRUE(records.trial.save(trial()));
    const auto good = store.values["ota.trial"];
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        auto flipped = good;
        flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << bit % 8));
        store.values["ota.trial"] = flipped;
        ASSERT_EQ(records.trial.load().error(), errors::ota_record) << bit;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        store.values["ota.trial"].assign(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
        ASSERT_EQ(records.trial.load().error(), errors::ota_record) << size;
    }
    store.values["ota.trial"] = std::vector<std::uint8_t>(4000);
    EXPECT_EQ(records.trial.load().error(), errors::ota_record);
}

TEST_F(StoredRecords, are_bound_to_their_key) {
    ASSERT_TRUE(records.run.save(trial().image));
    store.values["ota.prev"] = store.values["ota.run"];
    EXPECT_EQ(records.previous.load().error(), errors::ota_record);
}

TEST_F(StoredRecords, pass_the_stores_errors_on) {
    store.fail_at(1, errors::kv_full);
    EXPECT_EQ(records.run.save({}).error(), errors::kv_full);
    store.fail_at(1, errors::kv_corrupt);
    EXPECT_EQ(records.run.load().error(), errors::kv_corrupt);
    std::array<std::uint8_t, Records::job_buffer> scratch;
    store.values["ota.job"] = {1, 2, 3, 4, 5, 6};
    EXPECT_EQ(records.load_job(scratch).error(), errors::ota_record);
}

TEST(RecordDecoders, refuse_values_outside_their_enumerations) {
    const auto good = bytes_of(trial());
    TrialRecord out;
    ASSERT_TRUE(decode(good, out));
    const std::size_t flags = good.size() - 5;  // phase, cause, rollback, crashes, other failures
    for (const auto& [at, value] :
         {std::pair{std::size_t{0}, 2}, std::pair{flags, 7}, std::pair{flags + 1, 7}, std::pair{flags + 2, 2}}) {
        auto bad = good;
        bad[at] = static_cast<std::uint8_t>(value);
        TrialRecord ignored;
        EXPECT_EQ(decode(bad, ignored).error(), errors::ota_record) << at;
    }
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode(longer, out));
}

// An image that was there from birth has no hash, which is not the same as a hash of zeros.
TEST(RecordDecoders, tell_absent_from_zero) {
    const ImageRecord whole{chip::SlotId::b, 42, 812345, digest(1), digest(2)};
    EXPECT_EQ(bytes_of(whole).size(), 73U) << "as the first firmwares wrote it";
    for (unsigned form = 0; form < 27; ++form) {  // each of the three: there, zero, absent
        auto image = whole;
        if (form % 3 == 1) image.size = 0;
        if (form % 3 == 2) image.size.reset();
        if (form / 3 % 3 == 1) image.sha256 = digest(0);
        if (form / 3 % 3 == 2) image.sha256.reset();
        if (form / 9 == 1) image.job = digest(0);
        if (form / 9 == 2) image.job.reset();
        ImageRecord read;
        ASSERT_TRUE(decode(bytes_of(image), read)) << form;
        EXPECT_EQ(read, image) << form;
    }
}

TEST(RecordDecoders, read_the_zeros_of_the_first_firmwares_as_absent) {
    std::vector<std::uint8_t> stored(73, 0);
    stored[0] = 1;
    stored[1] = 41;
    ImageRecord read;
    ASSERT_TRUE(decode(stored, read));
    EXPECT_EQ(read, (ImageRecord{chip::SlotId::b, 41, {}, {}, {}}));
    ImageRecord ignored;
    stored[0] = 0x81;  // says that something is absent, but nothing is, nor zero
    stored.assign(stored.size(), 7);
    EXPECT_FALSE(decode(stored, ignored));
}

TEST(RecordDecoders, refuse_too_many_elements_and_bad_keys) {
    BadList list;
    EXPECT_FALSE(decode(std::vector<std::uint8_t>(1 + 9 * 32, 9), list));
    KeySet set;
    std::vector<std::uint8_t> off_curve(4 + 1 + 64, 1);
    EXPECT_FALSE(decode(off_curve, set));
}

// What a firmware from before the mirrors has stored meanwhile only adds.
TEST(RecordDecoders, refuse_an_end_of_a_postponement_that_no_clock_can_reach) {
    WaitRecord record{digest(1), false, UnixTime(7200), UnixTime(0xFF'FFFF'FFFF)};
    WaitRecord read;
    ASSERT_TRUE(decode(bytes_of(record), read));
    EXPECT_EQ(read, record);
    for (const std::int64_t until : {INT64_MIN, std::int64_t{-1}, std::int64_t{1} << 40, INT64_MAX}) {
        record.until = UnixTime(until);
        EXPECT_EQ(decode(bytes_of(record), read).error(), errors::ota_record) << until;
    }
}

TEST(TrustRecords, take_over_what_an_earlier_firmware_adds) {
    BadList list;
    BadList earlier;
    list.add(digest(1));
    earlier.add(digest(1));
    EXPECT_FALSE(absorb(list, earlier));
    earlier.add(digest(2));
    EXPECT_TRUE(absorb(list, earlier));
    EXPECT_TRUE(list.contains(digest(1)) && list.contains(digest(2)));
    KeySet set;
    KeySet other;
    set.version = 3;
    other.version = 2;
    EXPECT_FALSE(absorb(set, other));
    EXPECT_EQ(set.version, 3U);
    other.version = 4;
    EXPECT_TRUE(absorb(set, other));
    EXPECT_EQ(set.version, 4U);
}

// Every bit of the large records, as they lie in the store.
TEST(TrustRecords, no_bit_of_the_key_set_or_the_quarantine_opens_anything) {
    const auto key = *parse_key(test::TestSigner("one").public_text());
    unsigned flipped = 0;
    for (const bool keys : {true, false}) {
        test::MemoryKeyValue store;
        const Records records(store);
        for (std::uint32_t version = 2; version <= 3; ++version) {
            KeySet set;
            set.version = version;
            ASSERT_TRUE(set.keys.push_back(key));
            BadList list;
            for (std::uint32_t i = 0; i < version; ++i) list.add(digest(static_cast<std::uint8_t>(i)));
            ASSERT_TRUE(keys ? records.keys.save(set) : records.bad.save(list));
        }
        const auto whole = store.values;
        for (const auto& [name, bytes] : whole) {
            for (std::size_t bit = 0; bit < 8 * bytes.size(); bit += keys ? 3 : 1) {  // a key is checked each time
                store.values = whole;
                auto& rotten = store.values[name][bit / 8];
                rotten = static_cast<std::uint8_t>(rotten ^ (1U << bit % 8));
                KeySet set;
                BadList list;
                ASSERT_TRUE(keys ? records.keys.load(set).value() : records.bad.load(list).value()) << name << bit;
                ASSERT_EQ(keys ? set.version : list.digests.size(), 3U) << name << " " << bit;
                ASSERT_EQ(store.values, whole) << "mended";
                ++flipped;
            }
        }
    }
    std::cout << "[  rot     ] " << flipped << " bits of key set and quarantine\n";
}

TEST(BadList, forgets_the_oldest) {
    BadList list;
    for (std::uint8_t i = 0; i < 9; ++i) list.add(digest(i));
    list.add(digest(5));
    EXPECT_EQ(list.digests.size(), 8U);
    EXPECT_FALSE(list.contains(digest(0)));
    EXPECT_TRUE(list.contains(digest(1)));
    EXPECT_TRUE(list.contains(digest(8)));
}

}  // namespace
}  // namespace esb::ota
