#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using namespace esb;

std::string hex(const crypto::Md5Digest& digest) {
    std::array<char, 32> out{};
    return std::string(hex_encode(digest, out).value());
}

std::string md5(std::string_view text) {
    crypto::Md5 hash;
    hash.update(as_bytes(text));
    return hex(hash.finish());
}

// RFC 1321 §A.5
TEST(Md5, published_vectors) {
    EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
              "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, copies_go_their_own_way_and_finish_starts_anew) {
    crypto::Md5 hash;
    hash.update(as_bytes("ab"));
    crypto::Md5 copy(hash);
    crypto::Md5 assigned;
    assigned = hash;
    const auto& same = assigned;
    assigned = same;
    copy.update(as_bytes("c"));
    assigned.update(as_bytes("c"));
    EXPECT_EQ(hex(copy.finish()), md5("abc"));
    EXPECT_EQ(hex(assigned.finish()), md5("abc"));
    EXPECT_EQ(hex(assigned.finish()), md5(""));
}

}  // namespace
