#include "esb/crypto/crypto.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace {

using namespace esb;

class Sevens : public chip::Entropy {
public:
    bool works = true;
    Status fill(MutBytes out) override {
        std::fill(out.begin(), out.end(), std::uint8_t{7});
        if (!works) return esb::fail(errors::no_entropy);
        return {};
    }
};

TEST(Random, comes_from_the_chip) {
    Sevens entropy;
    std::array<std::uint8_t, 3> out{};
    EXPECT_TRUE(crypto::random(entropy, out));
    EXPECT_EQ(out, (std::array<std::uint8_t, 3>{7, 7, 7}));
}

TEST(Random, a_secret_has_the_size_asked_for) {
    Sevens entropy;
    EXPECT_EQ(crypto::random_secret<16>(entropy)->size(), 16U);
    EXPECT_EQ(crypto::random_secret<16>(entropy, 5)->size(), 5U);
    EXPECT_EQ(crypto::random_secret<16>(entropy, 17).error(), errors::too_long);
}

TEST(Random, no_secret_without_entropy) {
    Sevens entropy;
    entropy.works = false;
    EXPECT_EQ(crypto::random_secret<16>(entropy).error(), errors::no_entropy);
}

}  // namespace
