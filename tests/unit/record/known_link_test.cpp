#include "esb/record/known_link.hpp"

#include "esb/base/encoding.hpp"
#include "esb/record/retained.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/sim_parts.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace esb::record {
namespace {

using chip::IpAddress;

chip::KnownLink home() {
    chip::KnownLink link;
    static_cast<void>(link.ssid.assign("Home"));
    link.bssid = {2, 0, 0, 0, 0, 7};
    link.channel = 11;
    link.ip = {IpAddress::v4(10, 0, 0, 7), IpAddress::v4(255, 255, 255, 0), IpAddress::v4(10, 0, 0, 1), {}};
    link.lease = 25min;
    return link;
}

using Bytes = std::array<std::uint8_t, known_link_size>;

Bytes encoded(const chip::KnownLink& link) {
    Bytes bytes{};
    ByteWriter out(bytes);
    encode_known_link(link, out);
    EXPECT_FALSE(out.overflowed());
    EXPECT_EQ(out.size(), known_link_size);
    return bytes;
}

// With a good CRC, so that the content alone decides.
Bytes sealed(Bytes bytes) {
    ByteWriter tail(MutBytes(bytes).subspan(known_link_size - 4));
    tail.le32(crc32(ConstBytes(bytes).first(known_link_size - 4)));
    return bytes;
}

TEST(KnownLink, is_read_as_it_was_written) {
    EXPECT_EQ(decode_known_link(encoded(home())).value(), home());
    chip::KnownLink bare;
    static_cast<void>(bare.ssid.assign(std::string(32, 'n')));
    EXPECT_EQ(decode_known_link(encoded(bare)).value(), bare) << "no address: DHCP is asked";
}

TEST(KnownLink, every_bit_that_has_changed_is_noticed) {
    const auto good = encoded(home());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        auto bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(decode_known_link(bad)) << "bit " << bit;
    }
    EXPECT_FALSE(decode_known_link(ConstBytes(good).first(known_link_size - 1)));
}

TEST(KnownLink, what_it_cannot_say_is_refused_whatever_its_sum_says) {
    struct Bend {
        std::size_t at;
        std::uint8_t value;
        const char* why;
    };
    constexpr Bend bends[] = {{4, 2, "another version"},    {5, 15, "no such channel"}, {6, 0, "no name"},
                              {6, 33, "a name too long"},   {7, 1, "not zero"},         {8 + 20, 1, "behind the name"},
                              {46, 1, "between the parts"}, {6, 3, "a name cut short"}};
    for (const auto& bend : bends) {
        auto bytes = encoded(home());
        bytes[bend.at] = bend.value;
        EXPECT_FALSE(decode_known_link(sealed(bytes))) << bend.why;
    }
    EXPECT_TRUE(decode_known_link(sealed(encoded(home()))));
}

TEST(KnownLink, is_taken_once) {
    vchip::SimRetainedRam ram;
    keep_known_link(ram, home());
    EXPECT_EQ(take_known_link(ram), home());
    EXPECT_FALSE(take_known_link(ram));
}

TEST(KnownLink, what_power_on_leaves_is_none_and_its_neighbours_stay) {
    vchip::SeededRandom noise(7);
    vchip::SimRetainedRam ram;
    ram.scramble(noise);
    const auto log = std::vector<std::uint8_t>(retained::log_entries(ram).begin(), retained::log_entries(ram).end());
    const auto tls = std::vector<std::uint8_t>(retained::tls_session(ram).begin(), retained::tls_session(ram).end());
    EXPECT_FALSE(take_known_link(ram));
    keep_known_link(ram, home());
    forget_known_link(ram);
    EXPECT_FALSE(take_known_link(ram));
    EXPECT_TRUE(equal(retained::log_entries(ram), log));
    EXPECT_TRUE(equal(retained::tls_session(ram), tls));
}

TEST(KnownLink, without_a_name_nothing_is_kept) {
    vchip::SimRetainedRam ram;
    keep_known_link(ram, home());
    keep_known_link(ram, {});
    EXPECT_FALSE(take_known_link(ram));
}

}  // namespace
}  // namespace esb::record
