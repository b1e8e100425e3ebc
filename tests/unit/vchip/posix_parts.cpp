// Clock, entropy, serial port and resolver of a real process.
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"
#include "host/vchip/uart_posix.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iterator>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace esb;
using namespace esb::vchip;
using chip::IpAddress;

namespace {

constexpr Duration patience{20'000};

// A clock that a test moves.
struct HandClock : chip::Clock {
    Instant now() const override { return at; }
    std::optional<UnixTime> wall() const override { return std::nullopt; }
    void set_wall(UnixTime) override {}
    Instant at{};
};

struct Pipe {
    Pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }
    ~Pipe() {
        for (const int end : ends) {
            if (end >= 0) close(end);
        }
    }
    void close_end(std::size_t which) { close(std::exchange(ends[which], -1)); }
    std::array<int, 2> ends{-1, -1};
};

struct Serial : testing::Test {
    SystemClock clock;
    PosixSockets sockets{clock};
    Pipe in;
    Pipe out;
    std::uint8_t buffer[2048];

    std::string read(StdioUart& uart) { return std::string(as_text({buffer, uart.read(buffer)})); }
};

std::optional<chip::Resolver::Answer> answer_of(ThreadResolver& resolver, PosixSockets& sockets) {
    for (int i = 0; i < 100; ++i) {
        if (const auto answer = resolver.next_answer()) return answer;
        EXPECT_TRUE(sockets.wait({}, patience));
    }
    return std::nullopt;
}

}  // namespace

