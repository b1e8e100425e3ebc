#include "esb/net/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

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
        EXPECT_NE(url.error().detail(), 0) << text;
    }
    EXPECT_EQ(parse_url(std::string_view("http://h/\0", 10)).error(), errors::url_bad);
}

TEST(Url, a_query_of_2048_bytes_fits) {
    const std::string start = "http://h/";
    EXPECT_TRUE(parse_url("http://objects.example.com/releases/firmware.bin?" + std::string(2048, 'x')));
    EXPECT_TRUE(parse_url(start + std::string(net::max_url - start.size(), 'x')));
    EXPECT_EQ(parse_url(start + std::string(net::max_url + 1 - start.size(), 'x')).error(), errors::url_bad);
    EXPECT_TRUE(parse_url("http://" + std::string(248, 'h')));
}

TEST(Url, the_broken_rule_is_told) {
    using enum net::UrlRule;
    const std::pair<std::string, net::UrlRule> cases[] = {
        {"h/x", form},
        {"http:/h/", form},
        {"http://h?x", form},
        {"http://h/" + std::string(net::max_url, 'x'), too_long},
        {"http://h/\r\n", control},
        {"http://h/\x7F", control},
        {"http://h/a b", blank},
        {"http://h/\xC3\xA4", not_ascii},
        {"http://user@h/", user_info},
        {"http://user:pass@h/", user_info},
        {"http://h/#x", fragment},
        {"http://h#x", fragment},
        {"http://[::1]/", ipv6},
        {"http://[2001:db8::1]:80/", ipv6},
        {"http:///x", empty_host},
        {"http://:80/x", empty_host},
        {"http://-h/", host},
        {"http://a..b/", host},
        {"http://::1/", empty_host},
        {"http://h:0/", port},
        {"http://h:65536/", port},
        {"http://h:/", port},
        {"http://h/%zz", escape},
        {"http://h/<", character},
    };
    for (const auto& [text, rule] : cases) {
        const auto url = parse_url(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().detail(), static_cast<int>(rule)) << text;
    }
}

TEST(Url, a_host_that_ends_in_a_number_is_four_numbers) {
    for (const std::string host : {"127.1",      "127.0.1",    "2130706433",   "0x7f000001",
                                   "0X7F000001", "0x",         "017700000001", "127.0.0.0x1",
                                   "127.0.0.01", "0127.0.0.1", "1.2.3.4.5",    "256.1.1.1",
                                   "1.2.3",      "h.1",        "example.0x10", "127.0.0.1.",
                                   "0.0.0.0",    "0.1.2.3",    "224.0.0.1",    "255.255.255.255",
                                   "1",          "0",          "127.0.0.1.2",  "a.b.c.1."}) {
        const auto url = parse_url("http://" + host + "/x");
        ASSERT_FALSE(url) << host;
        EXPECT_EQ(url.error(), errors::url_host) << host;
        EXPECT_EQ(parse_url("http://" + host + ":8080/x").error(), errors::url_host) << host;
    }
    for (const std::string host : {"127.0.0.1", "192.168.1.7", "10.0.0.1", "223.255.255.255", "h1", "1h", "0xg",
                                   "4.com", "0x7f.example", "1.2.3.4.example", "example.com.", "a_b.local"}) {
        EXPECT_TRUE(parse_url("http://" + host + "/x")) << host;
    }
}

std::string resolved(std::string_view base, std::string_view reference) {
    net::UrlText text;
    EXPECT_TRUE(text.assign(base));
    const auto done = net::resolve_url(text, reference);
    return done ? std::string(text.view()) : std::string(done.error().name());
}

// RFC 3986 §5.4, as far as it speaks of what we accept.
TEST(Url, references_mean_what_the_standard_says) {
    constexpr std::string_view base = "http://a/b/c/d;p?q";
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {"g?y#s", "http://a/b/c/g?y"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"https://x/y", "https://x/y"},
        {"HTTP://X:81/./y", "HTTP://X:81/y"},
        {"http:g", "url.bad"},
        {"g:h", "url.bad"},
        {"ftp://x/", "url.scheme"},
        {"//user@x/", "url.bad"},
        {"//127.1/", "url.host"},
        {"a:b", "url.bad"},
        {"./a:b", "http://a/b/c/a:b"},
    };
    for (const auto& [reference, expected] : cases) EXPECT_EQ(resolved(base, reference), expected) << reference;
    EXPECT_EQ(resolved("http://a", "x"), "http://a/x");
    EXPECT_EQ(resolved("http://a", "?x"), "http://a/?x");
    EXPECT_EQ(resolved("http://a:8080", ""), "http://a:8080");
    EXPECT_EQ(resolved("https://a/b", "//c/d"), "https://c/d");
    EXPECT_EQ(resolved("http://a/b?c/d", "e"), "http://a/e");
    EXPECT_EQ(resolved("http://a/b", "/" + std::string(net::max_url, 'x')), "url.bad");
}

TEST(Url, lists_of_hosts) {
    using net::is_listed_host;
    constexpr std::string_view list = "Files.example.com, 192.0.2.1  *.objects.test";
    for (const auto* host :
         {"files.example.com", "FILES.EXAMPLE.COM.", "192.0.2.1", "a.objects.test", "a.b.Objects.test"})
        EXPECT_TRUE(is_listed_host(list, host)) << host;
    for (const auto* host : {"example.com", "xfiles.example.com", "objects.test", "evilobjects.test", "192.0.2.11",
                             "files.example.com.evil", ""})
        EXPECT_FALSE(is_listed_host(list, host)) << host;
    EXPECT_FALSE(is_listed_host("", "a"));
    EXPECT_FALSE(is_listed_host(" , ", "a"));
}

TEST(Url, every_port_from_1_to_65535) {
    EXPECT_EQ(parse_url("http://h:1")->port, 1);
    EXPECT_EQ(parse_url("http://h:65535/")->port, 65535);
    EXPECT_EQ(parse_url("https://h:00080/")->port, 80);
}

}  // namespace
