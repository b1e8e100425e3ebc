// Any bytes as an HTTP response, in any pieces: lengths and ranges are kept, and the pieces do not matter.
// Input: seed of the piece sizes (1), offset asked for (1), limit of the header / 16 (1), the response.
#include "esb/net/http_response.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

using namespace esb;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

struct Sink : net::HttpSink {
    std::optional<net::HttpHead> head;
    std::string body;

    Status on_head(const net::HttpHead& seen) override {
        check(!head);
        check(seen.etag.empty() || (seen.etag.starts_with('"') && seen.etag.ends_with('"') && seen.version));
        head = seen;
        head->etag = {};
        return {};
    }
    Status on_body(ConstBytes piece) override {
        check(head.has_value() && !piece.empty());
        body += as_text(piece);
        check(!head->content_length || body.size() <= *head->content_length);
        return {};
    }
};

struct Outcome {
    std::string_view error;
    Sink sink;
    std::string location;
    bool complete = false;
    bool redirects = false;
};

Outcome parse(ConstBytes bytes, std::uint64_t from, std::size_t max_header, std::uint8_t seed) {
    Outcome outcome;
    net::HttpResponse response;
    net::RequestText location;
    response.begin(outcome.sink, from, max_header, &location);
    Status status;
    std::uint32_t random = seed;
    while (!bytes.empty() && status) {
        random = random * 1664525 + 1013904223;
        const auto size =
            seed == 0 ? bytes.size() : std::min<std::size_t>(bytes.size(), 1 + (random >> 24) % (seed + 1U));
        status = response.feed(bytes.first(size));
        bytes = bytes.subspan(size);
    }
    if (status) status = response.end();
    outcome.complete = response.complete();
    outcome.redirects = response.redirects();
    outcome.location = location.view();
    check(!outcome.redirects || (!outcome.complete && !outcome.location.empty() && !outcome.sink.head));
    check(outcome.complete == status.has_value());
    if (!status) {
        outcome.error = status.error().name();
        check(!response.feed(as_bytes("HTTP/1.1 200 OK\r\n\r\n")) && !response.complete());
    }
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::uint64_t from = data[1];
    const std::size_t max_header = data[2] * std::size_t{16};
    const ConstBytes text(data + 3, size - 3);
    const auto whole = parse(text, from, max_header, 0);
    if (whole.complete) {
        const auto& head = *whole.sink.head;
        check(head.status == 200 || (head.status == 206 && from > 0 && head.offset == from));
        check(!head.content_length || whole.sink.body.size() == *head.content_length);
        check(!head.complete_size || head.offset + head.content_length.value_or(0) <= *head.complete_size);
    }
    const auto pieces = parse(text, from, max_header, data[0] == 0 ? 1 : data[0]);
    check(whole.error == pieces.error && whole.complete == pieces.complete);
    check(whole.sink.head.has_value() == pieces.sink.head.has_value());
    check(!whole.complete || whole.sink.body == pieces.sink.body);
    check(whole.redirects == pieces.redirects && (!whole.redirects || whole.location == pieces.location));
    return 0;
}
