// Blocks, input and output; what the operations are: unpacker_operations.cpp.
#include "esb/ota/unpacker.hpp"

#include "esb/base/encoding.hpp"
#include "esb/ota/errors.hpp"

#include <algorithm>
#include <memory>

namespace esb::ota {
namespace {

constexpr std::size_t operation_max = 64;  // bytes of input that no operation exceeds: each bit takes at most one

}  // namespace

Unpacker::Unpacker(UnpackSource& source, std::uint32_t size, std::uint32_t old_size)
    : source_(source), size_(size), old_size_(old_size) {}

void Unpacker::begin(std::uint32_t at, std::uint32_t file_at) {
    at_ = at;
    file_at_ = file_at;
    stage_ = Stage::head;
    held_ = 0;
}

Result<ConstBytes> Unpacker::take(ConstBytes& piece) {
    out_used_ = 0;
    if (at_ == size_ && !piece.empty()) return fail(errors::ota_size);
    for (bool more = true; more;) {
        const auto went_on = go_on(piece);
        if (!went_on) return fail(went_on.error());
        more = *went_on;
    }
    const auto made = ConstBytes(out_).first(out_used_);
    crc_ = crc32(made, crc_);
    if (stage_ != Stage::head && block_left() == 0) ESB_TRY(end_block());
    return made;
}

// False when it wants input, when there is no room left, or at the end of a block.
Result<bool> Unpacker::go_on(ConstBytes& piece) {
    if (stage_ == Stage::head) {
        if (at_ == size_ || !has_head(piece)) return false;
        ESB_TRY(begin_block());
    }
    if (room() == 0 || block_left() == 0) return false;
    if (stage_ == Stage::stored) return copy_stored(piece);
    refill(piece);
    if (copy_left_ > 0) {
        ESB_TRY(go_on_copying());
        return true;
    }
    if (certain_ > 0) {
        ESB_TRY(copy_certain());
        return true;
    }
    if (!can_operate()) return false;
    if (stage_ == Stage::begun) bits_.begin();
    stage_ = Stage::operations;
    ESB_TRY(old_left_ > 0 ? go_on_with_old() : operate());
    return true;
}

std::size_t Unpacker::taken_off(ConstBytes& piece, MutBytes out) {
    const std::size_t count = std::min(piece.size(), out.size());
    copy(piece.first(count), out);
    piece = piece.subspan(count);
    file_at_ += static_cast<std::uint32_t>(count);
    return count;
}

bool Unpacker::has_head(ConstBytes& piece) {
    held_ += taken_off(piece, MutBytes(buffer_).first(packed::head_size).subspan(held_));
    return held_ == packed::head_size;
}

Status Unpacker::begin_block() {
    ByteReader head(ConstBytes(buffer_).first(packed::head_size));
    const std::uint32_t low = head.le16().value_or(0);
    const std::uint32_t length = low | std::uint32_t{head.u8().value_or(0)} << 16;
    expected_crc_ = head.le32().value_or(0);
    held_ = 0;
    crc_ = 0;
    const auto size = std::min<std::uint32_t>(size_ - at_, packed::block_size);
    block_end_ = at_ + size;
    stage_ = length == 0 ? Stage::stored : Stage::begun;
    input_left_ = length;
    if (length == 0) return {};
    if (length < packed::least_length || length >= size) return fail(errors::ota_packed);
    std::construct_at(&model_);  // not by assignment: a second one would be too much for the stack
    bits_.feed({});
    history_ = 0;
    distances_.fill(1);
    shifts_.fill(0);
    copy_left_ = old_left_ = certain_ = guess_at_ = 0;
    return {};
}

Status Unpacker::end_block() {
    const bool whole = stage_ == Stage::stored || (bits_.end() && bits_.rest().empty() && input_left_ == 0);
    stage_ = Stage::head;
    return whole && crc_ == expected_crc_ ? Status() : fail(errors::ota_packed);
}

bool Unpacker::copy_stored(ConstBytes& piece) {
    const std::size_t most = std::min<std::size_t>(room(), block_left());
    const std::size_t count = taken_off(piece, MutBytes(out_).subspan(out_used_, most));
    made(count);
    return count > 0;
}

void Unpacker::refill(ConstBytes& piece) {
    const auto rest = bits_.rest();
    if (rest.size() >= operation_max || input_left_ == 0) return;
    copy(rest, buffer_);
    const auto room_left = MutBytes(buffer_).subspan(rest.size());
    const auto count = taken_off(piece, room_left.first(std::min<std::size_t>(room_left.size(), input_left_)));
    input_left_ -= static_cast<std::uint32_t>(count);
    bits_.feed(ConstBytes(buffer_).first(rest.size() + count));
}

bool Unpacker::can_operate() const { return input_left_ == 0 || bits_.rest().size() >= operation_max; }

// So many bytes stand in `out_` now.
void Unpacker::made(std::size_t count) {
    out_used_ += count;
    at_ += static_cast<std::uint32_t>(count);
}

}  // namespace esb::ota
