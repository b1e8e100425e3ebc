// JSON from outside: scanned for everything we refuse before cJSON sees it. json.cpp is the one file that knows cJSON.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/errors.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

struct cJSON;

namespace esb {

struct JsonLimits {               // how large and how deep a text may be
    std::size_t max_size = 4096;  // bytes
    unsigned max_depth = 4;       // of arrays and objects
};

// Strict RFC 8259 check: UTF-8, depth, no duplicate member names within one object (after unescaping), no NUL (raw or
// \u0000), numbers are integers with |n| < 2^53. No heap. Detail: the byte offset.
Status scan_json(ConstBytes text, const JsonLimits& limits = {});

// A view of one value of a parsed document; lives as long as the document. A default one is "absent".
class JsonValue {
public:
    JsonValue() = default;
    bool is_present() const { return node_ != nullptr; }  // false: what was looked for is not there
    bool is_object() const;                               // members in braces
    bool is_array() const;                                // a list
    bool is_null() const;                                 // `null`, which is there

    // json_member (base) when it is not of that type, or outside [low, high].
    Result<std::string_view> text() const;
    Result<std::int64_t> integer(std::int64_t low, std::int64_t high) const;
    Result<bool> boolean() const;

    // A member of an object; absent when there is none.
    JsonValue operator[](const char* member) const;
    // Elements of an array or members of an object, in order; with the member's name.
    std::size_t size() const;
    JsonValue first() const;
    JsonValue next() const;
    std::string_view name() const;

private:
    friend class JsonDocument;
    explicit JsonValue(const cJSON* node) : node_(node) {}
    const cJSON* node_ = nullptr;
};

// Scans, then parses. cJSON allocates; everything is freed with the document, its texts wiped: some are passwords.
class JsonDocument {
public:
    static Result<JsonDocument> parse(ConstBytes text, const JsonLimits& limits = {});  // the json_ errors, no_memory
    JsonDocument(JsonDocument&& other) noexcept;             // values of `other` are this one's
    JsonDocument& operator=(JsonDocument&& other) noexcept;  // values of this one are gone
    ~JsonDocument();

    JsonValue root() const { return JsonValue(root_); }  // valid as long as the document

private:
    explicit JsonDocument(cJSON* root) : root_(root) {}
    cJSON* root_ = nullptr;
};

// Builds one JSON text in a caller's buffer. What does not fit latches overflowed(). Strings are written as foreign.hpp
// does, so that the text may go to a terminal; bytes that are not UTF-8 come out as U+FFFD.
class JsonWriter {
public:
    explicit JsonWriter(std::span<char> out) : out_(out) {}  // writes to `out`, which must live as long
    // Writes only what comes behind the first `skip` characters, as much as fits: a text of any length leaves in
    // pieces, made anew for each of them. written() is the piece; overflowed(): more follows.
    JsonWriter(std::span<char> out, std::size_t skip) : out_(out), skip_(skip) {}

    // What is written next follows others that left with an earlier piece.
    JsonWriter& following() {
        needs_comma_ = true;
        return *this;
    }
    JsonWriter& begin_object();
    JsonWriter& end_object();
    JsonWriter& begin_array();
    JsonWriter& end_array();
    JsonWriter& key(std::string_view name);
    JsonWriter& text(std::string_view value);
    JsonWriter& number(std::int64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // A JSON text that was made elsewhere.
    JsonWriter& raw(std::string_view json);

    bool overflowed() const { return overflowed_; }  // it did not fit
    // The text so far; empty after an overflow.
    std::string_view view() const { return overflowed_ ? std::string_view() : written(); }
    std::string_view written() const { return {out_.data(), used_}; }

private:
    void separate();
    void put(std::string_view raw);
    void quoted(std::string_view value);

    std::span<char> out_;
    std::size_t used_ = 0;
    std::size_t skip_ = 0;
    bool overflowed_ = false;
    bool needs_comma_ = false;
};

}  // namespace esb
