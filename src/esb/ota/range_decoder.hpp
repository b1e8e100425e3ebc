// Decodes bits that a range coder has packed, each by the probability that its context has learnt.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/ota/packed_model.hpp"

#include <cstddef>
#include <cstdint>

namespace esb::ota::packed {

// Bytes behind the end read as zeros, and are remembered.
class RangeDecoder {
public:
    // What comes next, until the next call. begin() takes the first four bytes of it.
    void feed(ConstBytes input) { input_ = input; }
    ConstBytes rest() const { return input_; }
    void begin() {
        range_ = 0xFFFFFFFF;
        code_ = 0;
        overrun_ = false;
        for (std::size_t i = 0; i < least_length; ++i) code_ = code_ << 8 | next();
    }
    // Takes the byte that the last bit may have left behind. False if more was read than there was.
    bool end() {
        normalize();
        return !overrun_;
    }

    unsigned bit(Probability& probability) {
        normalize();
        const std::uint32_t bound = (range_ >> probability_bits) * probability.of_zero;
        if (code_ < bound) {
            range_ = bound;
            probability.learn_zero();
            return 0;
        }
        range_ -= bound;
        code_ -= bound;
        probability.learn_one();
        return 1;
    }
    std::uint32_t direct(unsigned bits) {
        std::uint32_t value = 0;
        while (bits-- > 0) {
            normalize();
            range_ >>= 1;
            const std::uint32_t one = code_ >= range_ ? 1 : 0;
            if (one != 0) code_ -= range_;
            value = value << 1 | one;
        }
        return value;
    }
    template <std::size_t N>
    std::uint32_t tree(std::array<Probability, N>& model) {
        std::uint32_t node = 1;
        while (node < N) node = node << 1 | bit(model[node]);
        return node - static_cast<std::uint32_t>(N);
    }
    // Least significant bit first; `model` has room for so many bits.
    template <std::size_t N>
    std::uint32_t reverse_tree(std::array<Probability, N>& model, unsigned bits) {
        std::uint32_t node = 1;
        std::uint32_t value = 0;
        for (unsigned i = 0; i < bits; ++i) {
            const unsigned one = bit(model[node]);
            node = node << 1 | one;
            value |= one << i;
        }
        return value;
    }

private:
    void normalize() {
        if (range_ >= normal_range) return;
        range_ <<= 8;
        code_ = code_ << 8 | next();
    }
    std::uint32_t next() {
        if (input_.empty()) {
            overrun_ = true;
            return 0;
        }
        const std::uint32_t byte = input_.front();
        input_ = input_.subspan(1);
        return byte;
    }

    ConstBytes input_;
    std::uint32_t range_ = 0;
    std::uint32_t code_ = 0;
    bool overrun_ = false;
};

}  // namespace esb::ota::packed
