// The record of a TLS session in memory that holds anything after power-on.
#include "esb/net/tls_session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

namespace {

using namespace esb;
using net::SessionBinding;
using net::TlsSessionStore;

constexpr UnixTime now{1'800'000'000};
constexpr UnixTime hour{3600};

struct TlsSessionTest : ::testing::Test {
    std::array<std::uint8_t, 200> room{};
    TlsSessionStore store{room};
    SessionBinding binding{1, 2, 3};

    void keep(std::string_view text, UnixTime until = now + hour) {
        copy(as_bytes(text), store.place());
        EXPECT_TRUE(store.keep(binding, until, text.size()));
    }
    bool finds(UnixTime at = now) const { return store.find(binding, at).has_value(); }
};

TEST_F(TlsSessionTest, what_was_kept_is_found) {
    keep("a session");
    const auto found = store.find(binding, now);
    ASSERT_TRUE(found);
    EXPECT_EQ(as_text(found->bytes), "a session");
    EXPECT_EQ(found->until, now + hour);
}

TEST_F(TlsSessionTest, another_peer_does_not_find_it) {
    keep("a session");
    const SessionBinding other{1, 2, 4};
    EXPECT_EQ(store.find(other, now).error(), errors::not_found);
}

TEST_F(TlsSessionTest, it_is_over_at_its_time_and_not_found_by_a_clock_that_was_set_back) {
    keep("a session");
    EXPECT_TRUE(finds(now + hour - UnixTime(1)));
    EXPECT_FALSE(finds(now + hour));
    EXPECT_TRUE(finds(now + hour - net::longest_session));
    EXPECT_FALSE(finds(now + hour - net::longest_session - UnixTime(1)));
}

TEST_F(TlsSessionTest, nothing_is_found_after_power_on_or_once_forgotten) {
    EXPECT_FALSE(finds());
    keep("a session");
    store.forget();
    EXPECT_FALSE(finds());
    EXPECT_EQ(room, decltype(room){});
}

TEST_F(TlsSessionTest, a_session_with_any_bit_flipped_is_not_found) {
    keep("a session");
    const std::size_t used = 4 + 4 + 32 + 2 + 9 + 4;
    for (std::size_t bit = 0; bit < used * 8; ++bit) {
        room[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
        EXPECT_FALSE(finds()) << bit;
        room[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    }
    EXPECT_TRUE(finds());
}

TEST_F(TlsSessionTest, room_that_is_too_small_keeps_nothing) {
    for (std::size_t size = 0; size < 46; ++size) {
        TlsSessionStore small(MutBytes(room).first(size));
        EXPECT_TRUE(small.place().empty());
        EXPECT_EQ(small.keep(binding, now, 1).error(), errors::too_long);
        EXPECT_FALSE(small.find(binding, now));
    }
    EXPECT_EQ(store.place().size(), room.size() - 46);
    EXPECT_EQ(store.keep(binding, now, room.size() - 45).error(), errors::too_long);
    EXPECT_EQ(store.keep(binding, now, 0).error(), errors::too_short);
}

}  // namespace
