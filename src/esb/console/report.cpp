#include "esb/console/report.hpp"

#include "esb/console/output.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/foreign.hpp"
#include "esb/base/real.hpp"

#include <array>
#include <cmath>

namespace esb::console {

void Report::begin(bool json) {
    cursor_ = 0;
    json_ = json;
    begun_ = comma_ = in_list_ = in_item_ = waiting_ = resumed_ = broken_ = false;
    has_word_ = false;
    usage_name_ = usage_ = {};
}

void Report::resume() {
    waiting_ = false;
    resumed_ = true;
}

void Report::note_word(std::string_view word) {
    has_word_ = true;
    word_size_ = std::min(word.size(), word_.size());
    word_cut_ = word_size_ < word.size();
    std::copy_n(word.begin(), word_size_, word_.begin());
}

void Report::note_usage(std::string_view name, std::string_view usage) {
    usage_name_ = name;
    usage_ = usage;
}

void Report::end(const Status& status) {
    waiting_ = false;
    if (!json_) return end_for_people(status);
    fact("ok", status.has_value());
    if (!status) {
        fact("error", status.error().name()).fact("text", status.error().text());
        if (has_word_) octets("word", as_bytes(std::string_view(word_.data(), word_size_)));
        if (!usage_name_.empty()) fact("command", usage_name_).fact("usage", usage_);
    }
    raw("}");
    output_.end_stream();
}

void Report::end_for_people(const Status& status) {
    if (status) return output_.end_open_line();
    output_.text("error: ").reason(status.error());
    if (has_word_) output_.text(": ").quoted(std::string_view(word_.data(), word_size_)).text(word_cut_ ? "..." : "");
    if (!usage_name_.empty()) output_.text(", usage: ").text(usage_name_).text(usage_.empty() ? "" : " ").text(usage_);
    output_.end_line();
}

Report& Report::next() {
    if (!json_) output_.end_open_line();
    return *this;
}

bool Report::has_room() const { return output_.room() >= Output::pending_max / 2; }

Report& Report::say(std::string_view words) {
    if (!json_) output_.text(words);
    return *this;
}

Report& Report::pad_to(std::size_t column) {
    if (!json_) output_.pad_to(column);
    return *this;
}

Report& Report::fact(std::string_view key, std::string_view value) {
    if (!json_) return say(value);
    begin_value(key);
    quoted(value);
    return *this;
}

Report& Report::fact(std::string_view key, bool value) {
    if (!json_) return say(value ? "yes" : "no");
    return number(key, value ? "true" : "false");
}

Report& Report::fact(std::string_view key, double value, int digits) {
    if (json_ && !std::isfinite(value)) return number(key, "null");
    return number(key, real(value, digits));
}

Report& Report::theirs(std::string_view key, std::string_view value) {
    if (json_) return fact(key, value);
    output_.quoted(value);
    return *this;
}

Report& Report::octets(std::string_view key, ConstBytes value) {
    if (!json_) {
        output_.quoted(value);
        return *this;
    }
    begin_value(key);
    const auto text = as_text(value);
    if (is_plain(text) && !text.starts_with("hex:")) {
        quoted(text);
        return *this;
    }
    raw("\"hex:");
    for (const auto byte : value) {
        std::array<char, 2> digits;
        raw(*hex_encode({&byte, 1}, digits));
    }
    raw("\"");
    return *this;
}

Report& Report::texts(std::string_view key, std::span<const std::string_view> values) {
    if (!json_) return *this;
    begin_value(key);
    raw("[");
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) raw(",");
        quoted(values[i]);
    }
    raw("]");
    return *this;
}

Report& Report::integer(std::string_view key, std::int64_t value) { return number(key, decimal_signed(value)); }
Report& Report::natural(std::string_view key, std::uint64_t value) { return number(key, decimal(value)); }

Report& Report::number(std::string_view key, std::string_view digits) {
    if (!json_) return say(digits);
    begin_value(key);
    raw(digits);
    return *this;
}

void Report::begin_list(std::string_view key, std::string_view open) {
    in_list_ = true;
    if (!json_) return;
    begin_value(key);
    raw(open);
    comma_ = false;
}

void Report::end_list(std::string_view close) {
    if (!json_) return;
    end_item();
    raw(close);
    comma_ = true;
}

Report& Report::item() {
    if (!json_) return next();
    end_item();
    if (comma_) raw(",");
    raw("{");
    comma_ = false;
    in_item_ = true;
    return *this;
}

void Report::end_item() {
    if (!in_item_) return;
    raw("}");
    comma_ = true;
    in_item_ = false;
}

void Report::begin_value(std::string_view key) {
    if (comma_) raw(",");
    comma_ = true;
    quoted(key);
    raw(":");
}

// The line begins with its first fact, so that a command that waits for something holds up no other line.
void Report::raw(std::string_view json) {
    if (!begun_) {
        begun_ = true;
        output_.begin_stream();
        broken_ = !output_.stream("{");
    }
    broken_ = broken_ || !output_.stream(json);
}

void Report::quoted(std::string_view text) {
    raw("\"");
    for_json(text, [this](std::string_view piece) { raw(piece); });
    raw("\"");
}

}  // namespace esb::console
