#include "esb/base/secret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <sstream>

namespace {

using namespace esb;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!Printable<Secret<16>>, "a secret must not be printable");

TEST(Secret, reveals_what_was_assigned) {
    Secret<8> secret;
    EXPECT_TRUE(secret.empty());
    EXPECT_TRUE(secret.assign(as_bytes("hunter2")));
    EXPECT_EQ(as_text(secret.reveal()), "hunter2");
    EXPECT_EQ(secret.size(), 7U);
    EXPECT_EQ(Secret<8>::capacity(), 8U);
}

TEST(Secret, too_long_keeps_the_old_value) {
    Secret<4> secret;
    EXPECT_TRUE(secret.assign(as_bytes("abcd")));
    EXPECT_EQ(secret.assign(as_bytes("abcde")).error(), errors::too_long);
    EXPECT_EQ(as_text(secret.reveal()), "abcd");
}

TEST(Secret, may_be_assigned_from_itself) {
    Secret<8> secret;
    EXPECT_TRUE(secret.assign(as_bytes("abcdef")));
    const auto& same = secret;
    secret = same;
    EXPECT_EQ(as_text(secret.reveal()), "abcdef");
    EXPECT_TRUE(secret.assign(secret.reveal().subspan(2)));
    EXPECT_EQ(as_text(secret.reveal()), "cdef");
}

TEST(Secret, copies_and_compares) {
    Secret<8> a, b;
    EXPECT_TRUE(a.assign(as_bytes("same")));
    EXPECT_FALSE(a == b);
    b = a;
    EXPECT_TRUE(a == b);
    const Secret<8> c(a);
    EXPECT_TRUE(a == c);
    EXPECT_TRUE(b.assign(as_bytes("sane")));
    EXPECT_FALSE(a == b);
}

TEST(Secret, a_shorter_value_leaves_nothing_of_the_longer_one) {
    Secret<8> secret;
    EXPECT_TRUE(secret.assign(as_bytes("12345678")));
    EXPECT_TRUE(secret.assign(as_bytes("ab")));
    const auto* bytes = secret.reveal().data();
    EXPECT_TRUE(std::all_of(bytes + 2, bytes + 8, [](std::uint8_t b) { return b == 0; }));
    secret.clear();
    EXPECT_TRUE(std::all_of(bytes, bytes + 8, [](std::uint8_t b) { return b == 0; }));
    EXPECT_TRUE(secret.empty());
}

TEST(Secret, is_wiped_when_it_goes) {
    alignas(Secret<16>) unsigned char place[sizeof(Secret<16>)];
    auto* secret = new (place) Secret<16>;
    EXPECT_TRUE(secret->assign(as_bytes("do not find this")));
    secret->~Secret<16>();
    EXPECT_TRUE(std::all_of(std::begin(place), std::begin(place) + 16, [](unsigned char b) { return b == 0; }));
}

}  // namespace
