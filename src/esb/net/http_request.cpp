#include "esb/net/http_request.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/net/http_parser_words.hpp"

#include <algorithm>
#include <limits>

namespace esb::net {
namespace {

struct StatusOfError {
    const ErrorKind* kind;
    unsigned status;
};
constexpr StatusOfError statuses[] = {
    {&errors::web_malformed, 400},
    {&errors::web_version, 505},
    {&errors::web_method, 405},
    {&errors::web_target_too_long, 414},
    {&errors::web_target, 400},
    {&errors::web_header_too_large, 431},
    {&errors::web_header, 400},
    {&errors::web_host_missing, 400},
    {&errors::web_host, 421},
    {&errors::web_origin, 403},
    {&errors::web_own_header, 403},
    {&errors::web_content_type, 415},
    {&errors::web_transfer_coding, 501},
    {&errors::web_length, 400},
    {&errors::web_length_missing, 411},
    {&errors::web_body_unexpected, 400},
    {&errors::web_body_too_large, 413},
    {&errors::web_too_slow, 408},
    {&errors::web_busy, 503},
    {&errors::web_not_found, 404},
};

std::string_view without_port(std::string_view host) { return host.substr(0, host.find(':')); }

// A name or an IPv4 address, perhaps ':' and digits.
bool is_host(std::string_view host) {
    const auto name = without_port(host);
    if (name.empty()) return false;
    const bool clean = std::all_of(name.begin(), name.end(),
                                   [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; });
    if (!clean || name.size() == host.size()) return clean;
    const auto port = host.substr(name.size() + 1);
    return !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

// Names that never stand for a place on the Internet: number addresses in any spelling (their last label begins with a
// digit) and localhost.
bool is_local(std::string_view host) {
    auto name = without_port(host);
    if (name.ends_with('.')) name.remove_suffix(1);
    const auto last = name.substr(name.rfind('.') + 1);  // npos + 1 == 0
    return last.empty() || is_digit(last.front()) || equal_ignoring_case(last, "localhost");
}

// '/' and non-empty segments, none of them "." or ".."; only the last may be empty ("/a/").
bool is_clean_path(std::string_view path) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    while (!path.empty()) {
        const auto segment = path.substr(0, path.find('/'));
        if (segment.empty() || segment == "." || segment == "..") return false;
        const bool clean = std::all_of(segment.begin(), segment.end(), [](char c) {
            return is_alphanumeric(c) || c == '.' || c == '_' || c == '~' || c == '-';
        });
        if (!clean) return false;
        path.remove_prefix(std::min(path.size(), segment.size() + 1));
    }
    return true;
}

const ErrorKind& kind_of(http_errno code) {
    switch (code) {
        case HPE_INVALID_METHOD:
            return errors::web_method;
        case HPE_INVALID_CONTENT_LENGTH:
        case HPE_UNEXPECTED_CONTENT_LENGTH:
            return errors::web_length;
        default:
            return errors::web_malformed;
    }
}

HttpContent content_of(std::string_view type) {
    const auto media = trim_blanks(type.substr(0, type.find(';')));
    if (equal_ignoring_case(media, "application/json")) return HttpContent::json;
    if (equal_ignoring_case(media, "application/octet-stream")) return HttpContent::octets;
    return HttpContent::none;
}

}  // namespace

unsigned http_status_of(const Error& error) {
    for (const auto& entry : statuses) {
        if (error == *entry.kind) return entry.status;
    }
    return 500;
}

// http_parser's plain functions, and the way back to the object.
struct HttpRequestParser::Callbacks {
    static HttpRequestParser& of(http_parser* parser) { return *static_cast<HttpRequestParser*>(parser->data); }
    static int on_url(http_parser* p, const char* at, std::size_t size) { return of(p).target({at, size}); }
    static int on_field(http_parser* p, const char* at, std::size_t size) { return of(p).field({at, size}); }
    static int on_value(http_parser* p, const char* at, std::size_t size) { return of(p).value({at, size}); }
    static int on_headers(http_parser* p) { return of(p).headers_complete(); }

