#include "host/cli/pack_prices.hpp"

#include <cmath>

namespace esb::cli {

namespace packed = ota::packed;

namespace {

float price(const packed::Probability& probability, unsigned bit) {
    static const auto table = [] {
        std::array<float, 1U << packed::probability_bits> bits{};
        for (std::size_t i = 1; i < bits.size(); ++i) {
            bits[i] = -std::log2(static_cast<float>(i) / static_cast<float>(bits.size()));
        }
        bits[0] = bits[1];
        return bits;
    }();
    return table[bit == 0 ? probability.of_zero : table.size() - probability.of_zero];
}

template <std::size_t N>
float tree(const std::array<packed::Probability, N>& model, std::uint32_t value) {
    float sum = 0;
    std::uint32_t node = 1;
    for (std::size_t mask = N / 2; mask > 0; mask /= 2) {
        const unsigned bit = (value & mask) != 0 ? 1 : 0;
        sum += price(model[node], bit);
        node = node << 1 | bit;
    }
    return sum;
}

template <std::size_t N>
float reverse_tree(const std::array<packed::Probability, N>& model, std::uint32_t value, unsigned bits) {
    float sum = 0;
    std::uint32_t node = 1;
    for (unsigned i = 0; i < bits; ++i) {
        const unsigned bit = value >> i & 1;
        sum += price(model[node], bit);
        node = node << 1 | bit;
    }
    return sum;
}

}  // namespace

PackPrices::PackPrices(const packed::Model& model) : model_(model) {
    fill(copy_length_, model.copy_length);
    fill(repeat_length_, model.repeat_length);
    for (std::size_t i = 0; i < slot_.size(); ++i) {
        for (std::uint32_t slot = 0; slot < 64; ++slot) slot_[i][slot] = tree(model.distance_slot[i], slot);
    }
    for (std::uint32_t low = 0; low < 16; ++low) align_[low] = reverse_tree(model.distance_align, low, 4);
}

void PackPrices::fill(Lengths& prices, const packed::LengthModel& model) {
    for (std::size_t place = 0; place < prices.size(); ++place) {
        for (std::uint32_t i = 0; i + packed::copy_min < prices[place].size(); ++i) {
            float& sum = prices[place][i + packed::copy_min];
            sum = price(model.beyond_low, i < 8 ? 0 : 1);
            if (i < 8) sum += tree(model.low[place], i);
            if (i < 8) continue;
            sum += price(model.beyond_middle, i < 16 ? 0 : 1);
            sum += i < 16 ? tree(model.middle[place], i - 8) : tree(model.high, i - 16);
        }
    }
}

float PackPrices::literal(unsigned history, std::uint32_t at, std::uint8_t byte, std::uint8_t guess) const {
    const auto& model = model_.literal[packed::place(at)];
    float sum = price(model_.is_copy[history][packed::place(at)], 0);
    bool guided = packed::after_copy(history);
    for (std::uint32_t symbol = 1, mask = 0x80; mask > 0; mask >>= 1) {
        const unsigned bit = (byte & mask) != 0 ? 1 : 0;
        const unsigned guessed = (guess & mask) != 0 ? 1 : 0;
        sum += price(guided ? model[((1 + guessed) << 8) + symbol] : model[symbol], bit);
        guided = guided && bit == guessed;
        symbol = symbol << 1 | bit;
    }
    return sum;
}

float PackPrices::copy_kind(unsigned history, std::uint32_t at) const {
    return price(model_.is_copy[history][packed::place(at)], 1) + price(model_.is_repeat[history], 0);
}

float PackPrices::copy(std::uint32_t at, std::uint32_t length, std::uint32_t distance) const {
    const auto [slot, bits] = distance_slot(distance);
    float sum = copy_length_[packed::place(at)][length] + slot_[packed::distance_class(length)][slot];
    if (slot < packed::first_slot_with_bits) return sum;
    if (slot < packed::first_direct_slot) {
        return sum + reverse_tree(model_.distance_low[slot - packed::first_slot_with_bits], distance - 1, bits);
    }
    return sum + static_cast<float>(bits - packed::align_bits) + align_[(distance - 1) & 15];
}

float PackPrices::short_repeat(unsigned history, std::uint32_t at) const {
    return price(model_.is_copy[history][packed::place(at)], 1) + price(model_.is_repeat[history], 1) +
           price(model_.is_earlier[history], 0) + price(model_.is_long[history][packed::place(at)], 0);
}

float PackPrices::repeat_kind(unsigned history, std::uint32_t at, std::size_t which) const {
    float sum = price(model_.is_copy[history][packed::place(at)], 1) + price(model_.is_repeat[history], 1);
    sum += price(model_.is_earlier[history], which == 0 ? 0 : 1);
    if (which == 0) return sum + price(model_.is_long[history][packed::place(at)], 1);
    for (std::size_t i = 1; i <= model_.which_repeat.size() && i <= which; ++i) {
        sum += price(model_.which_repeat[i - 1], which == i ? 0 : 1);
    }
    return sum;
}

}  // namespace esb::cli
