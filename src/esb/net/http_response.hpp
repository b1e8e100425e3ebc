// The parser of one HTTP/1.x response to a GET (RFC 9110, 9112): bytes in, head and body out. No I/O, no clock, no
// heap.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/net/http_header_line.hpp"
#include "esb/net/http_types.hpp"

#include <http_parser.h>

namespace esb::net {

// Interim responses (1xx) are skipped. What may follow the response on the connection is not looked at, nor is the body
// of a redirect.
class HttpResponse {
public:
    // Begins a response; with `from` > 0 the request asked for "bytes=<from>-". `location`, an empty text, receives the
    // target of a redirect; without it a redirect is a status like any other.
    void begin(HttpSink& sink, std::uint64_t from, std::size_t max_header, RequestText* location = nullptr);

    // http_malformed, http_tls, http_status, http_header_too_large, http_range, http_truncated, http_encoded, http_location, or
    // what the sink returned.
    // After an error, and after complete(), further bytes are ignored.
    Status feed(ConstBytes bytes);
    // The connection ended: success when that completes the response, else http_truncated.
    Status end();
    // No call to the sink comes any more; feed() returns `cancelled`, also when it is under way.
    void cancel();

    bool head_seen() const { return head_seen_; }
    bool complete() const { return complete_; }
    // It has ended with http_status: a redirect, whose target `location` has received.
    bool redirects() const { return redirects_; }

private:
    struct Callbacks;

    int field(std::string_view piece);
    int value(std::string_view piece);
    int headers_complete();
    int body(std::string_view piece);
    int message_complete();

    void take_header();
    void note_version(std::string_view text, bool is_tag);
    Status judge_redirect();
    Status judge_head(HttpHead& head);
    Status judge_range(HttpHead& head);
    Status outcome_of(std::size_t parsed, std::size_t given);
    int refuse(const Error& why);

    http_parser parser_{};
    HttpSink* sink_ = nullptr;
    std::uint64_t from_ = 0;
    std::size_t max_header_ = 0;
    std::size_t header_bytes_ = 0;
    RequestText* location_ = nullptr;
    HttpHeaderLine<max_entity_tag> line_;
    FixedString<64> content_range_;
    bool content_range_seen_ = false;
    bool bad_range_ = false;                  // too long, or told twice
    bool foreign_coding_ = false;             // a Transfer-Encoding that is not "chunked"
    bool encoded_ = false;                    // a Content-Encoding
    bool multipart_ = false;                  // a Content-Type that says so
    unsigned locations_ = 0;                  // how many
    bool bad_location_ = false;               // too long
    FixedString<max_entity_tag> etag_;        // strong
    std::optional<std::uint32_t> version_;
    bool version_is_tag_ = false;
    std::optional<std::uint64_t> body_left_;  // what a 206 promised
    std::optional<Error> refused_;
    bool head_seen_ = false;
    bool complete_ = false;
    bool redirects_ = false;
};

}  // namespace esb::net
