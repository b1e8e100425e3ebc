// One grammar, RFC 9112's: whatever departs from it is refused, in one piece, byte by byte and cut anywhere.
#include "esb/net/http_request.hpp"

#include <gtest/gtest.h>

#include <array>
// GCC 12 takes <regex> under the sanitizers for code that uses values before they are set.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <regex>
#include <string>

namespace {

using namespace esb;
using namespace std::string_literals;
using net::HttpRequestParser;

constexpr std::array<std::string_view, 1> own_hosts{"4.3.2.1"};

// The error's name, "" when accepted, "..." when not whole; `cut` bytes first, then `piece` bytes a time.
std::string judge(std::string_view text, std::size_t cut, std::size_t piece, std::uint16_t port = 80) {
    HttpRequestParser parser;
    parser.begin(own_hosts, port);
    for (std::size_t size = cut; !text.empty() && !parser.complete(); size = piece) {
        const auto used = parser.feed(as_bytes(text.substr(0, size)));
        if (!used) return std::string(used.error().name());
        text.remove_prefix(*used);
    }
    return parser.complete() ? "" : "...";
}

struct HeadCase {
    std::string text;
    std::string_view outcome;
};

// Returns how many ways were tried.
int expect_everywhere(const HeadCase& wanted) {
    const auto& [text, outcome] = wanted;
    EXPECT_EQ(judge(text, 1, 1), outcome) << "byte by byte: " << text;
    for (std::size_t cut = 1; cut <= text.size(); ++cut) {
        EXPECT_EQ(judge(text, cut, std::string::npos), outcome) << "cut at " << cut << ": " << text;
    }
    return static_cast<int>(text.size()) + 1;
}

const std::string line = "GET / HTTP/1.1\r\n";
const std::string host = "Host: 4.3.2.1\r\n";
const std::string json = "POST /api HTTP/1.1\r\n" + host + "X-ESB: 1\r\nContent-Type: application/json\r\n";

std::vector<HeadCase> lines() {
    return {
        {line + host + "\r\n", ""},
        {line + "Host:4.3.2.1\r\n\r\n", ""},
        {line + "Host:\t 4.3.2.1 \t\r\n\r\n", ""},  // optional white space around a value
        {line + host + "Empty:\r\n\r\n", ""},
        {line + host + "Text: caf\xC3\xA9 \"quoted\"\r\n\r\n", ""},  // obs-text
        {line + host + "!#$%&'*+-.^_`|~09: x\r\n\r\n", ""},
        // line ends
        {"GET / HTTP/1.1\n" + host + "\r\n", "web.malformed"},
        {"GET / HTTP/1.1\nHost: 4.3.2.1\n\n", "web.malformed"},
        {line + "Host: 4.3.2.1\n\r\n", "web.malformed"},
        {line + host + "A: b\n\r\n", "web.malformed"},
        {line + host + "A: b\r\n\n", "web.malformed"},
        {line + host + "\n", "web.malformed"},
        {line + host + "\r\r\n", "web.malformed"},
        {line + host + "\rX", "web.malformed"},
        {line + host + "A: b\rc\r\n\r\n", "web.malformed"},
        {line + host + "A: b\r\r\n\r\n", "web.malformed"},
        {line + "Host: 4.3.2.1\rX: y\r\n\r\n", "web.malformed"},
        {"GET / HTTP/1.1\r" + host + "\r\n", "web.malformed"},
        // folded lines
        {line + "Host: 4.3.2.1\r\n evil.test\r\n\r\n", "web.malformed"},
        {line + "Host:\r\n 4.3.2.1\r\n\r\n", "web.malformed"},
        {line + "Host:\r\n\t4.3.2.1\r\n\r\n", "web.malformed"},
        {line + "Host: 4.3.2\r\n .1\r\n\r\n", "web.malformed"},
        {line + host + "A: b\r\n c\r\n\r\n", "web.malformed"},
        {line + host + "A: b\r\n\tc\r\n\r\n", "web.malformed"},
        {line + host + "A: b\r\n \r\n\r\n", "web.malformed"},
        {line + " " + host + "\r\n", "web.malformed"},
        {line + "\t" + host + "\r\n", "web.malformed"},
        {json + "Content-Length:\r\n 2\r\n\r\n", "web.malformed"},
        {json + "Content-Length: 2\r\nA: b\r\n\r\n ", ""},  // behind the head
        // field names
        {line + "Host : 4.3.2.1\r\n\r\n", "web.malformed"},
        {line + "Host\t: 4.3.2.1\r\n\r\n", "web.malformed"},
        {line + "Ho st: 4.3.2.1\r\n\r\n", "web.malformed"},
        {line + host + ": b\r\n\r\n", "web.malformed"},
        {line + host + "A\0: b\r\n\r\n"s, "web.malformed"},
        {line + host + "A(: b\r\n\r\n", "web.malformed"},
        {line + host + "A\x80: b\r\n\r\n", "web.malformed"},
        {line + host + "no colon\r\n\r\n", "web.malformed"},
        {line + host + "nocolon\r\n\r\n", "web.malformed"},
        {json + "Transfer-Encoding : chunked\r\nContent-Length: 2\r\n\r\n", "web.malformed"},
        {json + "Content-Length : 2\r\n\r\n", "web.malformed"},
        // values
        {line + host + "A: \0\r\n\r\n"s, "web.malformed"},
        {line + host + "A: \x01\r\n\r\n", "web.malformed"},
        {line + host + "A: \x0B\r\n\r\n", "web.malformed"},
        {line + host + "A: \x1B[1m\r\n\r\n", "web.malformed"},
        {line + host + "A: \x7F\r\n\r\n", "web.malformed"},
        {line + "Host: 4.3.2.1\0.evil.test\r\n\r\n"s, "web.malformed"},
    };
}

std::vector<HeadCase> request_lines() {
    const auto get = [](std::string text) { return text + "\r\n" + host + "\r\n"; };
    return {
        {get("GET / HTTP/1.0"), ""},
        {get("\r\nGET / HTTP/1.1"), "web.malformed"},
        {get("\nGET / HTTP/1.1"), "web.malformed"},
        {get("\r\n\r\nGET / HTTP/1.1"), "web.malformed"},
        {get(" GET / HTTP/1.1"), "web.method"},
        {get("GET  / HTTP/1.1"), "web.malformed"},
        {get("GET /  HTTP/1.1"), "web.malformed"},
        {get("GET / HTTP/1.1 "), "web.malformed"},
        {get("GET\t/ HTTP/1.1"), "web.method"},
        {get("GET /\tHTTP/1.1"), "web.target"},
        {get("GET /a b HTTP/1.1"), "web.malformed"},
        {get("GET HTTP/1.1"), "web.malformed"},
        {get("GET "), "web.malformed"},
        {get("GET"), "web.malformed"},
        {get("GET /"), "web.version"},  // HTTP/0.9
        {get("GET / "), "web.malformed"},
        {"GET /\n", "web.version"},
        {get("GET / http/1.1"), "web.malformed"},
        {get("GET / HTTP/1,1"), "web.malformed"},
        {get("GET / HTTP/11"), "web.malformed"},
        {get("GET / HTTP/1"), "web.malformed"},
        {get("GET / HTTP/01.1"), "web.version"},
        {get("GET / HTTP/1.10"), "web.malformed"},
        {get("GET / HTTP/1.2"), "web.version"},
        {get("GET / HTTP/2.0"), "web.version"},
        {get("GET / HTTP/0.9"), "web.version"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "web.method"},
        {get("get / HTTP/1.1"), "web.method"},
        {get("Get / HTTP/1.1"), "web.method"},
        {get("TRACE / HTTP/1.1"), "web.method"},
        {get("CONNECT 4.3.2.1:80 HTTP/1.1"), "web.method"},
        {get("OPTIONS * HTTP/1.1"), "web.method"},
        {get("GET * HTTP/1.1"), "web.target"},
        {get("GET 4.3.2.1:80 HTTP/1.1"), "web.malformed"},  // authority form: http_parser knows it for CONNECT only
        {get("GET http://4.3.2.1/ HTTP/1.1"), "web.target"},
        {get("GET http://evil.test/ HTTP/1.1"), "web.target"},
        {get("GET /\x80 HTTP/1.1"), "web.target"},
        {get("GET /\x7F HTTP/1.1"), "web.target"},
        {get("GET /\0 HTTP/1.1"s), "web.target"},
        {line + "\r\n", "web.host_missing"},
        {"GET / HTTP/1.0\r\n\r\n", "web.host_missing"},
    };
}

std::vector<HeadCase> lengths_and_codings() {
    const auto length = [](std::string text) { return json + "Content-Length:" + text + "\r\n\r\n"; };
    const auto coding = [](std::string text) { return json + text + "\r\n\r\n"; };
    return {
        {length("5"), ""},
        {length(" 0"), ""},
        {length(" +5"), "web.length"},
        {length(" -5"), "web.length"},
        {length(" 5, 5"), "web.length"},
        {length(" 5,5"), "web.length"},
        {length(" 5 5"), "web.length"},
        {length(" 0x5"), "web.length"},
        {length(" 5.0"), "web.length"},
        {length(" five"), "web.length"},
        {length(""), "web.length"},
        {length(" "), "web.length"},
        {length(" 4294967296"), "web.length"},
        {length(" 18446744073709551617"), "web.length"},
        {length(" 99999999999999999999999999999999"), "web.length"},
        {length(" \"5\""), "web.length"},
        {coding("Transfer-Encoding: chunked"), "web.transfer_coding"},
        {coding("TRANSFER-ENCODING: chunked"), "web.transfer_coding"},
        {coding("Transfer-Encoding:chunked"), "web.transfer_coding"},
        {coding("Transfer-Encoding:"), "web.transfer_coding"},
        {coding("Transfer-Encoding: x\r\nContent-Length: 5"), "web.transfer_coding"},
        {coding("Content-Length: 5\r\nTransfer-Encoding: identity"), "web.transfer_coding"},
        {coding("Content-Length: 5\r\nHost: 4.3.2.1"), "web.header"},
    };
}

TEST(HttpGrammar, lines_request_lines_and_lengths_have_one_form) {
    int cases = 0, ways = 0;
    for (const auto& table : {lines(), request_lines(), lengths_and_codings()}) {
        for (const auto& wanted : table) {
            ways += expect_everywhere(wanted);
            ++cases;
        }
    }
    RecordProperty("cases", cases);
    RecordProperty("ways", ways);
    EXPECT_GE(cases, 100);
}

TEST(HttpGrammar, repeated_lengths_are_refused_equal_or_not) {
    for (std::string_view second : {"5", "6", "05"}) {
        const auto text = json + "Content-Length: 5\r\nContent-Length: " + std::string(second) + "\r\n\r\n";
        const auto whole = judge(text, std::string::npos, std::string::npos);
        EXPECT_TRUE(whole == "web.header" || whole == "web.length") << whole;
        EXPECT_EQ(judge(text, 1, 1), whole);
    }
}

TEST(HttpGrammar, the_default_port_may_be_written) {
    const auto at = [](std::string_view name, std::string_view origin, std::uint16_t port) {
        auto text = line + "Host: " + std::string(name) + "\r\n";
        if (!origin.empty()) text += "Origin: " + std::string(origin) + "\r\n";
        return judge(text + "\r\n", std::string::npos, std::string::npos, port);
    };
    for (std::string_view name : {"4.3.2.1", "4.3.2.1:80"}) {
        EXPECT_EQ(at(name, "", 80), "");
        EXPECT_EQ(at(name, "http://4.3.2.1", 80), "");
        EXPECT_EQ(at(name, "http://4.3.2.1:80", 80), "");
        EXPECT_EQ(at(name, "http://4.3.2.1:8080", 80), "web.origin");
        EXPECT_EQ(at(name, "http://4.3.2.1:80:80", 80), "web.origin");
        EXPECT_EQ(at(name, "http://4.3.2.1:", 80), "web.origin");
        EXPECT_EQ(at(name, "https://4.3.2.1:80", 80), "web.origin");
        EXPECT_EQ(at(name, "http://4.3.2.1:80/", 80), "web.origin");
    }
    for (std::string_view name : {"4.3.2.1:", "4.3.2.1:080", "4.3.2.1:8", "4.3.2.1:800", "4.3.2.1:8080", "4.3.2.1:443",
                                  "4.3.2.1:80:80", "4.3.2.1:http", "4.3.2.1:+80", "4.3.2.1.:80", "4.3.2.1 :80",
                                  "4.3.2.1: 80", ":80", "a@4.3.2.1:80", "4.3.2.10:80", "localhost:80"}) {
        EXPECT_EQ(at(name, "", 80), "web.host") << name;
    }
    EXPECT_EQ(at("4.3.2.1:80", "", 8080), "web.host");
    EXPECT_EQ(at("4.3.2.1", "http://4.3.2.1:80", 8080), "web.origin");
}

TEST(HttpGrammar, at_another_port_the_host_names_it) {
    static constexpr std::array<std::string_view, 1> with_port{"4.3.2.1:8080"};
    const auto ours = [](std::string_view name) {
        HttpRequestParser parser;
        parser.begin(with_port, 8080);
        const auto text = line + "Host: " + std::string(name) + "\r\n\r\n";
        return parser.feed(as_bytes(text)).has_value() && parser.complete() && parser.request().ours;
    };
    EXPECT_TRUE(ours("4.3.2.1:8080"));
    EXPECT_FALSE(ours("4.3.2.1"));
    EXPECT_FALSE(ours("4.3.2.1:80"));
}

TEST(HttpGrammar, who_waits_to_be_asked_is_noticed) {
    const auto waits = [](std::string_view version, std::string_view expect) {
        HttpRequestParser parser;
        parser.begin(own_hosts);
        auto text = "POST /api HTTP/" + std::string(version) + "\r\n" + host + "X-ESB: 1\r\n";
        text += "Content-Type: application/json\r\nContent-Length: 2\r\nExpect: " + std::string(expect) + "\r\n\r\n";
        EXPECT_TRUE(parser.feed(as_bytes(text)) && parser.complete());
        return parser.request().expects_continue;
    };
    EXPECT_TRUE(waits("1.1", "100-continue"));
    EXPECT_TRUE(waits("1.1", "100-Continue"));
    EXPECT_FALSE(waits("1.0", "100-continue"));
    EXPECT_FALSE(waits("1.1", "tea"));
}

// Every byte of a lawful request replaced by, and preceded by, every byte there is: what is accepted is what an
// independent reading of the grammar accepts.
TEST(HttpGrammar, no_single_byte_gets_past_it) {
    const std::string lawful =
        "POST /a?b HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB:1\r\nContent-Type: application/json\r\n"
        "A: b\r\nContent-Length: 12\r\n\r\n";
    const std::regex grammar(
        "(GET|HEAD|POST) [!-~]+ HTTP/1\\.[01]\\r\\n"
        "([-!#$%&'*+.^_`|~0-9A-Za-z]+:[\\t\\x20-\\x7E\\x80-\\xFF]*\\r\\n)*\\r\\n");
    int accepted = 0, tried = 0;
    for (std::size_t at = 0; at < lawful.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            for (const bool inserted : {false, true}) {
                auto text = lawful;
                text.replace(at, inserted ? 0 : 1, 1, static_cast<char>(value));
                ++tried;
                const auto outcome = judge(text, text.size(), 1);
                EXPECT_EQ(judge(text, 1, 1), outcome) << at << " " << value;
                if (!outcome.empty()) continue;
                ++accepted;
                EXPECT_TRUE(std::regex_search(text, grammar, std::regex_constants::match_continuous))
                    << at << " " << value << ": " << text;
            }
        }
    }
    RecordProperty("tried", tried);
    RecordProperty("accepted", accepted);
    EXPECT_GT(accepted, 0);
}

}  // namespace
