#include "esb/crypto/hmac.hpp"

#include "esb/base/encoding.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esb::crypto {
namespace {

std::string mac(ConstBytes key, std::string_view message) {
    std::string text(64, '\0');
    static_cast<void>(hex_encode(hmac_sha256(key, as_bytes(message)), text));
    return text;
}

// RFC 4231, test cases 1, 2 and 3.
TEST(HmacSha256, gives_what_rfc_4231_says) {
    EXPECT_EQ(mac(std::vector<std::uint8_t>(20, 0x0B), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(mac(as_bytes("Jefe"), "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(mac(std::vector<std::uint8_t>(20, 0xAA), std::string(50, '\xDD')),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
}

}  // namespace
}  // namespace esb::crypto
