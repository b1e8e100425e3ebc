// Chooses the operations of a stretch: the cheapest way through it, as the model's prices stand.
#pragma once

#include "esb/base/bytes.hpp"
#include "host/cli/block_packer.hpp"
#include "host/cli/match_finder.hpp"
#include "host/cli/pack_prices.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace esb::cli {

class BlockParser {
public:
    explicit BlockParser(ConstBytes image) : image_(image) {}

    // Tells `packer` the operations from where it stands to `end`. `matches`: of each of these places.
    void parse(BlockPacker& packer, const PackPrices& prices, std::uint32_t end,
               std::span<const std::vector<Match>> matches);

private:
    struct Node {
        float cost;
        std::uint32_t from;  // the node before
        ota::packed::Kind kind;
        std::uint32_t length;
        std::uint32_t distance;  // of a copy; of a repeat: which
        PackState state;
    };

    void reach(std::size_t node, float cost, std::size_t from, ota::packed::Kind kind, std::uint32_t distance);
    void settle(std::size_t node);
    std::size_t try_long(std::size_t node, const PackPrices& prices, const std::vector<Match>& matches);
    void try_literal(std::size_t node, const PackPrices& prices);
    void try_repeats(std::size_t node, const PackPrices& prices);
    void try_copies(std::size_t node, const PackPrices& prices, const std::vector<Match>& matches);
    void tell(BlockPacker& packer) const;
    std::uint32_t length_at(std::uint32_t at, std::uint32_t distance, std::uint32_t limit) const;

    ConstBytes image_;
    std::uint32_t begin_ = 0;
    std::vector<Node> nodes_;
};

}  // namespace esb::cli
