// What a block is made of: literals, copies from the result, copies with differences from the old image.
#include "esb/ota/errors.hpp"
#include "esb/ota/unpacker.hpp"

#include <algorithm>

namespace esb::ota {

using packed::Kind;

namespace {

constexpr std::uint32_t most_certain = 512;  // bytes of the old image that are asked for at once
constexpr std::uint32_t read_ahead = 32;     // the same, of those that may differ

std::unexpected<Error> bad_packing() { return fail(errors::ota_packed); }

}  // namespace

Status Unpacker::operate() {
    if (bits_.bit(model_.is_copy[history_][packed::place(at_)]) == 0) return literal();
    if (old_size_ > 0 && bits_.bit(model_.is_old[history_]) == 1) return begin_old();
    return bits_.bit(model_.is_repeat[history_]) == 0 ? begin_new_copy() : begin_repeat();
}

// Behind a copy the byte that would have come next is a good guess: as long as its bits agree they are the context.
Status Unpacker::literal() {
    auto& model = model_.literal[packed::place(at_)];
    std::uint32_t symbol = 1;
    if (packed::after_copy(history_)) {
        const auto guess = byte_behind_copy();
        if (!guess) return fail(guess.error());
        for (std::uint32_t bits = *guess; symbol < 0x100;) {
            const std::uint32_t guessed = bits >> 7 & 1;
            bits <<= 1;
            const unsigned bit = bits_.bit(model[((1 + guessed) << 8) + symbol]);
            symbol = symbol << 1 | bit;
            if (bit != guessed) break;
        }
    }
    while (symbol < 0x100) symbol = symbol << 1 | bits_.bit(model[symbol]);
    out_[out_used_] = static_cast<std::uint8_t>(symbol);
    made(1);
    history_ = packed::after(history_, Kind::literal);
    return {};
}

// From the latest distance.
Status Unpacker::begin_copy(std::uint32_t length) {
    if (distances_[0] > at_ || length > block_left()) return bad_packing();
    copy_left_ = length;
    return {};
}

Status Unpacker::begin_new_copy() {
    const auto length = copy_length(model_.copy_length);
    std::copy_backward(distances_.begin(), distances_.end() - 1, distances_.end());
    distances_[0] = distance(length);
    history_ = packed::after(history_, Kind::copy);
    return distances_[0] == 0 ? Status(bad_packing()) : begin_copy(length);
}

Status Unpacker::begin_repeat() {
    std::size_t which = 0;
    if (bits_.bit(model_.is_earlier[history_]) == 1) {
        which = 1;
        for (auto& model : model_.which_repeat) {
            if (bits_.bit(model) == 0) break;
            ++which;
        }
    }
    const bool one = which == 0 && bits_.bit(model_.is_long[history_][packed::place(at_)]) == 0;
    const auto length = one ? 1 : copy_length(model_.repeat_length);
    std::rotate(distances_.begin(), distances_.begin() + static_cast<std::ptrdiff_t>(which),
                distances_.begin() + static_cast<std::ptrdiff_t>(which) + 1);
    history_ = packed::after(history_, Kind::repeat);
    return begin_copy(length);
}

std::uint32_t Unpacker::copy_length(packed::LengthModel& model) {
    const auto place = packed::place(at_);
    if (bits_.bit(model.beyond_low) == 0) return packed::copy_min + bits_.tree(model.low[place]);
    if (bits_.bit(model.beyond_middle) == 0) return packed::copy_min + 8 + bits_.tree(model.middle[place]);
    return packed::copy_min + 16 + bits_.tree(model.high);
}

// 0 for one that 32 bits do not hold.
std::uint32_t Unpacker::distance(std::uint32_t length) {
    const auto slot = bits_.tree(model_.distance_slot[packed::distance_class(length)]);
    if (slot < packed::first_slot_with_bits) return slot + 1;
    const unsigned bits = slot / 2 - 1;
    const std::uint32_t high = (2 | (slot & 1)) << bits;
    if (slot < packed::first_direct_slot) {
        return 1 + high + bits_.reverse_tree(model_.distance_low[slot - packed::first_slot_with_bits], bits);
    }
    const auto middle = bits_.direct(bits - packed::align_bits) << packed::align_bits;
    return 1 + high + middle + bits_.reverse_tree(model_.distance_align, packed::align_bits);
}

Status Unpacker::go_on_copying() {
    const std::uint32_t from = at_ - distances_[0];
    std::size_t count = std::min<std::size_t>(copy_left_, room());
    if (from < given_out()) {
        count = std::min<std::size_t>(count, given_out() - from);
        const bool one_more = count < room() && from + count < given_out();  // a literal may follow
        ESB_TRY(source_.read_result(from, MutBytes(out_).subspan(out_used_, count + (one_more ? 1 : 0))));
        guess_at_ = one_more ? at_ + static_cast<std::uint32_t>(count) : 0;
        guess_ = out_[out_used_ + count - (one_more ? 0 : 1)];
    } else {
        const std::size_t begin = from - given_out();
        for (std::size_t i = 0; i < count; ++i) out_[out_used_ + i] = out_[begin + i];
    }
    copy_left_ -= static_cast<std::uint32_t>(count);
    made(count);
    return {};
}

// What would have come next if the copy were longer.
Result<std::uint8_t> Unpacker::byte_behind_copy() {
    if (guess_at_ == at_) return guess_;
    const std::uint32_t from = at_ - distances_[0];
    if (from >= given_out()) return out_[from - given_out()];
    std::array<std::uint8_t, 1> byte{};
    ESB_TRY(source_.read_result(from, byte));
    return byte[0];
}

Status Unpacker::begin_old() {
    std::size_t which = 0;
    while (which < packed::old_repeats && bits_.bit(model_.which_old[which]) == 1) ++which;
    std::int64_t shift = which < packed::old_repeats ? shifts_[which] : 0;
    if (which == packed::old_repeats) {
        --which;
        const unsigned width = bits_.tree(model_.shift_width);
        const std::int64_t change = std::int64_t{1} << width | bits_.direct(width);
        shift = bits_.direct(1) == 1 ? shifts_[0] - change : shifts_[0] + change;
    }
    std::copy_backward(shifts_.begin(), shifts_.begin() + static_cast<std::ptrdiff_t>(which),
                       shifts_.begin() + static_cast<std::ptrdiff_t>(which) + 1);
    const unsigned width = bits_.tree(model_.old_width);
    const std::uint64_t length = std::uint64_t{1} << width | bits_.direct(width);
    const std::int64_t from = shift + at_;
    if (from < 0 || length > block_left() || static_cast<std::uint64_t>(from) + length > old_size_) return bad_packing();
    shifts_[0] = shift;
    old_left_ = static_cast<std::uint32_t>(length);
    run_ = packed::first_run;
    known_difference_ = false;
    history_ = packed::after(history_, Kind::old);
    return {};
}

// Whole runs are asked for with one bit each.
void Unpacker::ask_what_is_certain() {
    while (certain_ < most_certain && packed::asks_for_run(known_difference_, run_, old_left_ - certain_)) {
        known_difference_ = bits_.bit(model_.is_uncertain) == 1;
        if (!known_difference_) certain_ += packed::certain_run;
    }
}

Status Unpacker::copy_certain() {
    const std::size_t count = std::min<std::size_t>(certain_, room());
    const auto from = static_cast<std::size_t>(shifts_[0] + at_);
    ESB_TRY(source_.read_old(from, MutBytes(out_).subspan(out_used_, count)));
    certain_ -= static_cast<std::uint32_t>(count);
    old_left_ -= static_cast<std::uint32_t>(count);
    made(count);
    return {};
}

Status Unpacker::go_on_with_old() {
    ask_what_is_certain();
    if (certain_ > 0) return {};
    const std::size_t most = std::min({std::size_t{old_left_}, room(), std::size_t{read_ahead}});
    const auto bytes = MutBytes(out_).subspan(out_used_, most);
    ESB_TRY(source_.read_old(static_cast<std::size_t>(shifts_[0] + at_), bytes));
    std::size_t count = 0;
    do {
        bytes[count] = apply_difference(bytes[count], at_ + static_cast<std::uint32_t>(count));
        ++count;
        --old_left_;
    } while (count < most && can_operate() && !packed::asks_for_run(known_difference_, run_, old_left_));
    made(count);
    return {};
}

std::uint8_t Unpacker::apply_difference(std::uint8_t old, std::uint32_t at) {
    const auto context = known_difference_ ? packed::class_of_known_difference : packed::run_class(run_);
    if (bits_.bit(model_.differs[context][packed::place(at)]) == 0) {
        ++run_;
        return old;
    }
    const auto difference = bits_.tree(model_.difference[run_ == 0 ? 1 : 0]);
    run_ = 0;
    known_difference_ = false;
    return static_cast<std::uint8_t>(old + difference);
}

}  // namespace esb::ota
