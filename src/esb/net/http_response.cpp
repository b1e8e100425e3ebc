#include "esb/net/http_response.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/net/http_parser_words.hpp"
#include "esb/net/tls_record.hpp"

#include <algorithm>
#include <limits>

namespace esb::net {
namespace {

struct ContentRange {
    std::uint64_t first;
    std::uint64_t last;
    std::optional<std::uint64_t> complete;
};

// RFC 9110 §15.4: those that lead a GET elsewhere.
bool leads_elsewhere(unsigned status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// "bytes 5-9/10" or "bytes 5-9/*" (RFC 9110 §14.4)
std::optional<ContentRange> parse_content_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash || dash < unit.size())
        return {};
    if (!equal_ignoring_case(text.substr(0, unit.size()), unit)) return {};
    const auto first = parse_unsigned(text.substr(unit.size(), dash - unit.size()), 0, no_length - 1);
    const auto last = parse_unsigned(text.substr(dash + 1, slash - dash - 1), 0, no_length - 1);
    if (!first || !last || *last < *first) return {};
    ContentRange range{*first, *last, {}};
    const auto complete = text.substr(slash + 1);
    if (complete == "*") return range;
    const auto size = parse_unsigned(complete, *last + 1, no_length);
    if (!size) return {};
    range.complete = *size;
    return range;
}

}  // namespace

// http_parser's plain functions, and the way back to the object.
struct HttpResponse::Callbacks {
    static HttpResponse& of(http_parser* parser) { return *static_cast<HttpResponse*>(parser->data); }
    static int on_field(http_parser* p, const char* at, std::size_t size) { return of(p).field({at, size}); }
    static int on_value(http_parser* p, const char* at, std::size_t size) { return of(p).value({at, size}); }
    static int on_headers(http_parser* p) { return of(p).headers_complete(); }
    static int on_body(http_parser* p, const char* at, std::size_t size) { return of(p).body({at, size}); }
    static int on_message(http_parser* p) { return of(p).message_complete(); }

    static http_parser_settings settings() {
        http_parser_settings made;
        http_parser_settings_init(&made);
        made.on_header_field = on_field;
        made.on_header_value = on_value;
        made.on_headers_complete = on_headers;
        made.on_body = on_body;
        made.on_message_complete = on_message;
        return made;
    }
};

void HttpResponse::begin(HttpSink& sink, std::uint64_t from, std::size_t max_header, RequestText* location) {
    *this = HttpResponse();
    http_parser_init(&parser_, HTTP_RESPONSE);
    parser_.data = this;
    sink_ = &sink;
    from_ = from;
    max_header_ = max_header;
    location_ = location;
}

Status HttpResponse::feed(ConstBytes bytes) {
    const auto settings = Callbacks::settings();
    auto rest = as_text(bytes);
    // By one byte, so that it does not matter in which pieces they come.
    if (header_bytes_ == 0 && !bytes.empty() && may_begin_tls_record(bytes.first(1))) refuse(Error(errors::http_tls));
    while (!rest.empty() && !complete_) {
        if (!head_seen_ && header_bytes_ == max_header_) refuse(Error(errors::http_header_too_large));
        if (refused_) return fail(*refused_);
        const auto now = head_seen_ ? rest : rest.substr(0, max_header_ - header_bytes_);
        if (!head_seen_) header_bytes_ += now.size();
        const auto parsed = http_parser_execute(&parser_, &settings, now.data(), now.size());
        ESB_TRY(outcome_of(parsed, now.size()));
        rest.remove_prefix(now.size());
    }
    if (refused_) return fail(*refused_);
    return {};
}

Status HttpResponse::end() {
    if (!complete_ && !refused_) {
        const auto settings = Callbacks::settings();
        http_parser_execute(&parser_, &settings, nullptr, 0);  // completes a body that lasts until the end
    }
    if (refused_) return fail(*refused_);
    if (complete_) return {};
    refuse(Error(errors::http_truncated));
    return fail(errors::http_truncated);
}

void HttpResponse::cancel() { refuse(Error(errors::cancelled)); }

Status HttpResponse::outcome_of(std::size_t parsed, std::size_t given) {
    if (refused_) return fail(*refused_);
    if (complete_) return {};
    const auto code = HTTP_PARSER_ERRNO(&parser_);
    if (code == HPE_OK && parsed == given) return {};
    const bool overflow = code == HPE_HEADER_OVERFLOW;
    refuse(Error(overflow ? errors::http_header_too_large : errors::http_malformed, static_cast<std::int32_t>(code)));
    return fail(*refused_);
}

int HttpResponse::refuse(const Error& why) {
    if (!refused_) refused_ = why;
    return stop;
}

int HttpResponse::field(std::string_view piece) {
    if (refused_) return stop;
    if (head_seen_) return go_on;  // a trailer, RFC 9110 §6.5: may be ignored
    if (line_.name_ended()) take_header();
    line_.add_name(piece);
    return go_on;
}

