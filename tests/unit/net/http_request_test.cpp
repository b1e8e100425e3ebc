#include "esb/net/http_request.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace {

using namespace esb;
using net::HttpContent;
using net::HttpMethod;
using net::HttpRequestParser;

constexpr std::array<std::string_view, 2> hosts{"4.3.2.1", "setup.test"};
constexpr std::string_view own = "Host: 4.3.2.1\r\n";
constexpr std::string_view json_head = "Content-Type: application/json\r\nX-ESB: 1\r\n";

// The error's name, or "" for a request that is accepted, or "..." for one that is not whole.
std::string judge(std::string_view text, std::size_t piece = std::string_view::npos) {
    HttpRequestParser parser;
    parser.begin(hosts);
    while (!text.empty() && !parser.complete()) {
        const auto used = parser.feed(as_bytes(text.substr(0, piece)));
        if (!used) {
            EXPECT_FALSE(parser.complete());
            const auto again = parser.feed(as_bytes("GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n"));
            EXPECT_TRUE(!again && again.error() == used.error());
            return std::string(used.error().name());
        }
        text.remove_prefix(*used);
    }
    return parser.complete() ? "" : "...";
}

std::string request(std::string_view line, std::string_view headers = own) {
    return std::string(line) + "\r\n" + std::string(headers) + "\r\n";
}
std::string get(std::string_view target, std::string_view headers = own) {
    return request("GET " + std::string(target) + " HTTP/1.1", headers);
}
std::string post(std::string_view headers) {
    return request("POST /api HTTP/1.1", std::string(own) + std::string(headers));
}

TEST(HttpRequest, a_phones_request_is_taken_apart) {
    const std::string text = get("/app.js?v=1", "Host: 4.3.2.1\r\nUser-Agent: x\r\nAccept: */*\r\n");
    HttpRequestParser parser;
    parser.begin(hosts);
    EXPECT_FALSE(parser.begun());
    const auto used = parser.feed(as_bytes(text));
    ASSERT_TRUE(used && *used == text.size() && parser.complete());
    const auto seen = parser.request();
    EXPECT_EQ(seen.method, HttpMethod::get);
    EXPECT_TRUE(seen.ours);
    EXPECT_FALSE(seen.http_1_0);
    EXPECT_EQ(seen.host, "4.3.2.1");
    EXPECT_EQ(seen.path, "/app.js");
    EXPECT_EQ(seen.query, "v=1");
    EXPECT_EQ(seen.content, HttpContent::none);
    EXPECT_EQ(seen.content_length, 0U);
}

TEST(HttpRequest, the_head_ends_exactly_where_the_body_begins) {
    const std::string head = post("Content-Length: 5\r\n" + std::string(json_head));
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, head.size(), head.size() + 5}) {
        const std::string whole = head + "{\"a\"}GET / HTTP/1.1\r\n";
        HttpRequestParser parser;
        parser.begin(hosts);
        std::size_t at = 0;
        while (!parser.complete()) {
            const auto used = parser.feed(as_bytes(std::string_view(whole).substr(at, piece)));
            ASSERT_TRUE(used);
            at += *used;
        }
        EXPECT_EQ(at, head.size());
        EXPECT_EQ(*parser.feed(as_bytes("more")), 0U);
        EXPECT_EQ(parser.request().content_length, 5U);
        EXPECT_EQ(parser.request().content, HttpContent::json);
        EXPECT_EQ(parser.request().method, HttpMethod::post);
    }
}

TEST(HttpRequest, apples_probe_speaks_HTTP_1_0) {
    HttpRequestParser parser;
    parser.begin(hosts);
    ASSERT_TRUE(parser.feed(as_bytes("GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n")));
    ASSERT_TRUE(parser.complete());
    EXPECT_FALSE(parser.request().ours);
    EXPECT_TRUE(parser.request().http_1_0);
}

struct Case {
    std::string text;
    std::string_view outcome;
};

void expect_all(const std::vector<Case>& cases) {
    for (const auto& [text, outcome] : cases) {
        EXPECT_EQ(judge(text), outcome) << text;
        EXPECT_EQ(judge(text, 1), outcome) << "byte by byte: " << text;
    }
}

TEST(HttpRequest, methods_and_versions) {
    expect_all({
        {get("/"), ""},
        {request("HEAD / HTTP/1.1"), ""},
        {request("GET / HTTP/1.0"), ""},
        {request("PUT / HTTP/1.1"), "web.method"},
        {request("DELETE / HTTP/1.1"), "web.method"},
        {request("OPTIONS / HTTP/1.1"), "web.method"},
        {request("OPTIONS * HTTP/1.1"), "web.method"},
        {request("TRACE / HTTP/1.1"), "web.method"},
        {request("CONNECT 4.3.2.1:80 HTTP/1.1"), "web.method"},
        {request("get / HTTP/1.1"), "web.method"},
        {request("BREW / HTTP/1.1"), "web.method"},
        {request("GET / HTTP/2.0"), "web.version"},
        {request("GET / HTTP/1.2"), "web.version"},
        {request("GET / HTTP/0.9"), "web.version"},
        {request("GET / FTP/1.1"), "web.malformed"},
        {"\x16\x03\x01\x02\x00\x01", "web.method"},  // TLS at the plain port
        {"GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n", "..."},
        {"GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n\rX", "web.malformed"},
        {"GET / HTTP/1.1\nHost: 4.3.2.1\n\n", "web.malformed"},
    });
}

