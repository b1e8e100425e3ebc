#include "esb/base/encoding.hpp"
#include "esb/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using namespace esb;
using namespace esb::crypto;

std::string hex(const Digest& digest) {
    std::array<char, 64> out{};
    return std::string(hex_encode(digest, out).value());
}

// FIPS 180-4 examples.
TEST(Sha256, published_vectors) {
    EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, a_million_letters_in_uneven_pieces) {
    const std::string piece(997, 'a');
    Sha256 hash;
    std::size_t left = 1'000'000;
    while (left > 0) {
        const auto size = std::min(left, piece.size());
        hash.update(as_bytes(piece).first(size));
        left -= size;
    }
    EXPECT_EQ(hex(hash.finish()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, every_split_gives_the_same_digest) {
    const std::string text(150, 'x');
    const auto expected = sha256(as_bytes(text));
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        Sha256 hash;
        hash.update(as_bytes(text).first(cut));
        hash.update(as_bytes(text).subspan(cut));
        ASSERT_EQ(hash.finish(), expected) << cut;
    }
}

TEST(Sha256, starts_anew_after_finish) {
    Sha256 hash;
    hash.update(as_bytes("something else"));
    static_cast<void>(hash.finish());
    hash.update(as_bytes("abc"));
    EXPECT_EQ(hash.finish(), sha256(as_bytes("abc")));
    EXPECT_EQ(hash.finish(), sha256({}));
}

TEST(Sha256, a_copy_goes_its_own_way) {
    Sha256 hash;
    hash.update(as_bytes("ab"));
    Sha256 copy(hash);
    Sha256 assigned;
    assigned.update(as_bytes("forgotten"));
    assigned = hash;
    const auto& same = assigned;
    assigned = same;
    hash.update(as_bytes("x"));
    copy.update(as_bytes("c"));
    assigned.update(as_bytes("c"));
    EXPECT_EQ(copy.finish(), sha256(as_bytes("abc")));
    EXPECT_EQ(assigned.finish(), sha256(as_bytes("abc")));
    EXPECT_EQ(hash.finish(), sha256(as_bytes("abx")));
}

}  // namespace
