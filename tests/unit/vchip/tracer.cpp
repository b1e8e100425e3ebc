// The trace of a virtual chip as JSON lines.
#include "host/vchip/tracer.hpp"

#include "esb/base/json.hpp"
#include "host/vchip/clock_posix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace esb;
using namespace esb::vchip;
using testing::HasSubstr;
using testing::Not;

namespace {

class Watched {
public:
    Watched() {
        EXPECT_EQ(pipe2(ends_.data(), O_NONBLOCK | O_CLOEXEC), 0);
        tracer.emplace(TraceTo{ends_[1], SystemClock::host_ms()});
    }
    ~Watched() {
        for (const int end : ends_) close(end);
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    std::string told() {
        std::string text(1 << 20, '\0');
        const auto got = read(ends_[0], text.data(), text.size());
        text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return text;
    }

    std::optional<Tracer> tracer;

private:
    std::array<int, 2> ends_{-1, -1};
};

TEST(Tracer, writes_an_event_as_a_line_of_json) {
    Watched watched;
    trace::event("net", "connect", {{"address", "127.0.0.1"}, {"port", 8883}});
    const auto line = watched.told();
    EXPECT_THAT(line, HasSubstr(R"("area":"net","what":"connect","address":"127.0.0.1","port":8883})"));
    EXPECT_EQ(line.back(), '\n');
    EXPECT_TRUE(scan_json(as_bytes(line)));
}

TEST(Tracer, escapes_text_of_others) {
    Watched watched;
    trace::event("radio", "join", {{"ssid", "a\"b\n\x1B[2J"}});
    const auto line = watched.told();
    EXPECT_TRUE(scan_json(as_bytes(line)));
    EXPECT_THAT(line, Not(HasSubstr("\x1B")));
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
}

TEST(Tracer, decodes_mqtt_and_begins_anew_with_each_connection) {
    Watched watched;
    const int connection = 0;
    trace::mqtt(&connection, trace::Way::out, as_bytes(std::string_view("\xC0\0", 2)));  // of one it has not seen begin
    trace::mqtt_open(&connection);
    trace::mqtt(&connection, trace::Way::out, as_bytes(std::string_view("\x30\x05\0")));
    trace::mqtt_open(&connection);
    trace::mqtt(&connection, trace::Way::in, as_bytes(std::string_view("\xD0\0", 2)));
    const auto told = watched.told();
    EXPECT_THAT(told, HasSubstr(R"("area":"mqtt","what":"pingresp","way":"in")"));
    EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 1);
}

TEST(Tracer, leaves_out_texts_that_are_too_long_for_a_line) {
    Watched watched;
    trace::event("http", "request", {{"path", std::string(2 * trace_line_max, 'x')}});
    EXPECT_THAT(watched.told(), HasSubstr(R"("area":"http","what":"request"})"));
}

TEST(Tracer, does_not_wait_for_its_reader_and_says_how_many_lines_were_lost) {
    Watched watched;
    for (int i = 0; i < 5'000; ++i) trace::event("timer", "due", {{"after", i}});
    watched.told();
    trace::event("timer", "due", {{"after", 1}});
    EXPECT_THAT(watched.told(), HasSubstr(R"("lost":)"));
    trace::event("timer", "due", {{"after", 2}});
    EXPECT_THAT(watched.told(), Not(HasSubstr("lost")));
}

TEST(Tracer, is_not_there_when_nobody_watches) {
    const Tracer tracer(TraceTo{});
    EXPECT_FALSE(trace::on());
    {
        const Watched watched;
        EXPECT_TRUE(trace::on());
    }
    EXPECT_FALSE(trace::on());
}

TEST(Tracer, finds_its_way_through_the_environment) {
    const TraceTo to{7, 1'234'567};
    const auto read = parse_trace(to_text(to));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->fd, 7);
    EXPECT_EQ(read->begun_at, 1'234'567);
    EXPECT_EQ(to_text(TraceTo{}), "");
    for (const auto* text : {"", ":", "7", "7:", ":5", "2:5", "7:-1", "7:5x", "x:5"}) EXPECT_FALSE(parse_trace(text)) << text;
}

}  // namespace
