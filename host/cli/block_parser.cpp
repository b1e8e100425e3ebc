#include "host/cli/block_parser.hpp"

#include <algorithm>
#include <limits>

namespace esb::cli {

namespace packed = ota::packed;
using packed::Kind;

namespace {

constexpr std::uint32_t long_enough = 128;

}  // namespace

void BlockParser::parse(BlockPacker& packer, const PackPrices& prices, std::uint32_t end,
                        std::span<const std::vector<Match>> matches) {
    begin_ = packer.at();
    Node far{};
    far.cost = std::numeric_limits<float>::max();
    nodes_.assign(end - begin_ + 1, far);
    nodes_[0].cost = 0;
    nodes_[0].state = packer.state();
    for (std::size_t node = 0; node + 1 < nodes_.size(); ++node) {
        if (node > 0) settle(node);
        if (const auto length = try_long(node, prices, matches[node]); length > 0) {
            node += length - 1;
            continue;
        }
        try_literal(node, prices);
        try_repeats(node, prices);
        try_copies(node, prices, matches[node]);
    }
    tell(packer);
}

void BlockParser::reach(std::size_t node, float cost, std::size_t from, Kind kind, std::uint32_t distance) {
    Node& there = nodes_[node];
    if (cost >= there.cost) return;
    there.cost = cost;
    there.from = static_cast<std::uint32_t>(from);
    there.kind = kind;
    there.length = static_cast<std::uint32_t>(node - from);
    there.distance = distance;
}

// The cheapest way to it is known now.
void BlockParser::settle(std::size_t node) {
    Node& here = nodes_[node];
    here.state = nodes_[here.from].state;
    if (here.kind == Kind::literal) here.state.literal();
    if (here.kind == Kind::copy) here.state.copy(here.distance);
    if (here.kind == Kind::repeat) here.state.repeat(here.distance);
}

std::uint32_t BlockParser::length_at(std::uint32_t at, std::uint32_t distance, std::uint32_t limit) const {
    std::uint32_t length = 0;
    while (length < limit && image_[at + length] == image_[at + length - distance]) ++length;
    return length;
}

// One that is so long that nothing else is looked at: its length, or 0.
std::size_t BlockParser::try_long(std::size_t node, const PackPrices& prices, const std::vector<Match>& matches) {
    const auto at = begin_ + static_cast<std::uint32_t>(node);
    const auto limit = std::min<std::uint32_t>(packed::copy_max, static_cast<std::uint32_t>(nodes_.size() - 1 - node));
    const auto& state = nodes_[node].state;
    const float cost = nodes_[node].cost;
    if (state.distances[0] <= at) {
        const auto length = length_at(at, state.distances[0], limit);
        if (length >= long_enough) {
            const float price = prices.repeat_kind(state.history, at, 0) + prices.repeat_length(at, length);
            reach(node + length, cost + price, node, Kind::repeat, 0);
            return length;
        }
    }
    const auto length = matches.empty() ? 0 : std::min(matches.back().length, limit);
    if (length < long_enough) return 0;
    const float price = prices.copy_kind(state.history, at) + prices.copy(at, length, matches.back().distance);
    reach(node + length, cost + price, node, Kind::copy, matches.back().distance);
    return length;
}

void BlockParser::try_literal(std::size_t node, const PackPrices& prices) {
    const auto at = begin_ + static_cast<std::uint32_t>(node);
    const auto& state = nodes_[node].state;
    const bool copied = packed::after_copy(state.history);
    const auto guess = copied ? image_[at - state.distances[0]] : std::uint8_t{0};
    const float price = prices.literal(state.history, at, image_[at], guess);
    reach(node + 1, nodes_[node].cost + price, node, Kind::literal, 0);
}

void BlockParser::try_repeats(std::size_t node, const PackPrices& prices) {
    const auto at = begin_ + static_cast<std::uint32_t>(node);
    const PackState state = nodes_[node].state;
    const float cost = nodes_[node].cost;
    const auto limit = std::min<std::uint32_t>(packed::copy_max, static_cast<std::uint32_t>(nodes_.size() - 1 - node));
    for (std::uint32_t which = 0; which < state.distances.size(); ++which) {
        if (state.distances[which] > at) continue;
        const auto length = length_at(at, state.distances[which], limit);
        if (which == 0 && length > 0) {
            reach(node + 1, cost + prices.short_repeat(state.history, at), node, Kind::repeat, 0);
        }
        if (length < packed::copy_min) continue;
        const float kind = cost + prices.repeat_kind(state.history, at, which);
        for (std::uint32_t i = packed::copy_min; i <= length; ++i) {
            reach(node + i, kind + prices.repeat_length(at, i), node, Kind::repeat, which);
        }
    }
}

void BlockParser::try_copies(std::size_t node, const PackPrices& prices, const std::vector<Match>& matches) {
    const auto at = begin_ + static_cast<std::uint32_t>(node);
    const auto limit = static_cast<std::uint32_t>(nodes_.size() - 1 - node);
    const float kind = nodes_[node].cost + prices.copy_kind(nodes_[node].state.history, at);
    std::uint32_t length = packed::copy_min;
    for (const auto& match : matches) {
        for (; length <= std::min(match.length, limit); ++length) {
            reach(node + length, kind + prices.copy(at, length, match.distance), node, Kind::copy, match.distance);
        }
    }
}

void BlockParser::tell(BlockPacker& packer) const {
    std::vector<std::size_t> way;
    for (std::size_t node = nodes_.size() - 1; node > 0; node = nodes_[node].from) way.push_back(node);
    for (auto it = way.rbegin(); it != way.rend(); ++it) {
        const Node& node = nodes_[*it];
        if (node.kind == Kind::literal) packer.literal();
        if (node.kind == Kind::copy) packer.copy(node.length, node.distance);
        if (node.kind == Kind::repeat) packer.repeat(node.length, node.distance);
    }
}

}  // namespace esb::cli
