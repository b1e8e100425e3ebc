#include "host/cli/packer.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/block_packer.hpp"
#include "host/cli/block_parser.hpp"
#include "host/cli/match_finder.hpp"
#include "host/cli/old_ranges.hpp"
#include "host/cli/pack_prices.hpp"

#include <algorithm>
#include <vector>

namespace esb::cli {

namespace packed = ota::packed;

namespace {

constexpr std::uint32_t stretch = 4096;  // parsed at once, by prices that do not change meanwhile

class Packer {
public:
    Packer(ConstBytes image, ConstBytes old)
        : image_(image), old_(old), ranges_(find_old_ranges(image, old)), finder_(image, packed::copy_max), parser_(image) {}

    std::string all() {
        while (begin_ < image_.size()) {
            end_ = static_cast<std::uint32_t>(std::min<std::size_t>(begin_ + packed::block_size, image_.size()));
            block();
            begin_ = end_;
        }
        return std::move(file_);
    }

private:
    void block() {
        matches_.clear();
        for (auto at = begin_; at < end_; ++at) matches_.push_back(finder_.next());
        std::vector<packed::Model> learnt(1);
        std::string best;
        for (int pass = 0; pass < 3; ++pass) {
            auto packed = pack_block(learnt);
            if (pass == 0 || packed.size() < best.size()) best = std::move(packed);
        }
        append(best);
    }
    // `learnt`: how the model stood behind each stretch the last time; these are the prices of the next.
    std::string pack_block(std::vector<packed::Model>& learnt) {
        BlockPacker packer(image_, old_, begin_);
        std::vector<packed::Model> now;
        const auto price_of_next = [&] {
            const auto next = now.size();
            return PackPrices(next < learnt.size() ? learnt[next] : packer.model());
        };
        auto range = first_range();
        while (packer.at() < end_) {
            const auto at = packer.at();
            if (range != ranges_.end() && range->at <= at) {
                const auto skipped = at - static_cast<std::uint32_t>(range->at);
                const auto length = std::min<std::size_t>(range->length - skipped, end_ - at);
                packer.copy_old(static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(range->old_at) + skipped);
                ++range;
                continue;
            }
            auto until = std::min(end_, at + stretch);
            if (range != ranges_.end()) until = static_cast<std::uint32_t>(std::min<std::size_t>(until, range->at));
            parser_.parse(packer, price_of_next(), until, std::span(matches_).subspan(at - begin_, until - at));
            now.push_back(packer.model());
        }
        learnt = std::move(now);
        return packer.finish();
    }
    // The one in which the block begins, or the next.
    std::vector<OldRange>::const_iterator first_range() const {
        return std::find_if(ranges_.begin(), ranges_.end(),
                            [&](const OldRange& range) { return range.at + range.length > begin_; });
    }
    void append(const std::string& operations) {
        const auto block = image_.subspan(begin_, end_ - begin_);
        const bool stored = operations.size() >= block.size();
        std::array<std::uint8_t, packed::head_size> head{};
        ByteWriter writer(head);
        const auto length = static_cast<std::uint32_t>(stored ? 0 : operations.size());
        writer.le16(static_cast<std::uint16_t>(length)).u8(static_cast<std::uint8_t>(length >> 16)).le32(crc32(block));
        file_ += as_text(writer.written());
        file_ += stored ? as_text(block) : std::string_view(operations);
    }

    ConstBytes image_;
    ConstBytes old_;
    std::vector<OldRange> ranges_;
    MatchFinder finder_;
    BlockParser parser_;
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
    std::vector<std::vector<Match>> matches_;  // of each place of the block
    std::string file_;
};

}  // namespace

std::string pack_image(ConstBytes image, ConstBytes old) { return Packer(image, old).all(); }

}  // namespace esb::cli
