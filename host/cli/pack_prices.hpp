// What an operation would cost in bits, as a model stands.
#pragma once

#include "esb/ota/packed_model.hpp"
#include "host/cli/block_packer.hpp"

#include <array>
#include <cstdint>

namespace esb::cli {

class PackPrices {
public:
    explicit PackPrices(const ota::packed::Model& model);

    // `guess` is the byte at the latest distance.
    float literal(unsigned history, std::uint32_t at, std::uint8_t byte, std::uint8_t guess) const;
    float copy_kind(unsigned history, std::uint32_t at) const;
    // Without what copy_kind() has.
    float copy(std::uint32_t at, std::uint32_t length, std::uint32_t distance) const;
    float short_repeat(unsigned history, std::uint32_t at) const;
    float repeat_kind(unsigned history, std::uint32_t at, std::size_t which) const;
    float repeat_length(std::uint32_t at, std::uint32_t length) const {
        return repeat_length_[ota::packed::place(at)][length];
    }

private:
    using Lengths = std::array<std::array<float, ota::packed::copy_max + 1>, ota::packed::places>;
    static void fill(Lengths& prices, const ota::packed::LengthModel& model);

    const ota::packed::Model model_;
    Lengths copy_length_{};
    Lengths repeat_length_{};
    std::array<std::array<float, 64>, 4> slot_{};
    std::array<float, 16> align_{};
};

}  // namespace esb::cli
