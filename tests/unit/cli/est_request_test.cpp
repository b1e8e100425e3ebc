#include "host/cli/est_request.hpp"

#include <gtest/gtest.h>

namespace esb::cli {
namespace {

// Refused with this status; 0: complete.
unsigned status_of(std::string_view text) {
    EstRequestParser parser;
    parser.feed(text);
    EXPECT_TRUE(parser.complete() || parser.refused() != 0) << text;
    return parser.refused();
}

std::string post(std::string_view headers, std::string_view body = "") {
    return "POST /x HTTP/1.1\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

TEST(EstRequest, is_read_whole_or_byte_by_byte) {
    const auto text = post(
        "Host: h\r\ncontent-TYPE: Application/PKCS10; x=y\r\nAuthorization: basic YTpiOmM=\r\nContent-Length: 3\r\n",
        "abcd");
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{7}}) {
        EstRequestParser parser;
        for (std::size_t at = 0; at < text.size(); at += piece) parser.feed(std::string_view(text).substr(at, piece));
        ASSERT_TRUE(parser.complete());
        const auto& request = parser.request();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.target, "/x");
        EXPECT_EQ(request.content_type, "application/pkcs10");
        EXPECT_EQ(request.user, "a");
        EXPECT_EQ(request.password, "b:c");
        EXPECT_EQ(request.body, "abc") << "what follows is nobody's";
    }
}

TEST(EstRequest, that_two_readers_could_read_in_two_ways_is_refused) {
    EXPECT_EQ(status_of(post("Content-Length: 1\r\nContent-Length: 1\r\n", "x")), 400U);
    EXPECT_EQ(status_of(post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "x")), 501U);
    EXPECT_EQ(status_of(post("Content-Length: +1\r\n", "x")), 400U);
    EXPECT_EQ(status_of(post("Content-Length: 1, 1\r\n", "x")), 400U);
    EXPECT_EQ(status_of(post("Content-Length : 1\r\n", "x")), 400U);
    EXPECT_EQ(status_of(post("A: b\r\n folded\r\n")), 400U);
    EXPECT_EQ(status_of("POST /x HTTP/1.1\nContent-Length: 1\n\nx"), 400U);
    EXPECT_EQ(status_of("POST /x\r\n\r\n"), 400U);
    EXPECT_EQ(status_of("GET /x HTTP/1.1\r\nContent-Length: 1\r\n\r\nx"), 400U);
    EXPECT_EQ(status_of(post("Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\nContent-Length: 0\r\n")), 400U);
}

TEST(EstRequest, has_bounds) {
    EXPECT_EQ(status_of(post("")), 411U);
    EXPECT_EQ(status_of("DELETE /x HTTP/1.1\r\n\r\n"), 405U);
    EXPECT_EQ(status_of(post("Content-Length: 8192\r\n", std::string(8192, 'x'))), 0U);
    EXPECT_EQ(status_of(post("Content-Length: 8193\r\n")), 413U);
    EXPECT_EQ(status_of(post("Content-Length: 99999999999999999999\r\n")), 400U);
    EXPECT_EQ(status_of(post("A: " + std::string(5000, 'x') + "\r\n")), 431U);
    EstRequestParser endless;
    for (int i = 0; i < 5000; ++i) endless.feed("x");
    EXPECT_EQ(endless.refused(), 431U);
}

}  // namespace
}  // namespace esb::cli
