// The other half of ota/range_decoder.hpp: packs bits by the probability that their context has learnt.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/ota/packed_model.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace esb::cli {

class RangeEncoder {
public:
    void bit(ota::packed::Probability& probability, unsigned bit) {
        const std::uint32_t bound = (range_ >> ota::packed::probability_bits) * probability.of_zero;
        if (bit == 0) {
            range_ = bound;
            probability.learn_zero();
        } else {
            low_ += bound;
            range_ -= bound;
            probability.learn_one();
        }
        fill();
    }
    void direct(std::uint32_t value, unsigned bits) {
        while (bits-- > 0) {
            range_ >>= 1;
            if ((value >> bits & 1) != 0) low_ += range_;
            fill();
        }
    }
    template <std::size_t N>
    void tree(std::array<ota::packed::Probability, N>& model, std::uint32_t value) {
        std::uint32_t node = 1;
        for (std::size_t mask = N / 2; mask > 0; mask /= 2) {
            const unsigned one = (value & mask) != 0 ? 1 : 0;
            bit(model[node], one);
            node = node << 1 | one;
        }
    }
    template <std::size_t N>
    void reverse_tree(std::array<ota::packed::Probability, N>& model, std::uint32_t value, unsigned bits) {
        std::uint32_t node = 1;
        for (unsigned i = 0; i < bits; ++i) {
            const unsigned one = value >> i & 1;
            bit(model[node], one);
            node = node << 1 | one;
        }
    }
    // All of it.
    std::string finish() {
        for (int i = 0; i < 5; ++i) shift();
        return out_.substr(1);  // the first byte is always 0
    }

private:
    void fill() {
        while (range_ < ota::packed::normal_range) {
            range_ <<= 8;
            shift();
        }
    }
    // A carry may still run through bytes of ones.
    void shift() {
        if (low_ < 0xFF000000U || low_ > 0xFFFFFFFFU) {
            const auto carry = static_cast<std::uint8_t>(low_ >> 32);
            for (; waiting_ > 0; --waiting_) {
                out_ += static_cast<char>(static_cast<std::uint8_t>(held_ + carry));
                held_ = 0xFF;
            }
            held_ = static_cast<std::uint8_t>(low_ >> 24);
        }
        ++waiting_;
        low_ = (low_ & 0x00FFFFFFU) << 8;
    }

    std::uint64_t low_ = 0;
    std::uint32_t range_ = 0xFFFFFFFF;
    std::uint8_t held_ = 0;
    std::size_t waiting_ = 1;
    std::string out_;
};

}  // namespace esb::cli
