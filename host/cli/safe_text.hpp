// What the commands print. A string that is not in this program's source is text of others and is escaped on its way
// (esb/base/foreign.hpp): the types leave no other way to `out` and `err`.
#pragma once

#include <concepts>
#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace esb::cli {

// JSON as json_text() makes it, safe on a terminal too.
class JsonText {
public:
    const std::string& text() const { return text_; }
    operator const std::string&() const { return text_; }  // for a payload
    friend bool operator==(const JsonText& a, std::string_view b) { return a.text_ == b; }

private:
    template <typename Build>
    friend JsonText json_text(Build build);
    explicit JsonText(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

// Text that may go to a terminal.
class SafeText {
public:
    SafeText() = default;
    // A bar or a QR code: escape codes of our own.
    static SafeText drawing(std::string text) {
        SafeText made;
        made.text_ = std::move(text);
        return made;
    }

    template <std::size_t N>
    SafeText& operator<<(const char (&words)[N]) {
        text_.append(words, N - 1);
        return *this;
    }
    template <std::size_t N>
    SafeText& operator<<(char (&buffer)[N]) = delete;
    SafeText& operator<<(std::string_view foreign) { return put(foreign, false); }
    // Not an array, which is words of ours.
    template <std::same_as<const char*> T>
    SafeText& operator<<(const T& foreign) {
        return put(foreign, false);
    }
    SafeText& operator<<(bool) = delete;
    SafeText& operator<<(const SafeText& other) {
        text_ += other.text_;
        return *this;
    }
    SafeText& operator<<(const JsonText& json) {
        text_ += json.text();
        return *this;
    }
    SafeText& operator<<(char character);  // a line feed as it is
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>) SafeText& operator<<(T number) {
        text_ += std::to_string(number);
        return *this;
    }
    // One cell of a table, one word of a line: in quotes if it could be taken for several, or for none.
    SafeText& word(std::string_view foreign);

    const std::string& text() const { return text_; }
    std::size_t size() const { return text_.size(); }
    bool empty() const { return text_.empty(); }
    friend bool operator==(const SafeText& a, std::string_view b) { return a.text_ == b; }

private:
    SafeText& put(std::string_view foreign, bool quotes);
    std::string text_;
};

// A stream that takes only what SafeText takes.
class Printer {
public:
    Printer(std::ostream& stream) : stream_(&stream) {}

    template <typename T>
    Printer& operator<<(const T& value) {
        SafeText text;
        text << value;
        *stream_ << text.text();
        return *this;
    }
    Printer& operator<<(std::ostream& (*manipulator)(std::ostream&)) {
        *stream_ << manipulator;
        return *this;
    }
    bool good() const { return stream_->good(); }
    void flush() { stream_->flush(); }
    // For the help that CLI11 makes of the program's own words.
    std::ostream& help() { return *stream_; }

private:
    std::ostream* stream_;
};

}  // namespace esb::cli
