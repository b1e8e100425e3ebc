// Addresses as text, with the C library as the judge.
#include "esb/chip/network.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include <arpa/inet.h>

namespace {

using namespace esb;
using chip::IpAddress;

// What inet_pton() takes, and what it makes of it.
std::optional<IpAddress> library(const std::string& text) {
    IpAddress v6{IpAddress::Family::v6, {}};
    if (::inet_pton(AF_INET6, text.c_str(), v6.bytes.data()) != 1) return std::nullopt;
    return v6;
}

void agree(const std::string& text) {
    const auto ours = chip::parse_ipv6(text);
    const auto theirs = library(text);
    ASSERT_EQ(ours.has_value(), theirs.has_value()) << text;
    if (theirs) { EXPECT_EQ(*ours, *theirs) << text; }
}

TEST(IpAddress, ipv6_texts_are_read_as_the_C_library_reads_them) {
    for (const char* text :
         {"::", "::1", "1::", "2001:db8::1", "2001:DB8:0:0:8:800:200C:417A", "0:0:0:0:0:0:0:1", "::ffff:192.0.2.1", "::192.0.2.1",
          "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1", "1:2:3::192.0.2.1", "fe80::1%eth0", "",
          ":", ":::", "1", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8",
          "12345::", "g::", "1:2:3:4:5:6:7:192.0.2.1", "::192.0.2", "::192.0.2.256", "192.0.2.1::", "::1.2.3.4:5", "[::1]", "::1 ",
          " ::1", "1:2:3:4:5:6:7:", "::00001"}) {
        agree(text);
    }
}

TEST(IpAddress, mutated_texts_are_read_as_the_C_library_reads_them) {
    std::mt19937 random(16);
    const std::string seeds[] = {"2001:db8::8:800:200c:417a", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "fe80::"};
    const std::string alphabet = "0123456789abcdefABCDEF::::....g ";
    for (int i = 0; i < 20'000; ++i) {
        std::string text = seeds[random() % std::size(seeds)];
        for (unsigned change = 0; change <= random() % 4; ++change) {
            const auto at = random() % text.size();
            const char other = alphabet[random() % alphabet.size()];
            if (random() % 3 == 0 && text.size() > 1) {
                text.erase(at, 1);
            } else if (random() % 2 == 0) {
                text.insert(at, 1, other);
            } else {
                text[at] = other;
            }
        }
        agree(text);
    }
}

TEST(IpAddress, ipv6_is_written_in_its_one_short_form) {
    const auto written = [](const char* text) { return std::string(to_text(chip::parse_ipv6(text).value()).view()); };
    EXPECT_EQ(written("2001:0DB8:0:0:0:0:0:1"), "2001:db8::1");
    EXPECT_EQ(written("0:0:0:0:0:0:0:0"), "::");
    EXPECT_EQ(written("1:0:0:0:0:0:0:0"), "1::");
    EXPECT_EQ(written("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    EXPECT_EQ(written("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1") << "one group is not shortened";
    EXPECT_EQ(written("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1") << "the first of two equal runs";
}

TEST(IpAddress, what_is_written_is_read_as_the_same_address) {
    std::mt19937 random(17);
    for (int i = 0; i < 5'000; ++i) {
        IpAddress address{IpAddress::Family::v6, {}};
        for (auto& byte : address.bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : std::uint8_t{0};
        const std::string text(to_text(address).view());
        EXPECT_EQ(chip::parse_ipv6(text).value(), address) << text;
        EXPECT_EQ(library(text), address) << text;
    }
    EXPECT_EQ(std::string(to_text(IpAddress::v4(192, 0, 2, 1)).view()), "192.0.2.1");
    EXPECT_EQ(chip::parse_ip("192.0.2.1").value(), IpAddress::v4(192, 0, 2, 1));
    EXPECT_EQ(chip::parse_ip("::1").value(), library("::1"));
}

}  // namespace
