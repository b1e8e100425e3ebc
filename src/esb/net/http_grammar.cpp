#include "esb/net/http_grammar.hpp"

#include "esb/base/ascii.hpp"
#include "esb/net/http_request.hpp"

namespace esb::net {
namespace {

bool is_visible(char c) { return c > ' ' && c < '\x7F'; }
bool is_name_char(char c) {
    return is_visible(c) && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}
bool is_value_char(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7F'); }

}  // namespace

std::size_t HttpHeadGrammar::take(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && at_ != At::end && broke_ == nullptr) {
        broke_ = next(bytes[taken]);
        if (broke_ == nullptr) ++taken;
    }
    return taken;
}

const ErrorKind* HttpHeadGrammar::move(bool lawful, At then) {
    if (!lawful) return &errors::web_malformed;
    at_ = then;
    return nullptr;
}

const ErrorKind* HttpHeadGrammar::next(char c) {
    switch (at_) {
        case At::method:  // which ones there are, http_parser knows. No empty line before it: no request came before
            return move(c != '\r' && c != '\n', c == ' ' ? At::target_first : At::method);
        case At::target_first:
            return move(is_visible(c), At::target);
        case At::target:
            if (c == '\r' || c == '\n') return &errors::web_version;  // HTTP/0.9
            if (c != ' ' && !is_visible(c)) return &errors::web_target;
            return move(true, c == ' ' ? At::version : At::target);
        case At::version:
            return next_of_version(c);
        case At::line_return:
            return move(c == '\r', At::line_feed);
        case At::line_feed:
            return move(c == '\n', At::line_first);
        case At::line_first:  // a space here would fold the line before (§5.2)
            return c == '\r' ? move(true, At::last_line_feed) : move(is_name_char(c), At::name);
        case At::name:  // no space before the colon (§5.1)
            return c == ':' ? move(true, At::value) : move(is_name_char(c), At::name);
        case At::value:
            return c == '\r' ? move(true, At::line_feed) : move(is_value_char(c), At::value);
        case At::last_line_feed:
            return move(c == '\n', At::end);
        case At::end:
            break;
    }
    return &errors::web_malformed;
}

// "HTTP/1.0" or "HTTP/1.1"; other digits are a version that is not spoken here.
const ErrorKind* HttpHeadGrammar::next_of_version(char c) {
    constexpr std::string_view ours = "HTTP/1.1";
    const bool last = version_bytes_ == ours.size() - 1;
    const bool lawful = c == ours[version_bytes_] || (last && c == '0');
    if (!lawful && is_digit(c) && is_digit(ours[version_bytes_])) return &errors::web_version;
    ++version_bytes_;
    return move(lawful, last ? At::line_return : At::version);
}

}  // namespace esb::net
