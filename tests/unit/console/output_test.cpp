#include "esb/console/output.hpp"

#include "esb/base/encoding.hpp"
#include "support/memory_uart.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace esb::console {
namespace {

class OutputTest : public ::testing::Test {
protected:
    test::MemoryUart uart;
    Output out{uart};
};

TEST_F(OutputTest, lines_end_in_cr_lf_and_go_out_in_one_piece) {
    out.text("a").number(-1).text("b").end_line();
    EXPECT_EQ(uart.sent(), "a-1b\r\n");
    EXPECT_EQ(uart.writes(), 1U);
    out.end_line();
    EXPECT_EQ(uart.sent(), "\r\n");
}

TEST_F(OutputTest, an_unfinished_line_is_not_sent) {
    out.text("half");
    out.flush();
    EXPECT_EQ(uart.sent(), "");
    out.end_open_line();
    EXPECT_EQ(uart.sent(), "half\r\n");
    out.end_open_line();
    EXPECT_EQ(uart.sent(), "");
}

TEST_F(OutputTest, a_frame_stands_before_the_line_that_is_being_written) {
    out.text("half ");
    EXPECT_TRUE(out.frame(as_bytes("\n\x01\x02\n")));
    out.line("line");
    EXPECT_EQ(uart.sent(), "\n\x01\x02\nhalf line\r\n");
}

TEST_F(OutputTest, a_frame_waits_behind_a_stream) {
    uart.set_room(3);
    out.begin_stream();
    out.stream("{\"a\":");
    EXPECT_TRUE(out.frame(as_bytes("\n\x01\n")));
    uart.set_room(100);
    out.stream("1}");
    out.end_stream();
    EXPECT_EQ(uart.sent(), "{\"a\":1}\r\n\n\x01\n");
}

TEST_F(OutputTest, a_frame_without_room_is_dropped_whole) {
    uart.set_room(0);
    const std::string half(Output::pending_max / 2, 'x');
    EXPECT_TRUE(out.frame(as_bytes(half)));
    EXPECT_FALSE(out.frame(as_bytes(half)));
    out.line("a line");
    uart.set_room(2 * Output::pending_max);
    out.flush();
    EXPECT_EQ(uart.sent(), half + "a line\r\n");
}

TEST_F(OutputTest, a_frame_erases_the_line_being_edited) {
    EXPECT_TRUE(out.raw("> typed"));
    out.set_drawn(true);
    EXPECT_TRUE(out.frame(as_bytes("\n\x01\n")));
    EXPECT_EQ(uart.sent(), "> typed\r\x1B[K\n\x01\n");
    EXPECT_FALSE(out.drawn());
}

TEST_F(OutputTest, numbers_are_whole) {
    out.number(std::numeric_limits<std::int64_t>::min()).end_line();
    EXPECT_EQ(uart.sent(), "-9223372036854775808\r\n");
}

TEST_F(OutputTest, errors_show_text_and_name) {
    out.error(Error(errors::busy, 5));
    EXPECT_EQ(uart.sent(), "error: another operation is under way (busy)\r\n");
}

TEST_F(OutputTest, quoted_text_escapes_what_could_draw_on_the_terminal) {
    out.quoted(as_bytes("a\x1B[2Jb\r\n\"\\\x7F")).end_line();
    EXPECT_EQ(uart.sent(), "\"a\\x1b[2Jb\\x0d\\x0a\\\"\\\\\\x7f\"\r\n");
}

TEST_F(OutputTest, utf_8_stays_readable_and_the_rest_is_escaped) {
    out.quoted(as_bytes("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80")).end_line();
    EXPECT_EQ(uart.sent(), "\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\"\r\n");
    out.quoted(as_bytes("\xE4 \xC3 \xC2\x9B \xC2\xA0 \xED\xA0\x80 \xE2\x82")).end_line();
    EXPECT_EQ(uart.sent(), "\"\\xe4 \\xc3 \\xc2\\x9b \xC2\xA0 \\xed\\xa0\\x80 \\xe2\\x82\"\r\n");
}

TEST_F(OutputTest, plain_text_cannot_carry_control_bytes_either) {
    out.text("a\nb\x1B \"q\" \\").end_line();
    EXPECT_EQ(uart.sent(), "a\\x0ab\\x1b \"q\" \\\\\r\n");
}

TEST_F(OutputTest, pads_to_a_column_of_the_line) {
    uart.set_room(0);
    out.line("first");
    out.text("ab").pad_to(4).text("c").pad_to(2).line("d");
    uart.set_room(100);
    out.flush();
    EXPECT_EQ(uart.sent(), "first\r\nab  cd\r\n");
}

TEST_F(OutputTest, what_the_port_does_not_take_waits_in_order) {
    uart.set_room(3);
    out.line("first");
    out.line("second");
    EXPECT_FALSE(out.idle());
    EXPECT_EQ(uart.sent(), "fir");
    uart.set_room(6);
    out.flush();
    EXPECT_EQ(uart.sent(), "st\r\nse");
    uart.set_room(100);
    out.flush();
    EXPECT_EQ(uart.sent(), "cond\r\n");
    EXPECT_TRUE(out.idle());
}

TEST_F(OutputTest, a_full_buffer_drops_whole_lines_and_says_how_many_in_their_place) {
    const std::string line(98, 'x');
    uart.set_room(0);
    for (int i = 0; i < 25; ++i) out.line(line);  // 20 of 100 bytes fit into 2048
    EXPECT_FALSE(out.idle());
    uart.set_room(10000);
    out.flush();
    const auto sent = uart.sent();
    std::string expected;
    for (int i = 0; i < 20; ++i) expected += line + "\r\n";
    EXPECT_EQ(sent, expected + "(5 lines dropped: the port was too slow)\r\n");
    EXPECT_TRUE(out.idle());
    out.line("again");
    EXPECT_EQ(uart.sent(), "again\r\n");
}

TEST_F(OutputTest, after_a_gap_lines_are_taken_again_once_half_the_buffer_is_free) {
    uart.set_room(0);
    out.line(std::string(Output::pending_max - 62, 'x'));  // 60 bytes are left
    out.line(std::string(80, 'y'));
    out.line("would fit, but would hide the gap");
    uart.set_room(Output::pending_max / 2);
    out.flush();
    uart.set_room(0);
    out.line("after");
    uart.set_room(10000);
    out.flush();
    EXPECT_TRUE(uart.sent().ends_with("x\r\n(2 lines dropped: the port was too slow)\r\nafter\r\n"));
    EXPECT_TRUE(out.idle());
}

TEST_F(OutputTest, a_line_longer_than_the_buffer_is_dropped_and_reported) {
    out.line(std::string(Output::pending_max, 'x'));
    EXPECT_EQ(uart.sent(), "(1 line dropped: the port was too slow)\r\n");
    out.line(std::string(Output::pending_max - 2, 'x'));
    EXPECT_EQ(uart.sent().size(), Output::pending_max);
}

TEST_F(OutputTest, echo_is_raw_and_never_inside_a_line) {
    out.raw("\b \b");
    EXPECT_EQ(uart.sent(), "\b \b");
    out.text("a");
    out.raw("echo");
    out.line("b");
    EXPECT_EQ(uart.sent(), "ab\r\n");
}

}  // namespace
}  // namespace esb::console
