#include "host/cli/suffix_array.hpp"

#include <algorithm>
#include <numeric>

namespace esb::cli {
namespace {

using Numbers = std::vector<std::int32_t>;

std::size_t index(std::int32_t number) { return static_cast<std::size_t>(number); }

// One level: a text of numbers from 0 to `largest`.
class Level {
public:
    Level(const Numbers& text, std::int32_t largest)
        : text_(text), size_(static_cast<std::int32_t>(text.size())), smaller_(text.size()), starts_(index(largest) + 2) {}

    Numbers sort() {
        if (size_ == 0) return {};
        classify();
        Numbers leftmost = find_leftmost();
        induce(leftmost);
        Numbers sorted;
        for (const auto at : order_) {
            if (at >= 0 && is_leftmost(at)) sorted.push_back(at);
        }
        if (!sorted.empty()) induce(in_order(leftmost, sorted));
        return std::move(order_);
    }

private:
    std::int32_t at(std::int32_t place) const { return text_[index(place)]; }
    // The suffix is smaller than the one behind it.
    bool is_smaller(std::int32_t place) const { return smaller_[index(place)]; }
    bool is_leftmost(std::int32_t place) const { return place > 0 && is_smaller(place) && !is_smaller(place - 1); }

    void classify() {
        for (std::int32_t i = size_ - 2; i >= 0; --i) {
            smaller_[index(i)] = at(i) == at(i + 1) ? is_smaller(i + 1) : at(i) < at(i + 1);
        }
        for (const auto number : text_) ++starts_[index(number) + 1];
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
    }
    Numbers find_leftmost() const {
        Numbers found;
        for (std::int32_t i = 1; i < size_; ++i) {
            if (is_leftmost(i)) found.push_back(i);
        }
        return found;
    }
    // Sorts all suffixes by the order of these.
    void induce(const Numbers& leftmost) {
        order_.assign(text_.size(), -1);
        Numbers ends(starts_.begin() + 1, starts_.end());
        for (auto it = leftmost.rbegin(); it != leftmost.rend(); ++it) order_[index(--ends[index(at(*it))])] = *it;
        Numbers begins(starts_.begin(), starts_.end() - 1);
        const auto larger = [&](std::int32_t place) {
            if (place >= 0 && !is_smaller(place)) order_[index(begins[index(at(place))]++)] = place;
        };
        larger(size_ - 1);
        for (std::int32_t i = 0; i < size_; ++i) larger(order_[index(i)] - 1);
        ends.assign(starts_.begin() + 1, starts_.end());
        for (std::int32_t i = size_ - 1; i >= 0; --i) {
            const auto place = order_[index(i)] - 1;
            if (place >= 0 && is_smaller(place)) order_[index(--ends[index(at(place))])] = place;
        }
    }
    bool are_equal(std::int32_t a, std::int32_t a_end, std::int32_t b, std::int32_t b_end) const {
        if (a_end - a != b_end - b) return false;
        for (; a < a_end && at(a) == at(b); ++a) ++b;
        return a == a_end && b < size_ && at(a) == at(b);
    }
    // The leftmost suffixes, sorted by the whole of each: their pieces are the numbers of the next level.
    Numbers in_order(const Numbers& leftmost, const Numbers& sorted) const {
        Numbers rank(text_.size() + 1, -1);
        for (std::size_t i = 0; i < leftmost.size(); ++i) rank[index(leftmost[i])] = static_cast<std::int32_t>(i);
        const auto end_of = [&](std::int32_t place) {
            const auto next = index(rank[index(place)]) + 1;
            return next < leftmost.size() ? leftmost[next] : size_;
        };
        Numbers shorter(leftmost.size());
        std::int32_t largest = 0;
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            const auto a = sorted[i - 1];
            const auto b = sorted[i];
            const bool same = end_of(a) < size_ && end_of(b) < size_ && are_equal(a, end_of(a), b, end_of(b));
            if (!same) ++largest;
            shorter[index(rank[index(b)])] = largest;
        }
        Numbers result = Level(shorter, largest).sort();
        for (auto& number : result) number = leftmost[index(number)];
        return result;
    }

    const Numbers& text_;
    std::int32_t size_;
    std::vector<bool> smaller_;
    Numbers starts_;
    Numbers order_;
};

}  // namespace

std::vector<std::int32_t> suffix_array(ConstBytes text) {
    const Numbers numbers(text.begin(), text.end());
    return Level(numbers, 255).sort();
}

}  // namespace esb::cli
