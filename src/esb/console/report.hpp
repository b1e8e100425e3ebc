// What a command says, written once: lines for people or one line of JSON for programs.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>

namespace esb::console {

class Output;

// People see labels, words and values:                 firmware: basic 1.0.0 (seq 1)
// programs see the facts, with their keys and types:   {"app":"basic","ver":"1.0.0","seq":1,"ok":true}
//
// A report begins with every command; the console ends it with `ok`, and with the error if there is one. Views need to
// live during the call only.
class Report {
public:
    explicit Report(Output& output) : output_(output) {}  // lines go to `output`
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

    // --- For people only ---

    // The next words stand on a line of their own.
    Report& next();
    Report& say(std::string_view words);
    // next(), then "what: ".
    Report& label(std::string_view what) { return next().say(what).say(": "); }
    // Spaces are appended until the line has this many bytes.
    Report& pad_to(std::size_t column);

    // --- For both: the value, in JSON under its key ---

    Report& fact(std::string_view key, std::string_view value);  // text of others is escaped
    Report& fact(std::string_view key, const char* value) { return fact(key, std::string_view(value)); }  // likewise
    Report& fact(std::string_view key, bool value);                     // people: yes, no
    Report& fact(std::string_view key, double value, int digits = 17);  // significant digits at most
    Report& fact(std::string_view key, float value) { return fact(key, static_cast<double>(value), 9); }  // likewise
    template <std::integral T>
    requires(!std::same_as<T, bool>) Report& fact(std::string_view key,
                                                  T value) {  // a number in decimal, a bool as `true` or `false`
        if constexpr (std::is_signed_v<T>) return integer(key, static_cast<std::int64_t>(value));
        return natural(key, static_cast<std::uint64_t>(value));
    }
    // A variable: a number of 8 to 64 bits or a real one, truth (each also volatile, or std::atomic), or a text (char
    // array with or without a NUL, const char*, std::string, std::string_view, FixedString).
    template <typename T>
    Report& variable(std::string_view key, const volatile T& at) {
        const auto& plain = const_cast<const T&>(at);
        if constexpr (std::is_array_v<T>) {
            const auto size = std::find(std::begin(plain), std::end(plain), '\0') - std::begin(plain);
            return fact(key, std::string_view(plain, static_cast<std::size_t>(size)));
        } else if constexpr (std::is_arithmetic_v<T>) {
            return fact(key, T{at});
        } else if constexpr (requires { plain.load(); }) {
            return fact(key, plain.load());
        } else {
            return fact(key, std::string_view(plain));
        }
    }
    // Text of others: people see it in quotes.
    Report& theirs(std::string_view key, std::string_view value);
    // Bytes from outside (an SSID): people see them quoted, as a command line takes them; programs see text, or
    // hex:<digits> where it is none, as the settings take them.
    Report& octets(std::string_view key, ConstBytes value);
    // A label and its value, when both have the same name.
    template <typename T>
    Report& line(std::string_view key, T value) {
        return label(key).fact(key, value);
    }

    // --- For programs only ---

    template <typename T>
    Report& data(std::string_view key, T value) {  // a member of the JSON that lines for people have not got
        return json_ ? fact(key, value) : *this;
    }
    Report& texts(std::string_view key, std::span<const std::string_view> values);  // a list of them

    // --- Lists, of any length ---

    // Calls show(index) for each; it begins with item() or says nothing. Each item has at most 1 KB of text. When the
    // port is slow, the command returns early and is run again later from its beginning, with resumed() true: then it
    // must go straight to the same list. A list is the last thing in a report.
    template <typename Show>
    Status list(std::string_view key, std::size_t count, Show show) {
        return each(key, "[", "]", count, show);
    }
    // The same for facts side by side: {"key":{"a":1,"b":2}}.
    template <typename Show>
    Status group(std::string_view key, std::size_t count, Show show) {
        return each(key, "{", "}", count, show);
    }
    // Begins a line, and in a list an object.
    Report& item();

    // The command is not done: it is run again soon, with resumed() true.
    Status wait() {
        waiting_ = true;
        return {};
    }
    bool resumed() const { return resumed_; }

    // --- For the console ---

    void begin(bool json);                     // the shell's: before a command
    void resume();                             // the shell's: goes on with a list
    bool waiting() const { return waiting_; }  // a list has more, and the port no room
    bool json() const { return json_; }        // one line of JSON is asked for
    // What the error is about, behind the error: a word, or how a command is used (views that outlive the report).
    void note_word(std::string_view word);
    void note_usage(std::string_view name, std::string_view usage);
    // Ends the report.
    void end(const Status& status);
    Output& output() { return output_; }

private:
    template <typename Show>
    Status each(std::string_view key, std::string_view open, std::string_view close, std::size_t count, Show show) {
        if (!in_list_) begin_list(key, open);
        for (; cursor_ < count; ++cursor_) {
            if (!has_room()) return wait();
            if (const Status shown = show(cursor_); !shown) {
                end_list(close);
                return shown;
            }
        }
        end_list(close);
        return {};
    }
    bool has_room() const;
    void begin_list(std::string_view key, std::string_view open);
    void end_list(std::string_view close);
    void end_item();
    void begin_value(std::string_view key);
    void raw(std::string_view json);
    void quoted(std::string_view text);
    Report& integer(std::string_view key, std::int64_t value);
    Report& natural(std::string_view key, std::uint64_t value);
    Report& number(std::string_view key, std::string_view digits);

    Output& output_;
    void end_for_people(const Status& status);

    std::size_t cursor_ = 0;
    std::array<char, 32> word_{};
    std::size_t word_size_ = 0;
    bool has_word_ = false;
    bool word_cut_ = false;
    std::string_view usage_name_;
    std::string_view usage_;
    bool json_ = false;
    bool begun_ = false;  // JSON: the object is open
    bool comma_ = false;  // JSON: something stands in front
    bool in_list_ = false;
    bool in_item_ = false;  // JSON: an object of a list is open
    bool waiting_ = false;
    bool resumed_ = false;
    bool broken_ = false;  // JSON: more than the buffer holds
};

}  // namespace esb::console
