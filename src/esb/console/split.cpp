#include "esb/console/split.hpp"

#include "esb/base/encoding.hpp"
#include "esb/console/line_bytes.hpp"

#include <algorithm>
#include <cstdint>

namespace esb::console {
namespace {

// Takes one line apart; every character of a word is written at most once, behind those before it.
class Splitter {
public:
    Splitter(std::string_view line, std::span<char> storage) : rest_(line), storage_(storage) {}

    bool at_end() {
        while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
        return rest_.empty();
    }
    Result<std::string_view> word() {
        const std::size_t begin = used_;
        while (!rest_.empty() && rest_.front() != ' ') {
            if (rest_.front() == '"') {
                ESB_TRY(quoted());
            } else {
                keep(take());
            }
        }
        return std::string_view(storage_.data() + begin, used_ - begin);
    }

private:
    char take() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    void keep(char c) { storage_[used_++] = c; }

    Status quoted() {
        static_cast<void>(take());
        while (!rest_.empty()) {
            const char c = take();
            if (c == '"') return {};
            if (c == '\\') {
                ESB_TRY(escape());
            } else {
                keep(c);
            }
        }
        return fail(errors::console_quote);
    }
    Status escape() {
        if (rest_.empty()) return fail(errors::console_quote);
        const char c = take();
        if (c == '"' || c == '\\') {
            keep(c);
            return {};
        }
        std::uint8_t byte = 0;
        if (c != 'x' || rest_.size() < 2 || !hex_decode(rest_.substr(0, 2), {&byte, 1})) {
            return fail(errors::console_escape);
        }
        rest_.remove_prefix(2);
        keep(static_cast<char>(byte));
        return {};
    }

    std::string_view rest_;
    std::span<char> storage_;
    std::size_t used_ = 0;
};

}  // namespace

Result<std::size_t> split(std::string_view line, std::span<char> storage, std::span<std::string_view> words) {
    if (line.size() > storage.size()) return fail(errors::console_line_too_long);
    if (std::any_of(line.begin(), line.end(), is_control)) return fail(errors::console_control_byte);
    Splitter splitter(line, storage);
    std::size_t count = 0;
    while (!splitter.at_end()) {
        const auto word = splitter.word();
        if (!word) return fail(word.error());
        if (count == words.size()) return fail(errors::console_too_many);
        words[count++] = *word;
    }
    return count;
}

bool WordStarts::next() {
    begin_ = std::min(line_.find_first_not_of(' ', end_), line_.size());
    bool quoted = false;
    for (end_ = begin_; end_ < line_.size() && (quoted || line_[end_] != ' '); ++end_) {
        if (line_[end_] == '"') quoted = !quoted;
        if (quoted && line_[end_] == '\\' && end_ + 1 < line_.size()) ++end_;
    }
    return begin_ < line_.size();
}

}  // namespace esb::console
