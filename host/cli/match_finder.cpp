#include "host/cli/match_finder.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

constexpr int most_steps = 200;  // down a tree

}  // namespace

MatchFinder::MatchFinder(ConstBytes bytes, std::uint32_t longest)
    : bytes_(bytes),
      longest_(longest),
      by_two_(1U << 16, none),
      by_three_(1U << 16, none),
      roots_(1U << hash_bits, none),
      children_(2 * bytes.size(), none) {}

std::uint32_t MatchFinder::length_at(std::uint32_t a, std::uint32_t b, std::uint32_t from, std::uint32_t limit) const {
    while (from < limit && bytes_[a + from] == bytes_[b + from]) ++from;
    return from;
}

const std::vector<Match>& MatchFinder::next() {
    found_.clear();
    const auto limit = std::min<std::uint32_t>(longest_, static_cast<std::uint32_t>(bytes_.size()) - at_);
    if (limit >= 4) {
        look_up_short(limit);
        const std::uint32_t word = std::uint32_t{bytes_[at_]} | std::uint32_t{bytes_[at_ + 1]} << 8 |
                                   std::uint32_t{bytes_[at_ + 2]} << 16 | std::uint32_t{bytes_[at_ + 3]} << 24;
        auto& root = roots_[word * 2654435761U >> (32 - hash_bits)];
        const auto before = root;
        root = at_;
        walk_tree(before, limit);
    }
    ++at_;
    return found_;
}

void MatchFinder::look_up_short(std::uint32_t limit) {
    const std::uint32_t two = bytes_[at_] | static_cast<std::uint32_t>(bytes_[at_ + 1]) << 8;
    const std::uint32_t three = (two | static_cast<std::uint32_t>(bytes_[at_ + 2]) << 16) * 2654435761U >> 16;
    std::uint32_t best = 1;
    for (auto* table : {&by_two_[two], &by_three_[three]}) {
        const auto place = *table;
        *table = at_;
        if (place == none) continue;
        const auto length = length_at(place, at_, 0, limit);
        if (length <= best) continue;
        best = length;
        found_.push_back({length, at_ - place});
    }
}

// Takes the tree of those before apart into what is smaller and what is larger than this suffix, its new root.
void MatchFinder::walk_tree(std::uint32_t place, std::uint32_t limit) {
    std::uint32_t* smaller = &children_[2 * at_];
    std::uint32_t* larger = &children_[2 * at_ + 1];
    std::uint32_t smaller_length = 0;
    std::uint32_t larger_length = 0;
    std::uint32_t best = found_.empty() ? 1 : found_.back().length;
    for (int steps = 0; place != none && steps < most_steps; ++steps) {
        auto* const children = &children_[2 * place];
        const auto length = length_at(place, at_, std::min(smaller_length, larger_length), limit);
        if (length > best) {
            best = length;
            found_.push_back({length, at_ - place});
        }
        if (length == limit) {
            *smaller = children[0];
            *larger = children[1];
            return;
        }
        if (bytes_[place + length] < bytes_[at_ + length]) {
            *smaller = place;
            smaller = children + 1;
            place = *smaller;
            smaller_length = length;
        } else {
            *larger = place;
            larger = children;
            place = *larger;
            larger_length = length;
        }
    }
    *smaller = none;
    *larger = none;
}

}  // namespace esb::cli
