// One request to `esb ca serve`: bytes in, request out. Its head has the form of HttpHeadGrammar; what it may hold is
// little and bounded. No I/O, no clock.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/net/http_grammar.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

struct EstRequest {
    std::string method;
    std::string target;
    std::string content_type;  // lower case, without parameters
    std::string user;          // of HTTP basic authentication
    std::string password;
    std::string body;
};

class EstRequestParser {
public:
    static constexpr std::size_t max_head = 4096;  // bytes
    static constexpr std::size_t max_body = 8192;  // bytes

    // Once it is complete or refused nothing more is taken.
    void feed(std::string_view bytes);
    bool complete() const { return complete_; }
    // The HTTP status that the request is refused with; 0 while it is not.
    unsigned refused() const { return refused_; }
    const EstRequest& request() const { return request_; }

private:
    void take_head();
    void take_header(std::string_view name, std::string_view value);
    void take_authorization(std::string_view value);
    void refuse(unsigned status) {
        if (refused_ == 0) refused_ = status;
    }

    net::HttpHeadGrammar grammar_;
    std::string head_;
    EstRequest request_;
    std::optional<std::size_t> length_;
    bool authorized_ = false;
    bool complete_ = false;
    unsigned refused_ = 0;
};

}  // namespace esb::cli
