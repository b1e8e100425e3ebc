// The form of a packed file (docs/protocol.md, "Packed files"): what the decoder here and the encoder of the tools
// (host/cli/block_packer.hpp) have to have in common. An adaptive binary range coder of LZMA's class.
//
//   file   one block for each 64 KiB of the result; the last one is shorter
//   block  le24 length of what follows the head, 0: the result's bytes as they are | le32 CRC-32 of the result's bytes
//          | range-coded operations
//
// Every block is independent of how those before it were coded, so that a device goes on at any of them. What is copied
// lies in flash: the result up to here, or the old image.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace esb::ota::packed {

inline constexpr std::size_t block_size = 65536;  // bytes of the result
inline constexpr std::size_t head_size = 7;
inline constexpr std::size_t least_length = 4;  // of range-coded operations

inline constexpr unsigned probability_bits = 11;
inline constexpr std::uint32_t normal_range = 1U << 24;  // less is filled up by a byte

// What a context has learnt: the probability of a 0 in 2048ths.
struct Probability {
    std::uint16_t of_zero = 1U << (probability_bits - 1);

    void learn_zero() { of_zero = static_cast<std::uint16_t>(of_zero + (((1U << probability_bits) - of_zero) >> 5)); }
    void learn_one() { of_zero = static_cast<std::uint16_t>(of_zero - (of_zero >> 5)); }
};

// A number of N bits, most significant first, each bit with a context of those before it.
template <unsigned N>
using BitTree = std::array<Probability, 1U << N>;

inline constexpr std::uint32_t copy_min = 2;
inline constexpr std::uint32_t copy_max = copy_min + 8 + 8 + 255;

inline constexpr unsigned repeats = 4;      // distances that are remembered
inline constexpr unsigned old_repeats = 3;  // places in the old image that are remembered

// The latest two operations are the context of the next.
enum class Kind : std::uint8_t { literal, copy, repeat, old };
inline constexpr unsigned history_states = 16;
constexpr unsigned after(unsigned history, Kind kind) {
    return (history << 2 | static_cast<unsigned>(kind)) & (history_states - 1);
}
constexpr bool after_copy(unsigned history) {
    const auto kind = static_cast<Kind>(history & 3);
    return kind == Kind::copy || kind == Kind::repeat;
}

// Code is made of halfwords, on Xtensa nearly: contexts know which byte of one they are about.
inline constexpr unsigned places = 2;
constexpr unsigned place(std::uint32_t at) { return at % places; }

// Lengths of copies within the result: 2 and up, in three classes.
struct LengthModel {
    Probability beyond_low;
    Probability beyond_middle;
    std::array<BitTree<3>, places> low;
    std::array<BitTree<3>, places> middle;
    BitTree<8> high;
};

// Distances as LZMA has them: a slot of six bits, then lower bits, of which the four lowest of long ones have contexts.
inline constexpr unsigned first_slot_with_bits = 4;
inline constexpr unsigned first_direct_slot = 14;
inline constexpr unsigned align_bits = 4;
constexpr unsigned distance_class(std::uint32_t length) { return length < copy_min + 3 ? length - copy_min : 3; }

// Copies from the old image: does the next byte differ? By how many before it in a row did not.
inline constexpr std::uint32_t certain_run = 32;  // from so many on it is asked for as many together
// What comes next is whether `certain_run` bytes together do not differ, not whether one does.
constexpr bool asks_for_run(bool known_difference, std::uint32_t run, std::uint32_t left) {
    return !known_difference && run >= certain_run && left >= certain_run;
}
inline constexpr unsigned run_classes = 8;
inline constexpr unsigned class_of_known_difference = 7;  // in these 32 there is one
constexpr unsigned run_class(std::uint32_t run) {
    constexpr std::uint8_t small[] = {0, 1, 2, 3, 4, 4, 4, 4};
    return run < 8 ? small[run] : run < 16 ? 5 : 6;
}
inline constexpr std::uint32_t first_run = 8;  // as if so many had not differed

struct Model {
    std::array<std::array<Probability, places>, history_states> is_copy;  // anything but a literal
    std::array<Probability, history_states> is_old;
    std::array<Probability, history_states> is_repeat;
    std::array<Probability, history_states> is_earlier;                   // not the latest distance
    std::array<std::array<Probability, places>, history_states> is_long;  // the latest distance: more than one byte
    std::array<Probability, repeats - 2> which_repeat;
    LengthModel copy_length;
    LengthModel repeat_length;
    std::array<BitTree<6>, 4> distance_slot;  // by the length
    std::array<BitTree<5>, first_direct_slot - first_slot_with_bits> distance_low;
    BitTree<align_bits> distance_align;
    std::array<std::array<Probability, 0x300>, places> literal;
    // Of copies from the old image.
    std::array<Probability, old_repeats> which_old;
    BitTree<5> shift_width;
    BitTree<5> old_width;
    std::array<std::array<Probability, places>, run_classes> differs;
    Probability is_uncertain;
    std::array<BitTree<8>, 2> difference;  // of a byte behind one that did not differ, and behind one that did
};

}  // namespace esb::ota::packed