TEST(HttpRequest, hosts) {
    const auto host = [](std::string_view value) { return get("/", "Host: " + std::string(value) + "\r\n"); };
    expect_all({
        {host("4.3.2.1"), ""},
        {host("SETUP.test"), ""},
        {host("captive.apple.com"), ""},  // accepted as foreign
        {get("/", ""), "web.host_missing"},
        {get("/", "Host: 4.3.2.1\r\nHost: 4.3.2.1\r\n"), "web.header"},
        {get("/", "Host: 4.3.2.1\r\nhost: evil.test\r\n"), "web.header"},
        {host(""), "web.host"},
        {host("127.0.0.1"), "web.host"},
        {host("127.0.0.1:80"), "web.host"},
        {host("localhost"), "web.host"},
        {host("LOCALHOST:8080"), "web.host"},
        {host("localhost."), "web.host"},
        {host("a.localhost"), "web.host"},
        {host("4.3.2.1:80"), ""},  // the usual port
        {host("4.3.2.1:8080"), "web.host"},
        {host("a:b"), "web.host"},
        {host("a:"), "web.host"},
        {host("example.com:8080"), ""},
        {host("4.3.2.1."), "web.host"},
        {host("4.3.2.10"), "web.host"},
        {host("192.168.1.5"), "web.host"},
        {host("127.1"), "web.host"},
        {host("2130706433"), "web.host"},
        {host("0x7f000001"), "web.host"},
        {host("[::1]"), "web.host"},
        {host("a b"), "web.host"},
        {host("a,4.3.2.1"), "web.host"},
        {host("user@4.3.2.1"), "web.host"},
        {host("4.3.2.1/"), "web.host"},
        {host(":80"), "web.host"},
        {host("."), "web.host"},
        {host(std::string(79, 'a')), ""},
        {host(std::string(80, 'a')), "web.host"},
        {host(std::string(200, 'a')), "web.header"},
    });
}

TEST(HttpRequest, only_names_of_the_list_are_ours) {
    for (std::string_view name : {"setup.test.evil.test", "evil.setup.test", "setup.tes", "xsetup.test"}) {
        HttpRequestParser parser;
        parser.begin(hosts);
        ASSERT_TRUE(parser.feed(as_bytes(get("/", "Host: " + std::string(name) + "\r\n"))));
        EXPECT_TRUE(parser.complete());
        EXPECT_FALSE(parser.request().ours) << name;
    }
}

TEST(HttpRequest, paths_of_our_own_are_clean) {
    expect_all({
        {get("/a/b-c_d.e~f/"), ""},
        {get("/a?x=%2e%2e/../"), ""},  // the query is data
        {get("/.."), "web.target"},
        {get("/../etc/passwd"), "web.target"},
        {get("/a/../b"), "web.target"},
        {get("/a/."), "web.target"},
        {get("//"), "web.target"},
        {get("//evil.test/"), "web.target"},
        {get("/a//b"), "web.target"},
        {get("/%2e%2e/"), "web.target"},
        {get("/a%00"), "web.target"},
        {get("/a\\..\\b"), "web.target"},
        {get("/a;b"), "web.target"},
        {get("/a#b"), "web.target"},
        {get("/a?b#c"), "web.target"},
        {get("*"), "web.target"},
        {get("http://4.3.2.1/"), "web.target"},
        {get("http://evil.test/"), "web.target"},
        {get("http://evil.test/", "Host: evil.test\r\n"), "web.target"},
        {get("/" + std::string(190, 'a')), ""},
        {get("/" + std::string(191, 'a')), "web.target_too_long"},
        {get("/" + std::string(5000, 'a')), "web.target_too_long"},
    });
    using namespace std::string_literals;
    EXPECT_NE(judge(get("/a\0b"s)), "");
    EXPECT_NE(judge(get("/a\x01")), "");
    EXPECT_NE(judge(get("/a\xC3\xA4")), "");
    EXPECT_NE(judge(get("/a\tb")), "");
}

TEST(HttpRequest, a_foreign_name_may_have_any_visible_path) {
    expect_all({
        {get("/x?y=%20&z//../", "Host: example.com\r\n"), ""},
        {get("//a//b", "Host: example.com\r\n"), ""},
        {request("POST / HTTP/1.1", "Host: example.com\r\nContent-Length: 0\r\n" + std::string(json_head)), "web.host"},
    });
}