    static http_parser_settings settings() {
        http_parser_settings made;
        http_parser_settings_init(&made);
        made.on_url = on_url;
        made.on_header_field = on_field;
        made.on_header_value = on_value;
        made.on_headers_complete = on_headers;
        return made;
    }
};

void HttpRequestParser::begin(HttpHosts hosts, std::uint16_t port) {
    *this = HttpRequestParser();
    port_ = port;
    http_parser_init(&parser_, HTTP_REQUEST);
    parser_.data = this;
    hosts_ = hosts;
}

Result<std::size_t> HttpRequestParser::feed(ConstBytes bytes) {
    if (refused_) return fail(*refused_);
    if (complete_ || bytes.empty()) return std::size_t{0};
    const auto now = as_text(bytes.first(std::min(bytes.size(), max_header - header_bytes_)));
    const auto lawful = now.substr(0, grammar_.take(now));
    if (!lawful.empty()) parse(lawful);  // to http_parser no bytes are the end
    header_bytes_ += lawful.size();
    if (complete_) return lawful.size();
    if (!refused_ && grammar_.broke() != nullptr) refuse(Error(*grammar_.broke()));
    if (!refused_ && header_bytes_ == max_header) refuse(Error(errors::web_header_too_large));
    if (refused_) return fail(*refused_);
    return lawful.size();
}

// Nothing of it lies behind the head, and all of it has its form: only what it means can be wrong.
void HttpRequestParser::parse(std::string_view lawful) {
    const auto settings = Callbacks::settings();
    const auto parsed = http_parser_execute(&parser_, &settings, lawful.data(), lawful.size());
    if (complete_ || refused_) return;
    const auto code = HTTP_PARSER_ERRNO(&parser_);
    const bool whole = code == HPE_OK && parsed == lawful.size() && !grammar_.ended();
    if (!whole) refuse(Error(kind_of(code), static_cast<std::int32_t>(code)));
}

HttpRequest HttpRequestParser::request() const {
    HttpRequest made;
    made.method = is_post() ? HttpMethod::post : parser_.method == HTTP_HEAD ? HttpMethod::head : HttpMethod::get;
    made.content = is_post() ? content_ : HttpContent::none;
    made.ours = ours();
    made.http_1_0 = parser_.http_minor == 0;
    made.host = host();
    made.expects_continue = expects_continue_ && !made.http_1_0;  // RFC 9110 §10.1.1
    const std::string_view target = target_;
    const auto mark = std::min(target.find('?'), target.size());
    made.path = target.substr(0, mark);
    made.query = target.substr(std::min(mark + 1, target.size()));
    made.content_length = content_length_;
    return made;
}

int HttpRequestParser::refuse(const Error& why) {
    if (!refused_) refused_ = why;
    return stop;
}

int HttpRequestParser::target(std::string_view piece) {
    const bool method = parser_.method == HTTP_GET || parser_.method == HTTP_HEAD || parser_.method == HTTP_POST;
    if (!method) return refuse(Error(errors::web_method));
    if (!target_.append(piece)) return refuse(Error(errors::web_target_too_long));
    return go_on;
}

int HttpRequestParser::field(std::string_view piece) {
    if (line_.name_ended()) {
        if (const auto taken = take_header(); !taken) return refuse(taken.error());
    }
    line_.add_name(piece);
    return go_on;
}

int HttpRequestParser::value(std::string_view piece) {
    if (line_.end_name() && line_.is("transfer-encoding")) return refuse(Error(errors::web_transfer_coding));
    line_.add_value(piece);
    return go_on;
}

Status HttpRequestParser::keep_once(bool& seen) {
    if (seen || line_.overflowed()) return fail(errors::web_header);
    seen = true;
    return {};
}

// One header line is whole: keeps what the rules need, and starts anew.
Status HttpRequestParser::take_header() {
    const auto text = line_.value();
    if (line_.is("host")) {
        ESB_TRY(keep_once(host_seen_));
        if (!host_.assign(text)) return fail(errors::web_host);
    } else if (line_.is("origin")) {
        ESB_TRY(keep_once(origin_seen_));
        ESB_TRY(origin_.assign(text));  // same capacity
    } else if (line_.is("content-length")) {
        ESB_TRY(keep_once(length_seen_));
        const auto length = parse_unsigned(text, 0, std::numeric_limits<std::uint32_t>::max());
        if (!length) return fail(errors::web_length);
        content_length_ = static_cast<std::uint32_t>(*length);
    } else if (line_.is("content-type")) {
        ESB_TRY(keep_once(type_seen_));
        content_ = content_of(text);
    } else if (line_.is(http_own_header)) {
        ESB_TRY(keep_once(own_header_));
        if (text != "1") return fail(errors::web_own_header);
    } else if (line_.is("expect")) {
        expects_continue_ = equal_ignoring_case(text, "100-continue");
    }
    line_.clear();
    return {};
}

int HttpRequestParser::headers_complete() {
    if (line_.name_ended()) {
        if (const auto taken = take_header(); !taken) return refuse(taken.error());
    }
    if (const auto judged = judge(); !judged) return refuse(judged.error());
    complete_ = true;
    return stop;  // the body is not the parser's: its length is known
}

bool HttpRequestParser::ours() const {
    return std::any_of(hosts_.begin(), hosts_.end(),
                       [&](std::string_view name) { return equal_ignoring_case(host(), name); });
}

std::string_view HttpRequestParser::without_default_port(std::string_view authority) const {
    constexpr std::string_view usual = ":80";
    if (port_ == http_default_port && authority.ends_with(usual)) authority.remove_suffix(usual.size());
    return authority;
}

Status HttpRequestParser::judge() const {
    if (!host_seen_) return fail(errors::web_host_missing);
    if (!is_host(host_)) return fail(errors::web_host);
    if (!is_post() && content_length_ != 0) return fail(errors::web_body_unexpected);
    if (ours()) return judge_ours();
    if (is_local(host_) || is_post()) return fail(errors::web_host);
    return target_.view().starts_with('/') ? Status() : fail(errors::web_target);
}

Status HttpRequestParser::judge_ours() const {
    const std::string_view target = target_;
    const bool clean = is_clean_path(target.substr(0, target.find('?'))) && target.find('#') == std::string_view::npos;
    if (!clean) return fail(errors::web_target);
    constexpr std::string_view scheme = "http://";
    const auto origin = without_default_port(origin_);
    const bool same = origin.starts_with(scheme) && equal_ignoring_case(origin.substr(scheme.size()), host());
    if (origin_seen_ && !same) return fail(errors::web_origin);
    return is_post() ? judge_post() : Status();
}

Status HttpRequestParser::judge_post() const {
    if (!own_header_) return fail(errors::web_own_header);
    if (content_ == HttpContent::none) return fail(errors::web_content_type);
    return length_seen_ ? Status() : fail(errors::web_length_missing);
}

}  // namespace esb::net