TEST(SystemClock, does_not_know_the_wall_time_until_it_is_set) {
    SystemClock clock;
    EXPECT_FALSE(clock.wall());
    clock.set_wall(UnixTime(1'700'000'000));
    EXPECT_GE(clock.wall(), UnixTime(1'700'000'000));
    EXPECT_LT(clock.wall(), UnixTime(1'700'000'060));
    EXPECT_LT(milliseconds(clock.now()), 60'000U);
}

TEST(SystemClock, shares_the_wall_time_over_a_boot) {
    WallOffset offset;
    SystemClock(&offset).set_wall(UnixTime(1'700'000'000));
    EXPECT_TRUE(SystemClock(&offset).wall());
}

TEST(SystemClock, jumps_by_a_change_of_how_far_it_is_ahead_and_not_by_what_it_begins_with) {
    constexpr Duration year = std::chrono::hours(24 * 365);
    WallOffset offset;
    SystemClock clock(&offset);
    clock.set_ahead(year);
    EXPECT_LT(milliseconds(clock.now()), 60'000U);
    clock.set_wall(UnixTime(1'700'000'000));
    EXPECT_LT(clock.wall(), UnixTime(1'700'000'060));
    clock.set_ahead(2 * year);
    EXPECT_GE(clock.now(), Instant(year));
    EXPECT_GE(clock.wall(), UnixTime(1'700'000'000) + std::chrono::duration_cast<UnixTime>(year));

    SystemClock next_boot(&offset);
    next_boot.set_ahead(2 * year);
    EXPECT_LT(milliseconds(next_boot.now()), 60'000U);
    EXPECT_GE(next_boot.wall(), UnixTime(1'700'000'000) + std::chrono::duration_cast<UnixTime>(year));
}

TEST(HostEntropy, fills_with_different_bytes) {
    HostEntropy entropy;
    std::array<std::uint8_t, 300> a{};
    std::array<std::uint8_t, 300> b{};
    ASSERT_TRUE(entropy.fill(a));
    ASSERT_TRUE(entropy.fill(b));
    EXPECT_NE(a, b);
}

TEST_F(Serial, arriving_bytes_end_a_wait_and_the_descriptors_keep_their_flags) {
    const int flags = fcntl(in.ends[0], F_GETFL);
    StdioUart uart(sockets, in.ends[0], out.ends[1]);
    sockets.add_source(uart);
    EXPECT_EQ(fcntl(in.ends[0], F_GETFL), flags);
    EXPECT_EQ(read(uart), "");
    ASSERT_EQ(write(in.ends[1], "help\n", 5), 5);
    ASSERT_TRUE(sockets.wait({}, patience));
    EXPECT_LT(clock.now().time_since_epoch(), patience);
    EXPECT_EQ(read(uart), "help\n");
    EXPECT_TRUE(uart.host_connected());
}

TEST_F(Serial, input_nobody_reads_does_not_keep_the_reactor_busy) {
    StdioUart uart(sockets, in.ends[0], out.ends[1]);
    sockets.add_source(uart);
    const std::string much(3000, 'x');
    ASSERT_EQ(write(in.ends[1], much.data(), much.size()), 3000);
    ASSERT_TRUE(sockets.wait({}, patience));
    EXPECT_EQ(uart.fd(), -1) << "1 KiB is waiting";
    std::size_t total = 0;
    for (std::string text = read(uart); !text.empty(); text = read(uart)) total += text.size();
    EXPECT_EQ(total, 3000U);
    in.close_end(1);
    ASSERT_TRUE(sockets.wait({}, patience));
    EXPECT_EQ(read(uart), "");
    EXPECT_EQ(uart.fd(), -1) << "the end of the input is reported once";
}

TEST_F(Serial, a_full_output_takes_what_fits_and_never_blocks_for_long) {
    StdioUart uart(sockets, in.ends[0], out.ends[1]);
    EXPECT_EQ(uart.write(as_bytes("hello")), 5U);
    char got[5];
    ASSERT_EQ(::read(out.ends[0], got, 5), 5);
    const std::vector<std::uint8_t> much(1 << 20);
    const std::size_t taken = uart.write(much);
    EXPECT_GT(taken, 0U);
    EXPECT_LT(taken, much.size());
    EXPECT_TRUE(uart.drained());
}

TEST_F(Serial, a_full_output_is_waited_for_once_until_there_is_room_again) {
    StdioUart uart(sockets, in.ends[0], out.ends[1]);
    const std::vector<std::uint8_t> much(1 << 20);
    EXPECT_LT(uart.write(much), much.size());
    const auto before = clock.now();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(uart.write(as_bytes("hello")), 0U);
    EXPECT_LT(clock.now() - before, Duration(1000)) << "50 ms each would be 5 s";
    std::vector<char> got(1 << 20);
    ASSERT_GT(::read(out.ends[0], got.data(), got.size()), 0);
    EXPECT_EQ(uart.write(as_bytes("hello")), 5U);
}

TEST_F(Serial, output_nobody_reads_any_more_is_lost) {
    signal(SIGPIPE, SIG_IGN);
    StdioUart uart(sockets, in.ends[0], out.ends[1]);
    out.close_end(0);
    EXPECT_EQ(uart.write(as_bytes("hello")), 5U);
}

TEST_F(Serial, works_on_a_pseudo_terminal) {
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) GTEST_SKIP() << "no pseudo-terminals here";
    ASSERT_EQ(grantpt(master), 0);
    ASSERT_EQ(unlockpt(master), 0);
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_GE(slave, 0);
    {
        StdioUart uart(sockets, slave, slave);
        sockets.add_source(uart);
        ASSERT_EQ(write(master, "status\n", 7), 7);
        std::string text;
        for (int i = 0; i < 10 && text.empty(); ++i) {
            ASSERT_TRUE(sockets.wait({}, Duration(2000)));
            text = read(uart);
        }
        EXPECT_EQ(text, "status\n");
        EXPECT_EQ(uart.write(as_bytes("ok")), 2U);
        close(slave);
        close(master);
        EXPECT_EQ(read(uart), "") << "a terminal that was hung up is silent";
    }
}

TEST_F(Serial, works_on_a_file_and_on_a_socket) {
    const std::string path = testing::TempDir() + "vchip-serial-" + std::to_string(getpid());
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    {
        StdioUart uart(sockets, pair[0], file);
        EXPECT_EQ(uart.write(as_bytes("line")), 4U);
        ASSERT_EQ(write(pair[1], "typed", 5), 5);
        EXPECT_EQ(read(uart), "typed");
    }
    std::ifstream written(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), "line");
    close(file);
    close(pair[0]);
    close(pair[1]);
    unlink(path.c_str());
}

TEST(StdioUart, without_descriptors_is_silent) {
    SystemClock clock;
    PosixSockets sockets(clock);
    StdioUart uart(sockets, -1, -1);
    std::uint8_t byte = 0;
    EXPECT_EQ(uart.read({&byte, 1}), 0U);
    EXPECT_EQ(uart.fd(), -1);
}

TEST(ThreadResolver, answers_literals_at_once) {
    HandClock clock;
    SystemClock real;
    PosixSockets sockets(real);
    ThreadResolver resolver(clock, sockets, nullptr, [](const std::string&) -> Result<IpAddress> {
        ADD_FAILURE() << "a literal needs no look-up";
        return fail(errors::dns_failed);
    });
    const auto query = resolver.resolve("192.0.2.7");
    const auto answer = resolver.next_answer();
    ASSERT_TRUE(query && answer);
    EXPECT_EQ(answer->query, *query);
    EXPECT_EQ(answer->address, IpAddress::v4(192, 0, 2, 7));
    ASSERT_TRUE(resolver.resolve("::1"));
    EXPECT_EQ(resolver.next_answer()->address->family, IpAddress::Family::v6);
    EXPECT_FALSE(resolver.next_answer());
}

TEST(ThreadResolver, asks_the_host_for_names) {
    SystemClock clock;
    PosixSockets sockets(clock);
    ThreadResolver resolver(clock, sockets, nullptr);
    ASSERT_TRUE(resolver.resolve("localhost"));
    const auto answer = answer_of(resolver, sockets);
    ASSERT_TRUE(answer && answer->address);
    EXPECT_EQ(*answer->address, IpAddress::v4(127, 0, 0, 1));
}

TEST(ThreadResolver, an_answer_ends_a_wait_and_a_canceled_query_has_none) {
    SystemClock clock;
    PosixSockets sockets(clock);
    std::promise<void> go;
    auto gate = go.get_future().share();
    ThreadResolver resolver(clock, sockets, nullptr, [gate](const std::string& host) -> Result<IpAddress> {
        gate.wait();
        if (host == "good") return IpAddress::v4(192, 0, 2, 1);
        return fail(errors::dns_not_found);
    });
    const auto dropped = resolver.resolve("dropped");
    const auto bad = resolver.resolve("bad");
    const auto good = resolver.resolve("good");
    resolver.cancel(*dropped);
    go.set_value();
    const auto first = answer_of(resolver, sockets);
    const auto second = answer_of(resolver, sockets);
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->query, *bad);
    EXPECT_EQ(first->address.error(), errors::dns_not_found);
    EXPECT_EQ(second->query, *good);
    EXPECT_EQ(second->address, IpAddress::v4(192, 0, 2, 1));
    EXPECT_FALSE(resolver.next_answer());
}

TEST(ThreadResolver, gives_up_after_half_a_minute_and_is_bounded) {
    HandClock clock;
    SystemClock real;
    PosixSockets sockets(real);
    std::promise<void> go;
    auto gate = go.get_future().share();
    {
        ThreadResolver resolver(clock, sockets, nullptr, [gate](const std::string&) -> Result<IpAddress> {
            gate.wait();
            return IpAddress::v4(192, 0, 2, 1);
        });
        for (std::size_t i = 0; i < ThreadResolver::max_queries; ++i) ASSERT_TRUE(resolver.resolve("slow"));
        EXPECT_EQ(resolver.resolve("slow").error(), errors::full);
        EXPECT_EQ(resolver.due(), Instant(ThreadResolver::longest));
        clock.at += ThreadResolver::longest - Duration(1);
        EXPECT_FALSE(resolver.next_answer());
        clock.at += Duration(1);
        for (std::size_t i = 0; i < ThreadResolver::max_queries; ++i) {
            EXPECT_EQ(resolver.next_answer()->address.error(), errors::dns_failed);
        }
        EXPECT_FALSE(resolver.due());
        ASSERT_TRUE(resolver.resolve("again"));
    }  // does not wait for the look-up
    go.set_value();
}

TEST(ThreadResolver, refuses_what_is_no_name_and_fails_without_a_link) {
    SystemClock clock;
    PosixSockets sockets(clock);
    StationLink link;
    ThreadResolver resolver(clock, sockets, &link);
    EXPECT_EQ(resolver.resolve("").error(), errors::invalid_argument);
    EXPECT_EQ(resolver.resolve(std::string(254, 'a')).error(), errors::invalid_argument);
    EXPECT_EQ(resolver.resolve(std::string_view("a\0b", 3)).error(), errors::invalid_argument);
    link.up = false;
    ASSERT_TRUE(resolver.resolve("broker.example"));
    EXPECT_EQ(resolver.next_answer()->address.error(), errors::dns_failed);
    EXPECT_FALSE(ThreadResolver::ask_host("no-such-host.invalid"));
}
