// What an HTTP response tells its handler, its limits and its errors.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/net/errors.hpp"
#include "esb/net/url.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace esb::net {

struct HttpHead {
    unsigned status = 0;                          // 200 or 206 when the handler sees it
    std::uint64_t offset = 0;                     // where the body begins: 0, or the start of the 206's Content-Range
    std::optional<std::uint64_t> content_length;  // of the body that follows
    std::optional<std::uint64_t> complete_size;   // of the whole resource, where the server says so
    std::string_view etag;                        // a strong entity tag, or empty; valid while the handler looks at it
    std::optional<std::uint32_t> version;         // changes with ETag or Last-Modified; empty without either
};

// What a request and the Location of an answer need, one after the other.
inline constexpr std::size_t max_entity_tag = 64;  // longer ones are not used
inline constexpr std::size_t max_request = max_url + 640;
using RequestText = FixedString<max_request>;

// Takes a response piece by piece. An error returned ends the response with that error.
class HttpSink {
public:
    virtual ~HttpSink() = default;
    virtual Status on_head(const HttpHead& head) = 0;
    virtual Status on_body(ConstBytes piece) = 0;
};

// Called from the reactor's task. All members of HttpGet may be called from within, except from on_host().
class HttpHandler : public HttpSink {
public:
    // Exactly once for each started request, unless it is cancelled.
    virtual void on_done(Status outcome) = 0;
    // This host is about to be asked, at first from within start(), then for each redirect; an error ends the request.
    virtual Status on_host(std::string_view) { return {}; }
};

struct HttpLimits {
    Duration head_timeout = std::chrono::seconds(15);     // from the connection to the end of the header
    Duration silence_timeout = std::chrono::seconds(20);  // without one byte of body
    Duration rate_window = std::chrono::seconds(20);      // the rate is judged at the end of each
    std::uint32_t minimum_rate = 512;                     // bytes a second
    Duration total_timeout = std::chrono::minutes(30);
    unsigned max_redirects = 5;
    std::size_t max_header = 4096;  // bytes, interim (1xx) responses included
};

}  // namespace esb::net