TEST(HttpRequest, origins) {
    const auto from = [](std::string_view origin) {
        return get("/", std::string(own) + "Origin: " + std::string(origin) + "\r\n");
    };
    expect_all({
        {from("http://4.3.2.1"), ""},
        {from("null"), "web.origin"},
        {from(""), "web.origin"},
        {from("https://4.3.2.1"), "web.origin"},
        {from("http://4.3.2.1:8080"), "web.origin"},
        {from("http://setup.test"), "web.origin"},  // ours, but not the one of this request
        {from("http://evil.test"), "web.origin"},
        {from("http://4.3.2.1.evil.test"), "web.origin"},
        {from("http://" + std::string(100, 'a')), "web.header"},
        {get("/", "Origin: http://evil.test\r\nHost: 4.3.2.1\r\n"), "web.origin"},
        {get("/", std::string(own) + "Origin: http://4.3.2.1\r\nOrigin: http://4.3.2.1\r\n"), "web.header"},
    });
}

TEST(HttpRequest, posts) {
    const std::string type = "Content-Type: application/json\r\n";
    const std::string length = "Content-Length: 2\r\n";
    const std::string mine = "X-ESB: 1\r\n";
    expect_all({
        {post(type + length + mine), ""},
        {post("content-type: Application/JSON; charset=utf-8\r\nx-esb:1\r\ncontent-length:2\r\n"), ""},
        {post("Content-Type: application/octet-stream\r\n" + length + mine), ""},
        {post(type + length), "web.own_header"},
        {post(type + length + "X-ESB: 2\r\n"), "web.own_header"},
        {post(type + length + mine + mine), "web.header"},
        {post(length + mine), "web.content_type"},
        {post("Content-Type: text/plain\r\n" + length + mine), "web.content_type"},
        {post("Content-Type: application/x-www-form-urlencoded\r\n" + length + mine), "web.content_type"},
        {post("Content-Type: multipart/form-data; boundary=application/json\r\n" + length + mine), "web.content_type"},
        {post(type + type + length + mine), "web.header"},
        {post(type + mine), "web.length_missing"},
        {post(type + mine + "Content-Length: -1\r\n"), "web.length"},
        {post(type + mine + "Content-Length: 2x\r\n"), "web.length"},
        {post(type + mine + "Content-Length: 99999999999\r\n"), "web.length"},
        {post(type + mine + "Content-Length: 99999999999999999999999\r\n"), "web.length"},
        {get("/", std::string(own) + "Content-Length: 1\r\n"), "web.body_unexpected"},
        {get("/", std::string(own) + "Content-Length: 0\r\n"), ""},
    });
    EXPECT_NE(judge(post(type + mine + length + length)), "");
    EXPECT_NE(judge(post(type + mine + length + "Content-Length: 3\r\n")), "");
}

TEST(HttpRequest, transfer_codings_are_refused) {
    expect_all({
        {post(std::string(json_head) + "Transfer-Encoding: chunked\r\n"), "web.transfer_coding"},
        {post(std::string(json_head) + "transfer-encoding: identity\r\n"), "web.transfer_coding"},
        {get("/", std::string(own) + "Transfer-Encoding: gzip, chunked\r\n"), "web.transfer_coding"},
        {get("/", std::string(own) + "Transfer-Encoding:\r\n"), "web.transfer_coding"},
    });
    EXPECT_NE(judge(post(std::string(json_head) + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")), "");
    EXPECT_NE(judge(post(std::string(json_head) + "Transfer-Encoding : chunked\r\nContent-Length: 2\r\n")), "");
}

TEST(HttpRequest, header_bombs) {
    std::string many(own);
    for (int i = 0; i < 1000; ++i) many += "A" + std::to_string(i) + ": b\r\n";
    std::string long_value(own);
    long_value += "A: " + std::string(100'000, 'b') + "\r\n";
    std::string long_name(own);
    long_name += std::string(100'000, 'a') + ": b\r\n";
    expect_all({
        {get("/", many), "web.header_too_large"},
        {get("/", long_value), "web.header_too_large"},
        {get("/", long_name), "web.header_too_large"},
        {get("/", std::string(own) + "Bad(name): x\r\n"), "web.malformed"},
        {get("/", std::string(own) + "no colon\r\n"), "web.malformed"},
    });
    const auto base = get("/", std::string(own) + "A: \r\n").size();
    const auto of_size = [&](std::size_t size) {
        return get("/", std::string(own) + "A: " + std::string(size - base, 'b') + "\r\n");
    };
    EXPECT_EQ(judge(of_size(HttpRequestParser::max_header)), "");
    EXPECT_EQ(judge(of_size(HttpRequestParser::max_header + 1)), "web.header_too_large");
}

TEST(HttpRequest, every_refusal_has_its_status) {
    EXPECT_EQ(net::http_status_of(Error(errors::web_host)), 421U);
    EXPECT_EQ(net::http_status_of(Error(errors::web_transfer_coding)), 501U);
    EXPECT_EQ(net::http_status_of(Error(errors::web_header_too_large)), 431U);
    EXPECT_EQ(net::http_status_of(Error(errors::web_busy)), 503U);
    EXPECT_EQ(net::http_status_of(Error(errors::no_memory)), 500U);
}

}  // namespace
