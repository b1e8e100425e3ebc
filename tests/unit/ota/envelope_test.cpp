#include "esb/ota/envelope.hpp"

#include "esb/base/json.hpp"
#include "tests/support/test_signer.hpp"

#include <gtest/gtest.h>

#include <array>
#include <iostream>
#include <string>

namespace esb::ota {
namespace {

using test::base64url;

struct Envelopes : testing::Test {
    test::TestSigner signer;
    test::TestSigner stranger{"stranger"};
    Keyring keys;
    std::array<std::uint8_t, envelope_max> buffer{};
    const std::string payload = R"({"cmd":"cancel","dev":["ESP-1"],"ctr":7})";

    Envelopes() { EXPECT_TRUE(keys.add(*parse_key(signer.public_text()))); }

    Result<Envelope> open(const std::string& text) { return open_envelope(text, keys, buffer); }
    std::string_view refusal(const std::string& text) {
        const auto opened = open(text);
        return opened ? "accepted" : opened.error().name();
    }
    std::string_view refusal_of_header(const std::string& header) {
        return refusal(signer.sign_with_header(header, payload));
    }
    std::string header(const std::string& alg, const std::string& typ = "esb-command", const std::string& more = "") {
        return R"({"alg":")" + alg + R"(","kid":")" + signer.kid() + R"(","typ":")" + typ + "\"" + more + "}";
    }
};

TEST_F(Envelopes, accepts_each_type) {
    for (const auto& [typ, type] :
         {std::pair{"esb-update", EnvelopeType::update}, std::pair{"esb-command", EnvelopeType::command},
          std::pair{"esb-keys", EnvelopeType::keys}}) {
        const auto opened = open(signer.envelope(typ, payload));
        ASSERT_TRUE(opened) << typ;
        EXPECT_EQ(opened->type, type);
        EXPECT_EQ(as_text(opened->payload), payload);
        EXPECT_EQ(opened->digest, crypto::sha256(as_bytes(payload)));
        EXPECT_EQ(opened->kid, signer.kid());
    }
}

TEST_F(Envelopes, accepts_header_members_in_any_order) {
    EXPECT_EQ(refusal_of_header(R"({ "typ" : "esb-keys", "kid":")" + signer.kid() + R"(", "alg":"ES256"})"),
              "accepted");
}

TEST_F(Envelopes, names_the_algorithm) {
    for (const auto* alg : {"none", "None", "HS256", "es256", "ES384", "RS256", "ES256 ", "", "PS256"}) {
        EXPECT_EQ(refusal_of_header(header(alg)), "envelope.alg") << alg;
    }
    EXPECT_EQ(refusal_of_header(R"({"kid":"x","typ":"esb-update"})"), "envelope.alg");
    EXPECT_EQ(refusal_of_header(R"({"alg":null,"kid":"x","typ":"esb-update"})"), "envelope.alg");
    EXPECT_EQ(refusal_of_header(R"({"alg":1})"), "envelope.alg");
    // As attackers send them: without a signature, or with an HMAC's 32 bytes.
    EXPECT_EQ(refusal(base64url(header("none")) + "." + base64url(payload) + "."), "envelope.alg");
    EXPECT_EQ(refusal(base64url(header("HS256")) + "." + base64url(payload) + "." + base64url(std::string(32, 'x'))),
              "envelope.alg");
}

TEST_F(Envelopes, refuses_every_foreign_header_member) {
    for (const auto* more :
         {R"(,"crit":["exp"])", R"(,"jwk":{})", R"(,"jku":"http://x/")", R"(,"x5u":"http://x/")", R"(,"x5c":[])",
          R"(,"x5t":"")", R"(,"cty":"json")", R"(,"b64":false)", R"(,"ALG":"ES256")", R"(,"":"")"}) {
        EXPECT_EQ(refusal_of_header(header("ES256", "esb-command", more)), "envelope.header") << more;
    }
    EXPECT_EQ(refusal_of_header(header("ES256", "esb-command", R"(,"exp":1)")), "envelope.header");
    EXPECT_EQ(refusal_of_header(R"({"alg":"ES256","typ":"esb-keys"})"), "envelope.header") << "no kid";
    EXPECT_EQ(refusal_of_header(R"({"alg":"ES256","kid":7,"typ":"esb-keys"})"), "envelope.header");
    EXPECT_EQ(refusal_of_header(R"(["ES256"])"), "envelope.header");
    EXPECT_EQ(refusal_of_header(R"("ES256")"), "envelope.header");
}

TEST_F(Envelopes, refuses_duplicate_header_members) {
    EXPECT_EQ(refusal_of_header(header("ES256", "esb-update", R"(,"alg":"none")")), "json.duplicate");
    EXPECT_EQ(refusal_of_header(header("ES256", "esb-update", R"(,"\u0061lg":"none")")), "json.duplicate");
    EXPECT_EQ(refusal_of_header("{"), "json.syntax");
    EXPECT_EQ(refusal_of_header(std::string(250, ' ') + header("ES256")), "envelope.malformed") << "over 256 bytes";
}

TEST_F(Envelopes, names_the_type) {
    for (const auto* typ : {"JWT", "esb-updates", "ESB-UPDATE", "", "esb-"}) {
        EXPECT_EQ(refusal_of_header(header("ES256", typ)), "envelope.typ") << typ;
    }
    EXPECT_EQ(refusal_of_header(R"({"alg":"ES256","kid":")" + signer.kid() + R"("})"), "envelope.typ");
}

TEST_F(Envelopes, tells_an_unknown_key_from_a_bad_signature) {
    EXPECT_EQ(refusal(stranger.envelope("esb-update", payload)), "key.unknown");
    // The stranger claims to be the signer.
    EXPECT_EQ(refusal(stranger.sign_with_header(signer.header("esb-update"), payload)), "crypto.bad_signature");
    const auto one = signer.envelope("esb-update", payload);
    const auto two = signer.envelope("esb-update", payload + " ");
    EXPECT_EQ(refusal(one.substr(0, one.rfind('.')) + two.substr(two.rfind('.'))), "crypto.bad_signature");
    EXPECT_EQ(refusal(one.substr(0, one.rfind('.') + 1) + base64url(std::string(64, '\0'))), "crypto.bad_signature");
    keys.clear();
    EXPECT_EQ(refusal(one), "key.unknown");
}

TEST_F(Envelopes, refuses_other_forms) {
    const auto good = signer.envelope("esb-update", payload);
    for (const std::string& text : {std::string(), std::string("."), std::string(".."), std::string("a.b"), good + ".",
                                    good + ".x", "." + good, good + "=", "x " + good,
                                    good.substr(0, good.size() - 1), good + "A", std::string("{\"payload\":\"\"}")}) {
        EXPECT_EQ(refusal(text), text == ".." ? "json.syntax" : "envelope.malformed") << text;
    }
    for (const auto* around : {" ", "\n", "\r\n"}) EXPECT_EQ(refusal(around + good + around), "accepted");
    EXPECT_EQ(refusal(std::string(envelope_max + 1, 'a')), "envelope.too_large");
    EXPECT_EQ(refusal(std::string(envelope_max, 'a')), "envelope.malformed");
}

TEST_F(Envelopes, verifies_before_it_decodes_the_payload) {
    // Correctly signed, but not base64url: found out only behind the signature.
    const std::string text = base64url(signer.header("esb-update")) + ".####";
    EXPECT_EQ(refusal(text + "." + base64url(signer.sign(text))), "envelope.malformed");
    EXPECT_EQ(refusal(text + "." + base64url(stranger.sign(text))), "crypto.bad_signature");
}

TEST_F(Envelopes, takes_the_largest_that_fits_its_buffer) {
    std::string text = "{\"x\":\"";
    while (signer.envelope("esb-update", text + "a\"}").size() <= envelope_max) text += "a";
    text += "\"}";
    const auto envelope = signer.envelope("esb-update", text);
    std::array<std::uint8_t, envelope_max * 3 / 4> smallest{};
    ASSERT_LE(envelope.size(), envelope_max);
    const auto opened = open_envelope(envelope, keys, smallest);
    ASSERT_TRUE(opened);
    EXPECT_EQ(as_text(opened->payload), text);
}

TEST_F(Envelopes, accepts_none_of_all_single_bit_flips_and_prefixes) {
    const auto good = signer.envelope("esb-update", payload);
    ASSERT_TRUE(open(good));
    std::size_t tried = 0;
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        std::string flipped = good;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        ASSERT_FALSE(open(flipped)) << "bit " << bit;
        ++tried;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        ASSERT_FALSE(open(good.substr(0, size))) << size;
        ++tried;
    }
    std::cout << "[ refused  ] " << tried << " changed envelopes, 0 accepted\n";
}

}  // namespace
}  // namespace esb::ota
