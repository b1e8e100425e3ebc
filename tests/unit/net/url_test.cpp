#include "esb/net/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace esb;
using net::parse_url;

TEST(Url, its_parts) {
    const auto url = parse_url("http://example.com:8080/a/b.bin?v=1&x=%2F");
    ASSERT_TRUE(url);
    EXPECT_FALSE(url->tls);
    EXPECT_EQ(url->host, "example.com");
    EXPECT_EQ(url->port, 8080);
    EXPECT_EQ(url->target, "/a/b.bin?v=1&x=%2F");
}

TEST(Url, default_ports_and_targets) {
    const auto plain = parse_url("http://192.0.2.1");
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->host, "192.0.2.1");
    EXPECT_EQ(plain->port, 80);
    EXPECT_EQ(plain->target, "");
    const auto tls = parse_url("HTTPS://h/");
    ASSERT_TRUE(tls);
    EXPECT_TRUE(tls->tls);
    EXPECT_EQ(tls->port, 443);
    EXPECT_EQ(tls->target, "/");
}

TEST(Url, other_schemes_are_told_from_garbage) {
    for (const auto* text : {"ftp://host/x", "file:///etc/passwd", "mqtt://h", "httpx://h", "ws+unix.1-2://h"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error(), errors::url_scheme) << text;
    }
}

TEST(Url, what_is_refused) {
    for (const std::string_view text : {"",
                                        "http",
                                        "http:",
                                        "http:/",
                                        "http://",
                                        "http:///x",
                                        "://h",
                                        "1http://h",
                                        "ht tp://h",
                                        "//h/x",
                                        "h/x",
                                        " http://h",
                                        "http://h/ ",
                                        "http://h/a b",
                                        "http://user@h/",
                                        "http://user:pass@h/",
                                        "http://h/#x",
                                        "http://h#x",
                                        "http://h?x",
                                        "http://h:",
                                        "http://h:/",
                                        "http://h:0/",
                                        "http://h:65536/",
                                        "http://h:8a/",
                                        "http://h:-1/",
                                        "http://h:+1/",
                                        "http://h:99999999999999999999/",
                                        "http://h:80:80/",
                                        "http://[::1]/",
                                        "http://-h/",
                                        "http://.h/",
                                        "http://a..b/",
                                        "http://h_\xC3\xA4/",
                                        "http://h/\x7F",
                                        "http://h/\xC3\xA4",
                                        "http://h/\r\nX: y",
                                        "http://h\r\n/",
                                        "http://h/%",
                                        "http://h/%2",
                                        "http://h/%zz",
                                        "http://h/%0g",
                                        "http://h/\"",
                                        "http://h/<",
                                        "http://h/\\",
                                        "http://h\\x/",
                                        "http://h/{}",
                                        "http://h/|",
                                        "http://h/^",
                                        "http://h/`",
                                        "http://h%41/",
                                        "http://h,i/"}) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error(), errors::url_bad) << text;
    }
    EXPECT_EQ(parse_url(std::string_view("http://h/\0", 10)).error(), errors::url_bad);
}

TEST(Url, at_most_255_bytes) {
    const std::string start = "http://h/";
    EXPECT_TRUE(parse_url(start + std::string(255 - start.size(), 'x')));
    EXPECT_EQ(parse_url(start + std::string(256 - start.size(), 'x')).error(), errors::url_bad);
    EXPECT_TRUE(parse_url("http://" + std::string(248, 'h')));
}

TEST(Url, every_port_from_1_to_65535) {
    EXPECT_EQ(parse_url("http://h:1")->port, 1);
    EXPECT_EQ(parse_url("http://h:65535/")->port, 65535);
    EXPECT_EQ(parse_url("https://h:00080/")->port, 80);
}

}  // namespace
