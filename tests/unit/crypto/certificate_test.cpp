#include "esb/crypto/certificate.hpp"

#include "host/vchip/sim_parts.hpp"
#include "support/pki.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <fstream>

namespace esb::crypto {
namespace {

TEST(Certificate, a_request_is_what_openssl_takes_and_its_certificate_is_for_the_same_key) {
    vchip::SimEntropy entropy{1};
    const auto pair = make_key_pair(entropy);
    ASSERT_TRUE(pair);
    std::array<std::uint8_t, 512> room;
    const auto request = make_request(pair->secret, "ESP-C44F330A9C35", entropy, room);
    ASSERT_TRUE(request);
    test::Pki pki;
    std::ofstream(pki.path("device.csr"), std::ios::binary) << as_text(*request);
    pki.run("openssl req -in device.csr -inform DER -verify -noout -subject >device.txt 2>&1");
    EXPECT_NE(pki.text("device.txt").find("CN = ESP-C44F330A9C35"), std::string::npos) << pki.text("device.txt");
    pki.authority("root");
    pki.run("openssl x509 -req -in device.csr -inform DER -CA root.pem -CAkey root.key -set_serial 9 -days 30 "
            "-out device.pem");
    const auto facts = read_certificate(pki.der("device"));
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->on_p256);
    EXPECT_TRUE(equal(facts->key.x, pair->open.x));
    EXPECT_TRUE(equal(facts->key.y, pair->open.y));
    EXPECT_EQ(facts->until - facts->from, std::chrono::days(30));
}

TEST(Certificate, a_request_s_name_and_room_have_their_limits) {
    vchip::SimEntropy entropy{1};
    const auto pair = make_key_pair(entropy);
    std::array<std::uint8_t, 512> room;
    EXPECT_EQ(make_request(pair->secret, std::string(66, 'x'), entropy, room).error(), errors::too_long);
    EXPECT_EQ(make_request(pair->secret, "x", entropy, MutBytes(room).first(100)).error(), errors::too_long);
    EXPECT_EQ(make_request({}, "x", entropy, room).error(), errors::bad_key);
}

TEST(Certificate, what_is_none_is_refused) {
    test::Pki pki;
    pki.authority("root");
    auto der = pki.der("root");
    EXPECT_TRUE(check_certificates(der));
    EXPECT_EQ(check_certificates({}).error(), errors::bad_certificate);
    EXPECT_EQ(check_certificates(ConstBytes(der).first(der.size() - 1)).error(), errors::bad_certificate);
    auto two = der;
    two.insert(two.end(), der.begin(), der.end());
    EXPECT_TRUE(check_certificates(two));
    two.push_back(0);
    EXPECT_EQ(check_certificates(two).error(), errors::bad_certificate);
}

}  // namespace
}  // namespace esb::crypto
