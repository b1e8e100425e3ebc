// Packs one block (ota/packed_model.hpp): encodes the operations that it is told, and says what they would cost.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/ota/packed_model.hpp"
#include "host/cli/range_encoder.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace esb::cli {

// What the next operation depends on, beside the model.
struct PackState {
    unsigned history = 0;
    std::array<std::uint32_t, ota::packed::repeats> distances{1, 1, 1, 1};

    void literal() { history = ota::packed::after(history, ota::packed::Kind::literal); }
    void copy(std::uint32_t distance);
    void repeat(std::size_t which);
};

class BlockPacker {
public:
    // `at`: where the block begins in the image. `old`: empty for a file without one.
    BlockPacker(ConstBytes image, ConstBytes old, std::uint32_t at) : image_(image), old_(old), at_(at) {}

    void literal();
    void copy(std::uint32_t length, std::uint32_t distance);
    void repeat(std::uint32_t length, std::size_t which);
    void copy_old(std::uint32_t length, std::uint32_t from);
    std::string finish() { return bits_.finish(); }

    const PackState& state() const { return state_; }
    const ota::packed::Model& model() const { return model_; }
    std::uint32_t at() const { return at_; }

private:
    void code_length(ota::packed::LengthModel& model, std::uint32_t length);
    void code_distance(std::uint32_t length, std::uint32_t distance);
    void code_shift(std::int64_t shift);
    void code_differences(std::uint32_t length, std::uint32_t from);
    void is_copy(unsigned bit) { bits_.bit(model_.is_copy[state_.history][ota::packed::place(at_)], bit); }
    void is_old(unsigned bit) {
        if (!old_.empty()) bits_.bit(model_.is_old[state_.history], bit);
    }

    ConstBytes image_;
    ConstBytes old_;
    std::uint32_t at_;
    PackState state_;
    std::array<std::int64_t, ota::packed::old_repeats> shifts_{};
    ota::packed::Model model_;
    RangeEncoder bits_;
};

// Of a distance: its slot, and how many lower bits it has.
struct DistanceSlot {
    std::uint32_t slot;
    unsigned bits;
};
DistanceSlot distance_slot(std::uint32_t distance);

}  // namespace esb::cli
