// Any bytes as the head of an HTTP request, in any pieces: what is accepted keeps every rule, and the pieces do not
// matter. Input: seed of the piece sizes (1), the request.
#include "esb/net/http_request.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>

using namespace esb;

namespace {

constexpr std::array<std::string_view, 2> hosts{"4.3.2.1", "setup.test"};

void check(bool holds) {
    if (!holds) std::abort();
}

struct Outcome {
    bool accepted = false;
    bool refused = false;
    std::size_t used = 0;
    std::string host, path, query;
    std::uint32_t length = 0;
    net::HttpMethod method{};
    net::HttpContent content{};
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

// RFC 9112: lines end in CR LF and nowhere else, none is folded, no control stands in them.
void check_lines(std::string_view head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
        const char c = head[i];
        check(c == '\t' || c == '\r' || c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'));
        check((c == '\r') == (i + 1 < head.size() && head[i + 1] == '\n'));
        check(c != '\n' || i + 1 == head.size() || (head[i + 1] != ' ' && head[i + 1] != '\t'));
    }
}

void check_accepted(const net::HttpRequest& request, std::string_view head) {
    const auto visible = [](char c) { return c > ' ' && c < '\x7F'; };
    check_lines(head);
    check(head.ends_with("\r\n\r\n") && head.size() <= net::HttpRequestParser::max_header);
    check(std::all_of(request.path.begin(), request.path.end(), visible) && request.path.starts_with('/'));
    check(request.path.size() + request.query.size() <= net::HttpRequestParser::max_target);
    check(!request.host.empty() && request.host.find_first_of("/@[]%\\ ") == std::string_view::npos);
    const bool post = request.method == net::HttpMethod::post;
    check(post == (request.content != net::HttpContent::none));
    check(post || request.content_length == 0);
    if (!request.ours) {
        check(!post && request.host.find_first_not_of("0123456789.:") != std::string_view::npos);
        check(request.host != "localhost" && !request.host.starts_with("localhost:"));
        return;
    }
    check(request.path.find("//") == std::string_view::npos && request.path.find("/./") == std::string_view::npos);
    check(request.path.find("/../") == std::string_view::npos && !request.path.ends_with("/.."));
    check(request.path.find_first_of("%\\#?;&:@") == std::string_view::npos);
    std::string lower(head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    check(!post || lower.find("\nx-esb:") != std::string::npos);
    check(lower.find("\ntransfer-encoding:") == std::string::npos);
}

Outcome parse(ConstBytes bytes, std::uint8_t seed) {
    Outcome outcome;
    net::HttpRequestParser parser;
    parser.begin(hosts);
    std::uint32_t random = seed;
    const auto all = bytes;
    while (!bytes.empty() && !parser.complete()) {
        random = random * 1664525 + 1013904223;
        const auto size =
            seed == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (random >> 24) % (seed + 1U));
        const auto used = parser.feed(bytes.first(size));
        if (!used) {
            outcome = Outcome();  // how far it came depends on the pieces
            outcome.refused = true;
            check(used.error().name().starts_with("web.") && net::http_status_of(used.error()) != 500);
            const auto again = parser.feed(as_bytes("GET / HTTP/1.1\r\nHost: 4.3.2.1\r\n\r\n"));
            check(!again && again.error() == used.error() && !parser.complete());
            return outcome;
        }
        check(*used <= size && (*used == size || parser.complete() || outcome.used + *used == parser.max_header));
        outcome.used += *used;
        bytes = bytes.subspan(*used);
    }
    if (!parser.complete()) return outcome;
    const auto request = parser.request();
    check_accepted(request, as_text(all.first(outcome.used)));
    outcome.accepted = true;
    outcome.host = request.host;
    outcome.path = request.path;
    outcome.query = request.query;
    outcome.length = request.content_length;
    outcome.method = request.method;
    outcome.content = request.content;
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const ConstBytes text(data + 1, size - 1);
    check(parse(text, 0) == parse(text, data[0] == 0 ? 1 : data[0]));
    return 0;
}
