// Finds the filters that take a topic without asking each of them: filters of one shape (so many levels, wildcards at the
// same places) lie together by the hash of their levels, so a topic costs one hash and one search for each shape that there
// is, however many filters have it.
#pragma once

#include "esb/base/fixed.hpp"

#include <cstdint>
#include <string_view>

namespace esb::link {

class TopicIndex {
public:
    static constexpr std::size_t max_filters = 16;
    using Set = std::uint32_t;  // a bit for each number

    void clear();
    // `number` is below max_filters and has not been added yet.
    void add(std::string_view filter, std::size_t number);
    // All filters that take the topic are among these; one that does not may be, seldom: ask matches().
    Set candidates(std::string_view topic) const;
    std::size_t shapes() const { return shapes_.size(); }

private:
    struct Shape {
        std::uint32_t plus = 0;   // a bit for each level that is '+'
        std::uint8_t levels = 0;  // without a '#' at the end
        bool rest = false;        // ends in '#'
        friend bool operator==(const Shape&, const Shape&) = default;
    };
    struct Entry {
        std::uint32_t hash = 0;
        std::uint8_t shape = 0;
        std::uint8_t number = 0;
        // By shape and hash.
        std::uint64_t key() const { return std::uint64_t{shape} << 32 | hash; }
    };

    FixedVector<Shape, max_filters> shapes_;
    FixedVector<Entry, max_filters> entries_;  // sorted by key
    Set others_ = 0;                           // with too many levels to have a shape
};

}  // namespace esb::link
