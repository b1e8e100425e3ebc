#include "host/cli/est_request.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/read_certificate.hpp"

#include <algorithm>
#include <cctype>

namespace esb::cli {
namespace {

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return made;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The text up to the mark, which is taken away with it.
std::string_view take_until(std::string_view& text, std::string_view mark) {
    const auto end = std::min(text.find(mark), text.size());
    const auto piece = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + mark.size()));
    return piece;
}

}  // namespace

void EstRequestParser::feed(std::string_view bytes) {
    if (complete_ || refused_ != 0) return;
    if (!grammar_.ended()) {
        const auto taken = grammar_.take(bytes);
        head_ += bytes.substr(0, std::min(taken, max_head + 1 - std::min(head_.size(), max_head)));
        bytes.remove_prefix(taken);
        if (head_.size() > max_head) return refuse(431);
        if (grammar_.broke() != nullptr) return refuse(400);
        if (!grammar_.ended()) return;
        take_head();
        if (refused_ != 0) return;
    }
    const auto missing = length_.value_or(0) - request_.body.size();
    request_.body += bytes.substr(0, missing);
    complete_ = request_.body.size() == length_.value_or(0);
}

void EstRequestParser::take_head() {
    std::string_view rest = head_;
    auto first = take_until(rest, "\r\n");
    request_.method = take_until(first, " ");
    request_.target = take_until(first, " ");
    for (auto line = take_until(rest, "\r\n"); !line.empty(); line = take_until(rest, "\r\n")) {
        const auto name = lower(take_until(line, ":"));
        take_header(name, trimmed(line));
    }
    const bool post = request_.method == "POST";
    if (!post && request_.method != "GET") return refuse(405);
    if (post && !length_) return refuse(411);
    if (!post && length_.value_or(0) != 0) return refuse(400);
}

void EstRequestParser::take_header(std::string_view name, std::string_view value) {
    if (name == "transfer-encoding") return refuse(501);
    if (name == "content-length") {
        const auto length = parse_unsigned(value, 0, UINT32_MAX);
        if (!length || length_) return refuse(400);
        if (*length > max_body) return refuse(413);
        length_ = static_cast<std::size_t>(*length);
    } else if (name == "content-type") {
        request_.content_type = lower(trimmed(value.substr(0, value.find(';'))));
    } else if (name == "authorization") {
        take_authorization(value);
    }
}

void EstRequestParser::take_authorization(std::string_view value) {
    if (authorized_) return refuse(400);
    authorized_ = true;
    if (lower(take_until(value, " ")) != "basic") return;  // as if there were none
    const auto pair = base64_bytes(value);
    const auto colon = pair.find(':');
    if (colon == std::string::npos) return refuse(400);
    request_.user = pair.substr(0, colon);
    request_.password = pair.substr(colon + 1);
}

}  // namespace esb::cli
