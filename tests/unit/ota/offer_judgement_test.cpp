// An offer's judgement by itself: no chip, no network, nothing under way.
#include "esb/ota/errors.hpp"
#include "esb/ota/install.hpp"
#include "esb/ota/legacy.hpp"
#include "tests/support/memory_key_value.hpp"
#include "tests/support/update_rig.hpp"

#include <gtest/gtest.h>

namespace esb::ota {
namespace {

using test::Manifest;

class Judgement : public testing::Test {
protected:
    const test::Image image = test::make_image({.seq = 42, .ver = "1.4.0"});
    const ImageIdentity running{"basic", "vchip", "1.3.0", 41};
    const Identity us = *make_identity("ESP-1");
    test::MemoryKeyValue store;
    Records records{store};
    Trust trust{records, running};
    UpdatePolicy policy;
    OfferFacts facts{running, trust, policy, {}, 200'000, 0x10000};
    Offer offer;

    Status open(const Manifest& manifest, EnvelopeType type = EnvelopeType::update) {
        const auto json = manifest.json();
        return offer.open({type, {}, as_bytes(json), crypto::sha256(as_bytes(json))}, us);
    }
    Manifest manifest() const { return Manifest::of(image); }
    // Of an offer that is well-formed.
    const ErrorKind* preflight(const Manifest& changed) {
        EXPECT_TRUE(open(changed));
        return why(offer.preflight(facts));
    }
    static const ErrorKind* why(const Status& status) {
        for (const auto* kind : all_errors) {
            if (!status && status.error() == *kind) return kind;
        }
        EXPECT_TRUE(status) << status.error().name();
        return nullptr;
    }
    ImageDescriptor descriptor() const {
        ImageDescriptor made;
        std::memcpy(&made, image.data() + vchip::image_descriptor_at, sizeof(made));
        return made;
    }
};

TEST_F(Judgement, needs_nothing_but_the_facts) {
    EXPECT_EQ(preflight(manifest()), nullptr);
    EXPECT_FALSE(offer.freshness_unknown(facts));
    auto changed = manifest();
    changed.app = "another";
    EXPECT_EQ(preflight(changed), &errors::ota_wrong_app);
    changed = manifest();
    changed.hw = "esp32";
    EXPECT_EQ(preflight(changed), &errors::ota_wrong_hw);
    changed = manifest();
    changed.more = R"(,"dev":["ESP-2"])";
    EXPECT_EQ(preflight(changed), &errors::ota_wrong_device);
    changed = manifest();
    changed.seq = 41;
    EXPECT_EQ(preflight(changed), &errors::ota_seq);
    changed = manifest();
    changed.size = 0x10001;
    EXPECT_EQ(preflight(changed), &errors::ota_too_large);
    EXPECT_EQ(open(manifest(), EnvelopeType::command).error(), errors::envelope_typ);
}

TEST_F(Judgement, changes_with_the_facts) {
    facts.heap_free = policy.heap_needed - 1;
    EXPECT_EQ(preflight(manifest()), &errors::ota_heap);
    facts.heap_free = policy.heap_needed;
    ASSERT_TRUE(policy.hosts.assign("files.example"));
    EXPECT_EQ(preflight(manifest()), &errors::ota_host);
    policy.hosts.clear();
    EXPECT_EQ(preflight(manifest()), nullptr);
    ASSERT_TRUE(trust.raise_floor(43));
    EXPECT_EQ(preflight(manifest()), &errors::ota_below_floor);
}

TEST_F(Judgement, knows_an_expiry_only_by_the_clock) {
    auto expiring = manifest();
    expiring.more = R"(,"exp":1790000000)";
    EXPECT_EQ(preflight(expiring), nullptr);
    EXPECT_TRUE(offer.freshness_unknown(facts));
    facts.wall = UnixTime(1789999999);
    EXPECT_EQ(preflight(expiring), nullptr);
    EXPECT_FALSE(offer.freshness_unknown(facts));
    facts.wall = UnixTime(1790000000);
    EXPECT_EQ(preflight(expiring), &errors::ota_expired);
}

TEST_F(Judgement, refuses_what_is_quarantined_or_nobodys_to_trust) {
    ASSERT_TRUE(open(manifest()));
    trust.quarantine(*offer.manifest.sha256);
    EXPECT_EQ(preflight(manifest()), &errors::ota_quarantined);
    trust.distrust();
    EXPECT_EQ(offer.preflight(facts).error(), errors::trust_lost);
}

TEST_F(Judgement, gives_up_by_failures_or_by_strikes_at_every_address) {
    ASSERT_TRUE(open(manifest()));
    FailureList failures;
    EXPECT_FALSE(offer.given_up(failures, 3));
    failures.of(offer.digest).failures = 2;
    EXPECT_FALSE(offer.given_up(failures, 3));
    failures.of(offer.digest).failures = 3;
    EXPECT_TRUE(offer.given_up(failures, 3));
    failures.of(offer.digest) = {offer.digest, {strike_limit}, 0};
    EXPECT_TRUE(offer.given_up(failures, 3));
}

TEST_F(Judgement, compares_the_images_own_words) {
    ASSERT_TRUE(open(manifest()));
    EXPECT_TRUE(offer.match(descriptor(), running, 0));
    auto other = descriptor();
    other.seq = 43;
    EXPECT_EQ(offer.match(other, running, 0).error(), errors::ota_descriptor);
    other.magic = 0;
    EXPECT_EQ(offer.match(other, running, 0).error(), errors::ota_no_descriptor);
}

TEST_F(Judgement, completes_a_legacy_offer_by_the_image) {
    ASSERT_TRUE(open_legacy(std::string(test::file_url) + "|0123456789abcdef0123456789abcdef", running, offer));
    EXPECT_EQ(offer.preflight(facts).error(), errors::ota_legacy_off);
    policy.legacy_md5 = true;
    EXPECT_TRUE(offer.preflight(facts));
    EXPECT_EQ(offer.match(descriptor(), running, 43).error(), errors::ota_below_floor);
    EXPECT_TRUE(offer.match(descriptor(), running, 0));
    EXPECT_EQ(offer.manifest.seq, 42U);
    EXPECT_EQ(offer.manifest.ver.view(), "1.4.0");
}

TEST_F(Judgement, takes_an_envelope_from_pieces_and_skips_empty_lines) {
    const auto opening = std::make_unique<Opening>();
    opening->bundle_size = 100;
    EXPECT_EQ(opening->collect(as_bytes("\r\n")), 2U);
    EXPECT_FALSE(opening->envelope_ended);
    EXPECT_EQ(opening->bundle_size, 98U);
    EXPECT_EQ(opening->collect(as_bytes("abc")), 3U);
    EXPECT_EQ(opening->collect(as_bytes("d\nimage")), 2U);
    EXPECT_TRUE(opening->envelope_ended);
    EXPECT_EQ(opening->envelope(), "abcd");
}

}  // namespace
}  // namespace esb::ota
