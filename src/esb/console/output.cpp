#include "esb/console/output.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/features.hpp"
#include "esb/base/foreign.hpp"
#include "esb/base/secret.hpp"

#include <algorithm>

namespace esb::console {
namespace {

constexpr std::string_view line_end = "\r\n";

constexpr std::string_view erase_to_begin = "\r\x1B[K";

}  // namespace

// What waits here may be a secret that is shown at birth.
Output::~Output() { wipe(as_writable_bytes(pending_)); }

Output& Output::text(std::string_view piece) {
    begin_line();
    escaped(piece, false);
    return *this;
}

Output& Output::quoted(std::string_view piece) {
    begin_line();
    put("\"");
    escaped(piece, true);
    put("\"");
    return *this;
}

Output& Output::number(std::int64_t value) { return text(decimal_signed(value)); }

Output& Output::pad_to(std::size_t column) {
    begin_line();
    while (!dropping_ && used_ - whole_ < column) put(" ");
    return *this;
}

Output& Output::reason(const Error& why) {
    if constexpr (!with_log_words) return text(why.name());
    return text(why.text()).text(" (").text(why.name()).text(")");
}

void Output::error(const Error& error) { text("error: ").reason(error).end_line(); }

void Output::end_line() {
    begin_line();
    put(line_end);
    in_line_ = false;
    if (dropping_) ++dropped_;
    dropping_ = false;
    whole_ = used_;
    flush();
}

bool Output::raw(std::string_view bytes) {
    if (in_line_ || streaming_ || !fits(bytes.size())) return false;
    append(bytes);
    whole_ = used_;
    flush();
    return true;
}

bool Output::frame(ConstBytes bytes) {
    if (!fits(bytes.size() + erase_to_begin.size())) return false;
    if (!in_line_) erase_drawn();
    const auto all = as_writable_bytes(pending_);
    copy(all.subspan(whole_, used_ - whole_), all.subspan(whole_ + bytes.size()));
    copy(bytes, all.subspan(whole_));
    whole_ += bytes.size();
    used_ += bytes.size();
    flush();
    return true;
}

void Output::begin_line() {
    if (in_line_) return;
    // The report stands where the lines are missing; until it is made this one is missing too.
    report_dropped();
    if (dropped_ == 0) erase_drawn();
    in_line_ = true;
    dropping_ = dropped_ > 0;
}

void Output::erase_drawn() {
    if (!drawn_ || !fits(erase_to_begin.size())) return;
    append(erase_to_begin);
    whole_ = used_;
    drawn_ = false;
}

void Output::begin_stream() {
    end_open_line();
    erase_drawn();
    streaming_ = true;
    streamed_ = whole_;
}

bool Output::stream(std::string_view bytes) {
    if (bytes.size() > room()) send();
    if (bytes.size() > room()) {
        ++dropped_;
        return false;
    }
    // Before the lines that wait behind the stream.
    const auto all = as_writable_bytes(pending_);
    copy(all.subspan(streamed_, used_ - streamed_), all.subspan(streamed_ + bytes.size()));
    copy(as_bytes(bytes), all.subspan(streamed_));
    streamed_ += bytes.size();
    whole_ += bytes.size();
    used_ += bytes.size();
    return true;
}

void Output::end_stream() {
    static_cast<void>(stream(line_end));  // counted
    streaming_ = false;
    flush();
}

bool Output::fits(std::size_t size) const {
    const bool half = streaming_ && used_ - streamed_ + size > pending_max / 2;
    return size <= room() && !half;
}

void Output::escaped(std::string_view piece, bool in_quotes) {
    for_terminal(piece, in_quotes, [this](std::string_view part) { put(part); });
}

// Appends to the line; when it does not fit the whole line goes.
void Output::put(std::string_view bytes) {
    if (dropping_) return;
    if (fits(bytes.size())) return append(bytes);
    wipe(as_writable_bytes(pending_).subspan(whole_, used_ - whole_));
    used_ = whole_;
    dropping_ = true;
}

void Output::append(std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(), pending_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += bytes.size();
}

void Output::report_dropped() {
    // Not before half the buffer is free again, so that one long gap does not become many short ones.
    if (dropped_ == 0 || in_line_ || used_ > pending_max / 2) return;
    const auto count = decimal(dropped_);
    constexpr std::string_view one = " line dropped: the port was too slow)";
    constexpr std::string_view many = " lines dropped: the port was too slow)";
    const auto rest = dropped_ == 1 ? one : many;
    append("(");
    append(count);
    append(rest);
    append(line_end);
    whole_ = used_;
    dropped_ = 0;
}

void Output::flush() {
    send();
    if (dropped_ == 0) return;
    report_dropped();
    send();
}

void Output::send() {
    const auto ready = streaming_ ? streamed_ : whole_;
    if (ready == 0) return;
    const auto all = as_writable_bytes(pending_);
    const auto sent = std::min(uart_.write(all.first(ready)), ready);
    if (streaming_) streamed_ -= sent;
    copy(all.subspan(sent, used_ - sent), all);
    wipe(all.subspan(used_ - sent, sent));
    whole_ -= sent;
    used_ -= sent;
}

}  // namespace esb::console
