#include "esb/console/completion.hpp"

#include "esb/console/split.hpp"

#include <algorithm>
#include <array>

namespace esb::console {
namespace {

using Take = Function<void(std::string_view)>;

void offer(std::string_view word, std::string_view begin, Take& take) {
    if (!word.empty() && word.starts_with(begin)) take(word);
}

std::size_t common_size(std::string_view a, std::string_view b) {
    std::size_t size = 0;
    while (size < a.size() && size < b.size() && a[size] == b[size]) ++size;
    return size;
}

}  // namespace

Completion::Found Completion::find(std::string_view line) const {
    struct Sum {
        std::size_t matches = 0;
        std::string_view common;
    } sum;
    each(line, [&sum](std::string_view word) {
        sum.common = sum.matches++ == 0 ? word : word.substr(0, common_size(word, sum.common));
    });
    Found found;
    found.matches = sum.matches;
    if (sum.matches == 0) return found;
    const auto begin = line.size() - (line.rfind(' ') == std::string_view::npos ? 0 : line.rfind(' ') + 1);
    static_cast<void>(found.text.assign(sum.common.substr(std::min(begin, sum.common.size()))));
    if (sum.matches == 1) static_cast<void>(found.text.append(' '));
    return found;
}

void Completion::each(std::string_view line, Take take) const {
    const auto space = line.rfind(' ');
    const auto begin = space == std::string_view::npos ? line : line.substr(space + 1);
    const auto front = line.substr(0, line.size() - begin.size());
    std::array<char, line_max> storage;
    std::array<std::string_view, words_max> words;
    // A quote that is open in front of the word makes this fail.
    const auto count = split(front, storage, words);
    if (!count || begin.find('"') != std::string_view::npos) return;
    const auto before = Arguments(words).first(*count);
    words_of_commands(before, begin, take);
    const auto found = table_.find(before);
    if (!found || !visible(table_.at(*found))) return;
    const auto syntax = table_.at(*found);
    const auto own = syntax.matches(before);
    if (own == 1 && syntax.name == "help") return words_of_commands(before.subspan(1), begin, take);
    arguments_of(syntax, before.size() - own, begin, take);
}

void Completion::words_of_commands(Arguments before, std::string_view begin, Take& take) const {
    if (before.size() > 1) return;
    for (std::size_t i = 0; i < table_.size(); ++i) {
        const auto syntax = table_.at(i);
        if (!visible(syntax)) continue;
        if (before.size() == 1) {
            if (syntax.first_word() == before[0]) offer(syntax.second_word(), begin, take);
            continue;
        }
        bool seen = false;
        for (std::size_t j = 0; j < i && !seen; ++j) {
            seen = visible(table_.at(j)) && table_.at(j).first_word() == syntax.first_word();
        }
        if (!seen) offer(syntax.first_word(), begin, take);
    }
}

void Completion::arguments_of(const Syntax& syntax, std::size_t index, std::string_view begin, Take& take) const {
    auto usage = syntax.argument(index);
    const bool kind = usage.starts_with('<') && usage.ends_with('>');
    if (kind) usage = usage.substr(1, usage.size() - 2);
    if (kind && usage.find('|') == std::string_view::npos) {
        if (vocabulary_ == nullptr) return;
        for (std::size_t i = 0; !vocabulary_->word(usage, i).empty(); ++i) {
            offer(vocabulary_->word(usage, i), begin, take);
        }
        return;
    }
    while (!usage.empty()) {
        const auto end = std::min(usage.find('|'), usage.size());
        offer(usage.substr(0, end), begin, take);
        usage.remove_prefix(std::min(end + 1, usage.size()));
    }
}

}  // namespace esb::console
