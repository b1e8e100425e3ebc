// Turns a packed file (packed_model.hpp) back into its image, piece by piece as it comes: one pass, 64 KiB blocks that
// do not depend on each other, and no window in memory: copies are read from flash.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/ota/packed_model.hpp"
#include "esb/ota/range_decoder.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace esb::ota {

// Where copies come from.
class UnpackSource {
public:
    virtual ~UnpackSource() = default;
    // Of the result: bytes that take() has given out.
    virtual Status read_result(std::size_t at, MutBytes out) = 0;
    // Of the old image; within its size.
    virtual Status read_old(std::size_t at, MutBytes out) = 0;
};

// Any input is safe: what no encoder makes is ota_packed, and what is given out never exceeds the result's size.
class Unpacker {
public:
    // `old_size` is 0 for a file without an old image.
    Unpacker(UnpackSource& source, std::uint32_t size, std::uint32_t old_size);

    // What is taken next is the block that begins there, `file_at` in the packed file.
    void begin(std::uint32_t at, std::uint32_t file_at);
    // Takes bytes of the file off `piece`. Bytes of the result, until the next call; empty when it needs more. Never
    // across the end of a block. To be called until it gives none. ota_packed, ota_size (bytes behind the last block),
    // errors of the source: a block is then to be begun again.
    Result<ConstBytes> take(ConstBytes& piece);

    // Of the result, and of the file: so much was given out, so much was taken. Not after an error.
    std::uint32_t at() const { return at_; }
    std::uint32_t file_at() const { return file_at_; }
    // The two are where a block begins, or the result ends.
    bool between_blocks() const { return stage_ == Stage::head && held_ == 0; }

private:
    enum class Stage : std::uint8_t { head, stored, begun, operations };

    Result<bool> go_on(ConstBytes& piece);
    bool has_head(ConstBytes& piece);
    Status begin_block();
    Status end_block();
    bool copy_stored(ConstBytes& piece);
    void refill(ConstBytes& piece);
    bool can_operate() const;
    std::size_t taken_off(ConstBytes& piece, MutBytes out);
    void made(std::size_t count);

    // unpacker_operations.cpp
    Status operate();
    Status literal();
    Status begin_copy(std::uint32_t length);
    Status begin_new_copy();
    Status begin_repeat();
    Status begin_old();
    std::uint32_t copy_length(packed::LengthModel& model);
    std::uint32_t distance(std::uint32_t length);
    Status go_on_copying();
    Status go_on_with_old();
    Status copy_certain();
    void ask_what_is_certain();
    std::uint8_t apply_difference(std::uint8_t old, std::uint32_t at);
    Result<std::uint8_t> byte_behind_copy();

    std::uint32_t block_left() const { return block_end_ - at_; }
    std::size_t room() const { return out_.size() - out_used_; }
    std::uint32_t given_out() const { return at_ - static_cast<std::uint32_t>(out_used_); }

    UnpackSource& source_;
    std::uint32_t size_;
    std::uint32_t old_size_;

    Stage stage_ = Stage::head;
    std::uint32_t at_ = 0;
    std::uint32_t file_at_ = 0;
    std::uint32_t block_end_ = 0;
    std::uint32_t input_left_ = 0;  // of the block, not taken yet
    std::uint32_t crc_ = 0;
    std::uint32_t expected_crc_ = 0;

    packed::RangeDecoder bits_;
    unsigned history_ = 0;
    std::array<std::uint32_t, packed::repeats> distances_{};
    std::uint32_t copy_left_ = 0;
    std::uint32_t guess_at_ = 0;  // place of the byte that `guess_` is about; 0: none
    std::uint8_t guess_ = 0;
    std::array<std::int64_t, packed::old_repeats> shifts_{};  // place in the old image less place in the result
    std::uint32_t old_left_ = 0;
    std::uint32_t certain_ = 0;      // of these: do not differ
    std::uint32_t run_ = 0;          // bytes in a row that did not differ
    bool known_difference_ = false;  // in the next `certain_run`

    std::size_t held_ = 0;  // of a block's head
    std::size_t out_used_ = 0;
    std::array<std::uint8_t, 256> buffer_{};
    std::array<std::uint8_t, 512> out_{};
    packed::Model model_;
};

}  // namespace esb::ota
