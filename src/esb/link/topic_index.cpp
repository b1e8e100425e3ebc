#include "esb/link/topic_index.hpp"

#include <algorithm>

namespace esb::link {
namespace {

constexpr std::size_t max_levels = 32;  // bits of Shape::plus
// FNV-1a.
constexpr std::uint32_t hash_start = 0x811C'9DC5;
constexpr std::uint32_t mixed(std::uint32_t hash, std::uint8_t byte) { return (hash ^ byte) * 0x0100'0193; }

std::string_view take_level(std::string_view& rest, bool& more) {
    const auto slash = rest.find('/');
    const auto level = rest.substr(0, slash);
    more = slash != std::string_view::npos;
    rest.remove_prefix(more ? slash + 1 : rest.size());
    return level;
}

struct Hashed {
    std::uint32_t hash = hash_start;
    std::size_t levels = 0;
    bool more = false;  // there are levels behind
};

// Of the first `levels` levels, with '+' in place of those that have a bit in `plus`.
Hashed hash_levels(std::string_view text, std::uint32_t plus, std::size_t levels) {
    Hashed made;
    made.more = true;
    while (made.levels < levels && made.more) {
        auto level = take_level(text, made.more);
        if ((plus >> made.levels & 1) != 0) level = "+";
        for (const char c : level) made.hash = mixed(made.hash, static_cast<std::uint8_t>(c));
        made.hash = mixed(made.hash, '/');
        ++made.levels;
    }
    return made;
}

}  // namespace

void TopicIndex::clear() {
    shapes_.clear();
    entries_.clear();
    others_ = 0;
}

void TopicIndex::add(std::string_view filter, std::size_t number) {
    Shape shape;
    std::string_view rest = filter;
    for (bool more = true; more && !shape.rest;) {
        const auto level = take_level(rest, more);
        shape.rest = level == "#";
        if (shape.rest) break;
        if (shape.levels == max_levels) {
            others_ |= Set{1} << number;
            return;
        }
        if (level == "+") shape.plus |= std::uint32_t{1} << shape.levels;
        ++shape.levels;
    }
    const auto known = std::find(shapes_.begin(), shapes_.end(), shape);
    const auto index = static_cast<std::size_t>(known - shapes_.begin());
    if (known == shapes_.end()) static_cast<void>(shapes_.push_back(shape));
    Entry made;
    made.hash = hash_levels(filter, shape.plus, shape.levels).hash;
    made.shape = static_cast<std::uint8_t>(index);
    made.number = static_cast<std::uint8_t>(number);
    static_cast<void>(entries_.push_back(made));
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
}

TopicIndex::Set TopicIndex::candidates(std::string_view topic) const {
    Set found = others_;
    for (std::size_t i = 0; i < shapes_.size(); ++i) {
        const Shape& shape = shapes_[i];
        const auto hashed = hash_levels(topic, shape.plus, shape.levels);
        if (hashed.levels < shape.levels || (hashed.more && !shape.rest)) continue;
        Entry wanted;
        wanted.hash = hashed.hash;
        wanted.shape = static_cast<std::uint8_t>(i);
        auto at = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                   [](const Entry& a, const Entry& b) { return a.key() < b.key(); });
        for (; at != entries_.end() && at->key() == wanted.key(); ++at) found |= Set{1} << at->number;
    }
    return found;
}

}  // namespace esb::link
