#include "host/cli/block_packer.hpp"

#include <algorithm>
#include <bit>

namespace esb::cli {

namespace packed = ota::packed;
using packed::Kind;

void PackState::copy(std::uint32_t distance) {
    std::copy_backward(distances.begin(), distances.end() - 1, distances.end());
    distances[0] = distance;
    history = packed::after(history, Kind::copy);
}

void PackState::repeat(std::size_t which) {
    const auto place = distances.begin() + static_cast<std::ptrdiff_t>(which);
    std::rotate(distances.begin(), place, place + 1);
    history = packed::after(history, Kind::repeat);
}

DistanceSlot distance_slot(std::uint32_t distance) {
    const std::uint32_t number = distance - 1;
    if (number < packed::first_slot_with_bits) return {number, 0};
    const auto bits = static_cast<unsigned>(std::bit_width(number)) - 2;
    return {2 * (bits + 1) + (number >> bits & 1), bits};
}

void BlockPacker::literal() {
    is_copy(0);
    auto& model = model_.literal[packed::place(at_)];
    const std::uint32_t byte = image_[at_];
    std::uint32_t guess = packed::after_copy(state_.history) ? image_[at_ - state_.distances[0]] : 0;
    bool guided = packed::after_copy(state_.history);
    for (std::uint32_t symbol = 1, mask = 0x80; mask > 0; mask >>= 1) {
        const unsigned bit = (byte & mask) != 0 ? 1 : 0;
        const unsigned guessed = (guess & mask) != 0 ? 1 : 0;
        bits_.bit(guided ? model[((1 + guessed) << 8) + symbol] : model[symbol], bit);
        guided = guided && bit == guessed;
        symbol = symbol << 1 | bit;
    }
    state_.literal();
    ++at_;
}

void BlockPacker::code_length(packed::LengthModel& model, std::uint32_t length) {
    const auto place = packed::place(at_);
    length -= packed::copy_min;
    bits_.bit(model.beyond_low, length < 8 ? 0 : 1);
    if (length < 8) return bits_.tree(model.low[place], length);
    bits_.bit(model.beyond_middle, length < 16 ? 0 : 1);
    if (length < 16) return bits_.tree(model.middle[place], length - 8);
    bits_.tree(model.high, length - 16);
}

void BlockPacker::code_distance(std::uint32_t length, std::uint32_t distance) {
    const auto [slot, bits] = distance_slot(distance);
    bits_.tree(model_.distance_slot[packed::distance_class(length)], slot);
    const std::uint32_t low = (distance - 1) & ((1U << bits) - 1);
    if (slot < packed::first_slot_with_bits) return;
    if (slot < packed::first_direct_slot) {
        return bits_.reverse_tree(model_.distance_low[slot - packed::first_slot_with_bits], low, bits);
    }
    bits_.direct(low >> packed::align_bits, bits - packed::align_bits);
    bits_.reverse_tree(model_.distance_align, low, packed::align_bits);
}

void BlockPacker::copy(std::uint32_t length, std::uint32_t distance) {
    is_copy(1);
    is_old(0);
    bits_.bit(model_.is_repeat[state_.history], 0);
    code_length(model_.copy_length, length);
    code_distance(length, distance);
    state_.copy(distance);
    at_ += length;
}

void BlockPacker::repeat(std::uint32_t length, std::size_t which) {
    is_copy(1);
    is_old(0);
    bits_.bit(model_.is_repeat[state_.history], 1);
    bits_.bit(model_.is_earlier[state_.history], which == 0 ? 0 : 1);
    for (std::size_t i = 1; i < which + 1 && i <= model_.which_repeat.size() && which > 0; ++i) {
        bits_.bit(model_.which_repeat[i - 1], which == i ? 0 : 1);
    }
    if (which == 0) bits_.bit(model_.is_long[state_.history][packed::place(at_)], length == 1 ? 0 : 1);
    if (length > 1) code_length(model_.repeat_length, length);
    state_.repeat(which);
    at_ += length;
}

void BlockPacker::code_shift(std::int64_t shift) {
    const auto known = std::find(shifts_.begin(), shifts_.end(), shift);
    const auto which = static_cast<std::size_t>(known - shifts_.begin());
    for (std::size_t i = 0; i < shifts_.size() && i <= which; ++i) bits_.bit(model_.which_old[i], i == which ? 0 : 1);
    if (known == shifts_.end()) {
        const auto change = static_cast<std::uint64_t>(std::abs(shift - shifts_[0]));
        const auto width = static_cast<unsigned>(std::bit_width(change)) - 1;
        bits_.tree(model_.shift_width, width);
        bits_.direct(static_cast<std::uint32_t>(change - (std::uint64_t{1} << width)), width);
        bits_.direct(shift < shifts_[0] ? 1 : 0, 1);
    }
    const auto last = known == shifts_.end() ? known - 1 : known;
    std::copy_backward(shifts_.begin(), last, last + 1);
    shifts_[0] = shift;
}

void BlockPacker::copy_old(std::uint32_t length, std::uint32_t from) {
    is_copy(1);
    is_old(1);
    code_shift(std::int64_t{from} - at_);
    const auto width = static_cast<unsigned>(std::bit_width(length)) - 1;
    bits_.tree(model_.old_width, width);
    bits_.direct(length - (1U << width), width);
    code_differences(length, from);
    state_.history = packed::after(state_.history, Kind::old);
    at_ += length;
}

void BlockPacker::code_differences(std::uint32_t length, std::uint32_t from) {
    std::uint32_t run = packed::first_run;
    bool known_difference = false;
    for (std::uint32_t i = 0; i < length;) {
        if (packed::asks_for_run(known_difference, run, length - i)) {
            known_difference = !equal(image_.subspan(at_ + i, packed::certain_run), old_.subspan(from + i, packed::certain_run));
            bits_.bit(model_.is_uncertain, known_difference ? 1 : 0);
            if (!known_difference) i += packed::certain_run;
            continue;
        }
        const auto difference = static_cast<std::uint8_t>(image_[at_ + i] - old_[from + i]);
        const auto context = known_difference ? packed::class_of_known_difference : packed::run_class(run);
        bits_.bit(model_.differs[context][packed::place(at_ + i)], difference == 0 ? 0 : 1);
        ++i;
        if (difference == 0) {
            ++run;
            continue;
        }
        bits_.tree(model_.difference[run == 0 ? 1 : 0], difference);
        run = 0;
        known_difference = false;
    }
}

}  // namespace esb::cli
