// The form of a request's head, RFC 9112 as it is written: one machine, byte by byte, in front of http_parser, whose
// releases forgive different things (bare line feeds, folded lines, several spaces, requests without a version).
#pragma once

#include "esb/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace esb::net {

class HttpHeadGrammar {
public:
    // How many of the bytes are lawful and still belong to the head. When that is fewer than given, the head has ended,
    // or the next byte broke() the form. Nothing is taken after either.
    std::size_t take(std::string_view bytes);
    bool ended() const { return at_ == At::end; }
    // web.malformed, web.target, web.version; null as long as all was lawful.
    const ErrorKind* broke() const { return broke_; }

private:
    // What the next byte is.
    enum class At : std::uint8_t {
        method,
        target_first,
        target,
        version,
        line_return,
        line_feed,
        line_first,
        name,
        value,
        last_line_feed,
        end,
    };

    const ErrorKind* next(char c);
    const ErrorKind* next_of_version(char c);
    const ErrorKind* move(bool lawful, At then);

    At at_ = At::method;
    std::uint8_t version_bytes_ = 0;
    const ErrorKind* broke_ = nullptr;
};

}  // namespace esb::net