int HttpResponse::value(std::string_view piece) {
    if (refused_) return stop;
    if (head_seen_) return go_on;
    const bool location = line_.is("location");
    if (line_.end_name() && location) ++locations_;
    if (location_ != nullptr && location) {
        bad_location_ = bad_location_ || !location_->append(piece);
    } else {
        line_.add_value(piece);
    }
    return go_on;
}

// One header line is whole: keeps what judges the body, and starts anew. The verdict waits for the end of the header.
void HttpResponse::take_header() {
    const auto text = line_.value();
    if (line_.is("transfer-encoding")) {
        foreign_coding_ = foreign_coding_ || line_.overflowed() || !equal_ignoring_case(text, "chunked");
    }
    if (line_.is("content-encoding")) {
        const bool none = text.empty() || equal_ignoring_case(text, "identity");
        encoded_ = encoded_ || line_.overflowed() || !none;
    }
    if (line_.is("content-type")) multipart_ = equal_ignoring_case(text.substr(0, 10), "multipart/");
    if (line_.is("etag")) note_version(text, true);
    if (line_.is("last-modified")) note_version(text, false);
    if (line_.is("content-range")) {
        bad_range_ = bad_range_ || line_.overflowed() || content_range_seen_;
        content_range_seen_ = true;
        static_cast<void>(content_range_.assign(text));  // same capacity
    }
    line_.clear();
}

// A tag says more than a date, whichever comes first.
void HttpResponse::note_version(std::string_view text, bool is_tag) {
    if (version_is_tag_ || line_.overflowed() || text.empty()) return;
    version_ = crc32(as_bytes(text));
    version_is_tag_ = is_tag;
    const bool strong = is_tag && text.size() >= 2 && text.front() == '"' && text.back() == '"';  // not W/"..."
    if (strong) static_cast<void>(etag_.assign(text));                                            // same capacity
}

int HttpResponse::headers_complete() {
    if (refused_) return stop;
    take_header();
    parser_.upgrade = 0;  // an "Upgrade" that is merely offered; some parsers stop there
    constexpr unsigned switching_protocols = 101;
    if (parser_.status_code / 100 == 1 && parser_.status_code != switching_protocols) return skip_body;
    HttpHead head;
    if (const auto judged = judge_head(head); !judged) return refuse(judged.error());
    head_seen_ = true;
    if (const auto taken = sink_->on_head(head); !taken) return refuse(taken.error());
    return refused_ ? stop : go_on;
}

Status HttpResponse::judge_head(HttpHead& head) {
    if (parser_.http_major != 1) return fail(errors::http_malformed);
    head.status = parser_.status_code;
    if (head.status != 200 && head.status != 206) {
        if (location_ != nullptr && leads_elsewhere(head.status)) ESB_TRY(judge_redirect());
        return fail(errors::http_status, static_cast<std::int32_t>(head.status));
    }
    if (head.status == 206 && multipart_) return fail(errors::http_range);
    if (foreign_coding_) return fail(errors::http_malformed);
    if (encoded_ || multipart_) return fail(errors::http_encoded);
    head.etag = etag_;
    head.version = version_;
    if (parser_.content_length != no_length) head.content_length = parser_.content_length;
    if (head.status == 206) return judge_range(head);
    head.complete_size = head.content_length;
    return {};
}

Status HttpResponse::judge_redirect() {
    if (locations_ != 1 || bad_location_ || location_->empty()) return fail(errors::http_location);
    location_->truncate(location_->view().find_last_not_of(" \t") + 1);
    redirects_ = true;
    return {};
}

Status HttpResponse::judge_range(HttpHead& head) {
    const auto range = parse_content_range(content_range_);
    if (from_ == 0 || bad_range_ || !range || range->first != from_) return fail(errors::http_range);
    const auto size = range->last - range->first + 1;
    if (head.content_length && *head.content_length != size) return fail(errors::http_range);
    body_left_ = size;
    head.offset = range->first;
    head.content_length = size;
    head.complete_size = range->complete;
    return {};
}

int HttpResponse::body(std::string_view piece) {
    if (refused_) return stop;
    if (!head_seen_) return go_on;  // of an interim response: there is none
    if (body_left_ && piece.size() > *body_left_) return refuse(Error(errors::http_range));
    if (body_left_) *body_left_ -= piece.size();
    if (const auto taken = sink_->on_body(as_bytes(piece)); !taken) return refuse(taken.error());
    return refused_ ? stop : go_on;
}

int HttpResponse::message_complete() {
    if (refused_) return stop;
    if (!head_seen_) {  // an interim response; the real one follows
        content_range_seen_ = bad_range_ = foreign_coding_ = encoded_ = multipart_ = false;
        bad_location_ = version_is_tag_ = false;
        content_range_.clear();
        etag_.clear();
        version_.reset();
        locations_ = 0;
        if (location_ != nullptr) location_->clear();
        return go_on;
    }
    if (body_left_.value_or(0) != 0) return refuse(Error(errors::http_truncated));
    complete_ = true;
    return stop;  // whatever follows is not ours
}

}  // namespace esb::net
