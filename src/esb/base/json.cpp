#include "esb/base/json.hpp"

#include "esb/base/ascii.hpp"
#include "esb/base/encoding.hpp"
#include "esb/base/fixed.hpp"
#include "esb/base/foreign.hpp"
#include "esb/base/secret.hpp"

#if __has_include(<cjson/cJSON.h>)
#include <cjson/cJSON.h>
#else
#include <cJSON.h>  // as ESP-IDF's component json has it
#endif

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace esb {
namespace {

constexpr std::int64_t number_limit = 1LL << 53;  // exclusive: every integer below it is exact in a double
// Members of all objects that are open at one time; bounds the work and the memory of the duplicate check.
constexpr std::size_t max_open_members = 128;

bool is_high_surrogate(std::uint32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low_surrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// Reads exactly four hex digits.
std::optional<std::uint32_t> hex4(std::string_view text) {
    std::array<std::uint8_t, 2> bytes{};
    if (text.size() < 4 || !hex_decode(text.substr(0, 4), bytes)) return std::nullopt;
    return static_cast<std::uint32_t>(bytes[0] << 8 | bytes[1]);
}

// Walks over the characters between the quotes of a checked string and gives the UTF-8 bytes they stand for.
class Unescaper {
public:
    explicit Unescaper(std::string_view inside) : rest_(inside) {}

    // The next byte, or -1 at the end.
    int next() {
        if (pending_at_ < pending_size_) return pending_[pending_at_++];
        if (rest_.empty()) return -1;
        const char c = take();
        if (c != '\\') return static_cast<std::uint8_t>(c);
        const char kind = take();
        if (kind == 'u') return unicode();
        constexpr std::string_view names = "bfnrt";
        constexpr std::string_view bytes = "\b\f\n\r\t";
        const auto at = names.find(kind);
        return static_cast<std::uint8_t>(at == std::string_view::npos ? kind : bytes[at]);
    }

private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    std::uint32_t unit() {
        const std::uint32_t value = hex4(rest_).value_or(0);
        rest_.remove_prefix(4);
        return value;
    }
    int unicode() {
        std::uint32_t point = unit();
        if (is_high_surrogate(point)) {
            rest_.remove_prefix(2);  // the backslash and the u of the second half
            point = 0x10000 + ((point - 0xD800) << 10) + (unit() - 0xDC00);
        }
        encode(point);
        return pending_[pending_at_++];
    }
    void encode(std::uint32_t point) {
        pending_at_ = 0;
        pending_size_ = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        constexpr std::uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
        for (std::size_t i = pending_size_; i-- > 1; point >>= 6) {
            pending_[i] = static_cast<std::uint8_t>(0x80 | (point & 0x3F));
        }
        pending_[0] = static_cast<std::uint8_t>(lead[pending_size_] | point);
    }

    std::string_view rest_;
    std::array<std::uint8_t, 4> pending_{};
    std::size_t pending_at_ = 0;
    std::size_t pending_size_ = 0;
};

bool same_text(std::string_view a, std::string_view b) {
    Unescaper left(a);
    Unescaper right(b);
    for (;;) {
        const int byte = left.next();
        if (byte != right.next()) return false;
        if (byte < 0) return true;
    }
}

// The scanner has bounded the depth.
void wipe_texts(cJSON* node) {
    for (; node != nullptr; node = node->next) {
        if (node->valuestring != nullptr) {
            wipe({reinterpret_cast<std::uint8_t*>(node->valuestring), std::strlen(node->valuestring)});
        }
        wipe_texts(node->child);
    }
}

// Recursive descent; the depth limit bounds the recursion.
class Scanner {
public:
    Scanner(std::string_view text, unsigned max_depth) : text_(text), depth_left_(max_depth) {}

    Status document() {
        ESB_TRY(value());
        skip_space();
        return at_ == text_.size() ? Status() : wrong(errors::json_syntax);
    }

private:
    std::unexpected<Error> wrong_at(const ErrorKind& kind, std::size_t at) const {
        return fail(kind, static_cast<std::int32_t>(at));
    }
    std::unexpected<Error> wrong(const ErrorKind& kind) const { return wrong_at(kind, at_); }
    // What an unexpected character means: a NUL has its own name.
    std::unexpected<Error> unexpected() const {
        return wrong(peek() == '\0' && !end() ? errors::json_nul : errors::json_syntax);
    }

    bool end() const { return at_ == text_.size(); }
    char peek() const { return end() ? '\0' : text_[at_]; }
    bool accept(char c) {
        if (end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (!end() && std::string_view(" \t\n\r").find(text_[at_]) != std::string_view::npos) ++at_;
    }

    Status value() {
        skip_space();
        switch (peek()) {
            case '{':
                return nested(&Scanner::object);
            case '[':
                return nested(&Scanner::array);
            case '"':
                return string();
            case 't':
                return word("true");
            case 'f':
                return word("false");
            case 'n':
                return word("null");
            default:
                return number();
        }
    }

    Status nested(Status (Scanner::*inside)()) {
        if (depth_left_ == 0) return wrong(errors::json_too_deep);
        --depth_left_;
        ++at_;
        ESB_TRY((this->*inside)());
        ++depth_left_;
        return {};
    }

    Status object() {
        const std::size_t first = members_.size();
        skip_space();
        if (!accept('}')) {
            do {
                ESB_TRY(member(first));
                skip_space();
            } while (accept(','));
            if (!accept('}')) return unexpected();
        }
        while (members_.size() > first) members_.erase(members_.size() - 1);
        return {};
    }

    Status member(std::size_t first) {
        skip_space();
        const std::size_t start = at_;
        if (peek() != '"') return unexpected();
        ESB_TRY(string());
        const std::string_view name = text_.substr(start + 1, at_ - start - 2);
        const auto same = [&](std::string_view other) { return same_text(name, other); };
        if (std::any_of(members_.begin() + first, members_.end(), same)) return wrong_at(errors::json_duplicate, start);
        if (!members_.push_back(name)) return wrong_at(errors::json_too_large, start);
        skip_space();
        if (!accept(':')) return unexpected();
        return value();
    }

    Status array() {
        skip_space();
        if (accept(']')) return {};
        do {
            ESB_TRY(value());
            skip_space();
        } while (accept(','));
        return accept(']') ? Status() : unexpected();
    }

    Status string() {
        const std::size_t start = at_++;
        while (!accept('"')) {
            if (end()) return wrong(errors::json_syntax);
            const char c = text_[at_];
            if (static_cast<unsigned char>(c) < 0x20) return unexpected();
            ++at_;
            if (c == '\\') ESB_TRY(escape());
        }
        return is_utf8(text_.substr(start, at_ - start)) ? Status() : wrong_at(errors::json_syntax, start);
    }

    Status escape() {
        if (!accept('u')) {
            if (end() || std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) return unexpected();
            ++at_;
            return {};
        }
        const auto unit = hex4(text_.substr(at_));
        if (!unit || is_low_surrogate(*unit)) return wrong(errors::json_syntax);
        if (*unit == 0) return wrong(errors::json_nul);
        at_ += 4;
        if (!is_high_surrogate(*unit)) return {};
        if (!accept('\\') || !accept('u')) return wrong(errors::json_syntax);
        const auto second = hex4(text_.substr(at_));
        if (!second || !is_low_surrogate(*second)) return wrong(errors::json_syntax);
        at_ += 4;
        return {};
    }

    Status word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) != expected) return wrong(errors::json_syntax);
        at_ += expected.size();
        return {};
    }

    Status number() {
        const std::size_t start = at_;
        accept('-');
        if (!is_digit(peek())) return unexpected();
        const bool zero = peek() == '0';
        std::int64_t magnitude = 0;
        for (std::size_t digits = 0; is_digit(peek()); ++at_, ++digits) {
            if (zero && digits > 0) return wrong(errors::json_syntax);
            magnitude = magnitude * 10 + (peek() - '0');
            if (magnitude >= number_limit) return wrong_at(errors::json_number, start);
        }
        if (peek() == '.' || peek() == 'e' || peek() == 'E') return wrong_at(errors::json_number, start);
        return {};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    unsigned depth_left_;
    FixedVector<std::string_view, max_open_members> members_;  // names, still escaped, of every open object
};

}  // namespace

Status scan_json(ConstBytes text, const JsonLimits& limits) {
    if (text.size() > limits.max_size) return fail(errors::json_too_large, static_cast<std::int32_t>(limits.max_size));
    return Scanner(as_text(text), limits.max_depth).document();
}

bool JsonValue::is_object() const { return cJSON_IsObject(node_) != 0; }
bool JsonValue::is_array() const { return cJSON_IsArray(node_) != 0; }
bool JsonValue::is_null() const { return cJSON_IsNull(node_) != 0; }

Result<std::string_view> JsonValue::text() const {
    if (cJSON_IsString(node_) == 0) return fail(errors::json_member);
    return std::string_view(node_->valuestring);
}

Result<std::int64_t> JsonValue::integer(std::int64_t low, std::int64_t high) const {
    if (cJSON_IsNumber(node_) == 0) return fail(errors::json_member);
    const auto value = static_cast<std::int64_t>(node_->valuedouble);  // the scanner allows exact integers only
    if (value < low || value > high) return fail(errors::json_member);
    return value;
}

Result<bool> JsonValue::boolean() const {
    if (cJSON_IsBool(node_) == 0) return fail(errors::json_member);
    return cJSON_IsTrue(node_) != 0;
}

JsonValue JsonValue::operator[](const char* member) const {
    return is_object() ? JsonValue(cJSON_GetObjectItemCaseSensitive(node_, member)) : JsonValue();
}

std::size_t JsonValue::size() const {
    return is_object() || is_array() ? static_cast<std::size_t>(cJSON_GetArraySize(node_)) : 0;
}
JsonValue JsonValue::first() const { return is_object() || is_array() ? JsonValue(node_->child) : JsonValue(); }
JsonValue JsonValue::next() const { return is_present() ? JsonValue(node_->next) : JsonValue(); }
std::string_view JsonValue::name() const {
    return is_present() && node_->string != nullptr ? std::string_view(node_->string) : std::string_view();
}

Result<JsonDocument> JsonDocument::parse(ConstBytes text, const JsonLimits& limits) {
    ESB_TRY(scan_json(text, limits));
    cJSON* const root = cJSON_ParseWithLength(as_text(text).data(), text.size());
    if (root == nullptr) return fail(errors::no_memory);  // the text is good: only memory can be missing
    return JsonDocument(root);
}

JsonDocument::JsonDocument(JsonDocument&& other) noexcept : root_(std::exchange(other.root_, nullptr)) {}
JsonDocument& JsonDocument::operator=(JsonDocument&& other) noexcept {
    std::swap(root_, other.root_);
    return *this;
}
JsonDocument::~JsonDocument() {
    wipe_texts(root_);
    cJSON_Delete(root_);
}

void JsonWriter::put(std::string_view raw) {
    const std::size_t skipped = std::min(skip_, raw.size());
    skip_ -= skipped;
    raw.remove_prefix(skipped);
    const auto fits = overflowed_ ? std::string_view() : raw.substr(0, out_.size() - used_);
    overflowed_ = overflowed_ || fits.size() < raw.size();
    std::copy(fits.begin(), fits.end(), out_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += fits.size();
}

void JsonWriter::separate() {
    if (needs_comma_) put(",");
    needs_comma_ = true;
}

void JsonWriter::quoted(std::string_view value) {
    put("\"");
    for_json(value, [this](std::string_view piece) { put(piece); });
    put("\"");
}

JsonWriter& JsonWriter::begin_object() {
    separate();
    put("{");
    needs_comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::end_object() {
    put("}");
    needs_comma_ = true;
    return *this;
}
JsonWriter& JsonWriter::begin_array() {
    separate();
    put("[");
    needs_comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::end_array() {
    put("]");
    needs_comma_ = true;
    return *this;
}
JsonWriter& JsonWriter::key(std::string_view name) {
    separate();
    quoted(name);
    put(":");
    needs_comma_ = false;
    return *this;
}
JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    quoted(value);
    return *this;
}
JsonWriter& JsonWriter::number(std::int64_t value) {
    separate();
    put(decimal_signed(value).view());
    return *this;
}
JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    put(value ? "true" : "false");
    return *this;
}

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
    separate();
    put(json);
    return *this;
}

}  // namespace esb
