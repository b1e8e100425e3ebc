#include "esb/settings/shelf.hpp"

#include "esb/base/pem.hpp"
#include "support/memory_key_value.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

namespace esb::settings {
namespace {

class ShelfTest : public testing::Test {
protected:
    void SetUp() override { ASSERT_TRUE(store.load()); }
    std::string put(std::uint8_t fill, std::size_t size = 300) {
        const std::vector<std::uint8_t> der(size, fill);
        const auto name = shelf.put(der);
        if (!name) return std::string(name.error().name());
        last = *name;
        return "";
    }
    bool has(const Shelf::Name& name) const {
        std::array<std::uint8_t, Shelf::longest> out;
        return shelf.get(name, out).has_value();
    }
    void change(std::string_view name, ConstBytes value, bool on_trial = false) {
        Patch patch(schema, Origin::console);
        ASSERT_TRUE(patch.set_bytes(name, value));
        ASSERT_TRUE(on_trial ? store.stage(patch) : store.commit(patch));
    }
    test::MemoryKeyValue flash;
    Schema schema;
    Store store{flash, schema};
    Shelf shelf{flash, store};
    Shelf::Name last{};
};

TEST_F(ShelfTest, what_was_put_is_found_by_its_hash) {
    EXPECT_EQ(put(1), "");
    const auto first = last;
    EXPECT_EQ(put(2, Shelf::longest), "");
    EXPECT_TRUE(has(first));
    EXPECT_TRUE(has(last));
    EXPECT_EQ(put(3, Shelf::longest + 1), "too_long");
    EXPECT_FALSE(has({}));
}

TEST_F(ShelfTest, the_same_again_takes_no_place) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(put(1), "");
    const auto first = last;
    for (std::uint8_t i = 2; i < 9; ++i) EXPECT_EQ(put(i), "");
    EXPECT_TRUE(has(first));
}

TEST_F(ShelfTest, what_a_setting_names_stays_and_the_oldest_of_the_others_goes) {
    EXPECT_EQ(put(0), "");
    const auto named = last;
    change(names::trusts[0].authority, named);
    for (std::uint8_t i = 1; i < 100; ++i) {
        const auto before = last;
        EXPECT_EQ(put(i), "");
        EXPECT_TRUE(has(named));
        EXPECT_TRUE(has(before)) << "what a change is about to name";
    }
}

TEST_F(ShelfTest, what_may_come_back_when_a_trial_ends_stays_too) {
    EXPECT_EQ(put(0), "");
    const auto before = last;
    change(names::trusts[0].authority, before);
    EXPECT_EQ(put(1), "");
    const auto tried = last;
    change(names::trusts[0].authority, tried, true);
    for (std::uint8_t i = 2; i < 40; ++i) EXPECT_EQ(put(i), "");
    EXPECT_TRUE(has(before));
    EXPECT_TRUE(has(tried));
    ASSERT_TRUE(store.revert());
    for (std::uint8_t i = 40; i < 80; ++i) EXPECT_EQ(put(i), "");
    EXPECT_TRUE(has(before));
    EXPECT_FALSE(has(tried));
}

TEST_F(ShelfTest, pem_has_to_be_a_certificate) {
    test::Pki pki;
    pki.authority("root");
    const auto name = shelf.put_pem(pki.text("root.pem"));
    ASSERT_TRUE(name);
    std::array<std::uint8_t, Shelf::longest> out;
    const auto der = pki.der("root");
    EXPECT_TRUE(equal(*shelf.get(*name, out), der));
    auto bytes = der;
    bytes[10] ^= 0xFF;
    std::array<char, 4096> text;
    EXPECT_EQ(shelf.put_pem(*encode_pem("CERTIFICATE", bytes, text)).error(), errors::bad_certificate);
    Patch patch(schema, Origin::portal);
    EXPECT_EQ(set_certificate(patch, "mqtt.0.psk.0", pki.text("root.pem"), shelf).error(), errors::setting_certificate);
    EXPECT_TRUE(set_certificate(patch, "mqtt.2.ca", pki.text("root.pem"), shelf));
}

TEST_F(ShelfTest, an_authority_or_a_pin_has_to_be_there_for_its_way_of_trust) {
    Patch alone(schema, Origin::console);
    ASSERT_TRUE(alone.set("mqtt.0.trust", "ca"));
    EXPECT_EQ(store.commit(alone).error(), errors::setting_trust);
    ASSERT_TRUE(alone.set("mqtt.0.trust", "pin"));
    EXPECT_EQ(store.commit(alone).error(), errors::setting_trust);
    ASSERT_TRUE(alone.set_bytes("mqtt.0.pin.1", Shelf::Name{1}));
    EXPECT_TRUE(store.commit(alone));
    Patch away(schema, Origin::mqtt);
    ASSERT_TRUE(away.unset("mqtt.0.pin.1"));
    EXPECT_EQ(store.commit(away).error(), errors::setting_trust);
}

}  // namespace
}  // namespace esb::settings
