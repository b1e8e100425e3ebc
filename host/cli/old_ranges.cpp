#include "host/cli/old_ranges.hpp"

#include "host/cli/suffix_array.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

constexpr std::size_t least_gain = 8;     // bytes that another place must fit better, or it is not worth a jump
constexpr std::size_t least_length = 10;  // shorter ones are cheaper as what they are

std::size_t common(ConstBytes a, ConstBytes b) {
    const auto limit = std::min(a.size(), b.size());
    std::size_t length = 0;
    while (length < limit && a[length] == b[length]) ++length;
    return length;
}

class Search {
public:
    Search(ConstBytes image, ConstBytes old) : image_(image), old_(old), suffixes_(suffix_array(old)) {}

    std::vector<OldRange> all() {
        while (scan_ < image_.size()) step();
        return std::move(found_);
    }

private:
    struct Place {
        std::size_t length = 0;
        std::size_t at = 0;
    };
    // The longest piece of the old image that the new one goes on with.
    Place longest(std::size_t from) const {
        const auto wanted = image_.subspan(from);
        const auto smaller = [&](std::int32_t suffix, ConstBytes text) {
            const auto rest = old_.subspan(static_cast<std::size_t>(suffix));
            return std::lexicographical_compare(rest.begin(), rest.end(), text.begin(), text.end());
        };
        const auto found = std::lower_bound(suffixes_.begin(), suffixes_.end(), wanted, smaller);
        Place best;
        for (int side = 0; side < 2; ++side) {
            const auto neighbor = found - side;
            if (neighbor < suffixes_.begin() || neighbor >= suffixes_.end()) continue;
            const auto at = static_cast<std::size_t>(*neighbor);
            const auto length = common(old_.subspan(at), wanted);
            if (length > best.length) best = {length, at};
        }
        return best;
    }
    bool fits_before(std::size_t at) const {  // at the present place of the old image
        const auto old_at = static_cast<std::ptrdiff_t>(at) + offset_;
        return old_at >= 0 && static_cast<std::size_t>(old_at) < old_.size() &&
               old_[static_cast<std::size_t>(old_at)] == image_[at];
    }
    // To the next place of the old image that fits better than the present one.
    void step() {
        std::size_t score = 0;  // of the present one, over what the other has
        Place place = last_;
        scan_ += last_.length;
        std::size_t scored = scan_;
        for (; scan_ < image_.size(); ++scan_) {
            place = longest(scan_);
            for (; scored < scan_ + place.length; ++scored) score += fits_before(scored) ? 1 : 0;
            if ((place.length == score && place.length != 0) || place.length > score + least_gain) break;
            if (fits_before(scan_)) --score;
        }
        last_ = place;
        if (place.length == score && scan_ < image_.size()) return;
        close(place);
    }
    // The present range ends, the next one begins: both are drawn out as far as more than half of it fits.
    void close(const Place& next) {
        std::size_t forward = best_forward();
        std::size_t backward = scan_ < image_.size() ? best_backward(next.at) : 0;
        const auto gap = scan_ - begin_;
        if (forward + backward > gap) {
            const auto overlap = forward + backward - gap;
            const auto kept = best_split(forward - overlap, next.at - backward, overlap);
            forward = forward - overlap + kept;
            backward -= kept;
        }
        if (forward >= least_length) found_.push_back({begin_, forward, old_begin_});
        begin_ = scan_ - backward;
        old_begin_ = next.at - backward;
        offset_ = static_cast<std::ptrdiff_t>(next.at) - static_cast<std::ptrdiff_t>(scan_);
    }
    std::size_t best_forward() const {
        std::ptrdiff_t score = 0;
        std::ptrdiff_t best = 0;
        std::size_t length = 0;
        for (std::size_t i = 0; begin_ + i < scan_ && old_begin_ + i < old_.size(); ++i) {
            score += old_[old_begin_ + i] == image_[begin_ + i] ? 1 : -1;
            if (score <= best) continue;
            best = score;
            length = i + 1;
        }
        return length;
    }
    std::size_t best_backward(std::size_t old_at) const {
        std::ptrdiff_t score = 0;
        std::ptrdiff_t best = 0;
        std::size_t length = 0;
        for (std::size_t i = 1; begin_ + i <= scan_ && i <= old_at; ++i) {
            score += old_[old_at - i] == image_[scan_ - i] ? 1 : -1;
            if (score <= best) continue;
            best = score;
            length = i;
        }
        return length;
    }
    // How much of what both ranges could have is the first one's.
    std::size_t best_split(std::size_t first, std::size_t second_old_at, std::size_t overlap) const {
        std::ptrdiff_t score = 0;
        std::ptrdiff_t best = 0;
        std::size_t length = 0;
        for (std::size_t i = 0; i < overlap; ++i) {
            const auto byte = image_[begin_ + first + i];
            score += old_[old_begin_ + first + i] == byte ? 1 : 0;
            score -= old_[second_old_at + i] == byte ? 1 : 0;
            if (score <= best) continue;
            best = score;
            length = i + 1;
        }
        return length;
    }

    ConstBytes image_;
    ConstBytes old_;
    std::vector<std::int32_t> suffixes_;
    std::vector<OldRange> found_;
    std::size_t scan_ = 0;
    Place last_;
    std::size_t begin_ = 0;      // of the present range
    std::size_t old_begin_ = 0;
    std::ptrdiff_t offset_ = 0;  // of the place that is compared with
};

}  // namespace

std::vector<OldRange> find_old_ranges(ConstBytes image, ConstBytes old) {
    if (old.empty()) return {};
    return Search(image, old).all();
}

}  // namespace esb::cli
