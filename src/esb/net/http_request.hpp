// The parser of one HTTP/1.x request's head (RFC 9110, 9112) and the rules that keep a web page of someone else, or a
// name that was bent to our address, from using the device. Bytes in, request out: no I/O, no clock, no heap.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/net/errors.hpp"
#include "esb/net/http_grammar.hpp"
#include "esb/net/http_header_line.hpp"
#include "esb/net/http_site.hpp"

#include <http_parser.h>

namespace esb::net {

// The status that a `web.*` error is answered with; 500 for others.
unsigned http_status_of(const Error& error);

// A POST must have this header with the value "1": pages of other sites cannot send it without our consent (CORS),
// which is never given.
inline constexpr std::string_view http_own_header = "x-esb";

class HttpRequestParser {
public:
    static constexpr std::size_t max_header = 4096;  // bytes, the request line included
    static constexpr std::size_t max_target = 191;   // bytes
    static constexpr std::size_t max_host = 79;      // bytes

    // Begins a request to the server at `port`. `hosts` must stay as it is.
    void begin(HttpHosts hosts, std::uint16_t port = http_default_port);

    // Returns how many bytes belong to the head; fewer than given only when complete() has become true. A `web.*` error
    // is final: further bytes give the same one.
    Result<std::size_t> feed(ConstBytes bytes);

    bool complete() const { return complete_; }
    // True when something has been fed.
    bool begun() const { return header_bytes_ > 0; }
    // Once complete. Views into this object.
    HttpRequest request() const;

private:
    struct Callbacks;

    void parse(std::string_view lawful);
    int target(std::string_view piece);
    int field(std::string_view piece);
    int value(std::string_view piece);
    int headers_complete();

    Status take_header();
    Status keep_once(bool& seen);
    Status judge() const;
    Status judge_ours() const;
    Status judge_post() const;
    bool is_post() const { return parser_.method == HTTP_POST; }
    bool ours() const;
    std::string_view host() const { return without_default_port(host_); }
    std::string_view without_default_port(std::string_view authority) const;
    int refuse(const Error& why);

    HttpHeadGrammar grammar_;
    http_parser parser_{};
    HttpHosts hosts_;
    std::optional<Error> refused_;
    std::size_t header_bytes_ = 0;
    FixedString<max_target> target_;
    FixedString<max_host> host_;
    FixedString<max_host + 8> origin_;
    HttpHeaderLine<max_host + 8> line_;
    std::uint32_t content_length_ = 0;
    std::uint16_t port_ = 0;
    HttpContent content_ = HttpContent::none;
    bool expects_continue_ = false;
    bool host_seen_ = false;
    bool origin_seen_ = false;
    bool length_seen_ = false;
    bool type_seen_ = false;
    bool own_header_ = false;
    bool complete_ = false;
};

}  // namespace esb::net
