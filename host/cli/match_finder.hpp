// What of a file has been there before: for each place the nearest earlier one of every length that is longer than at
// all nearer ones. Binary trees of suffixes by hash, as LZMA's encoders have them.
#pragma once

#include "esb/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace esb::cli {

struct Match {
    std::uint32_t length;
    std::uint32_t distance;
};

class MatchFinder {
public:
    MatchFinder(ConstBytes bytes, std::uint32_t longest);

    // Of the next place: ever longer, ever farther. Valid until the next call.
    const std::vector<Match>& next();

private:
    static constexpr std::uint32_t none = 0xFFFFFFFF;
    static constexpr unsigned hash_bits = 18;

    std::uint32_t length_at(std::uint32_t a, std::uint32_t b, std::uint32_t from, std::uint32_t limit) const;
    void look_up_short(std::uint32_t limit);
    void walk_tree(std::uint32_t root, std::uint32_t limit);

    ConstBytes bytes_;
    std::uint32_t longest_;
    std::uint32_t at_ = 0;
    std::vector<std::uint32_t> by_two_, by_three_, roots_;
    std::vector<std::uint32_t> children_;  // two each
    std::vector<Match> found_;
};

}  // namespace esb::cli
