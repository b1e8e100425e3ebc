#include "esb/ota/slot_writer.hpp"

#include "esb/base/features.hpp"
#include "esb/chip/key_value.hpp"

#include <algorithm>

namespace esb::ota {
namespace {

constexpr std::size_t read_chunk = 512;  // on the stack

}  // namespace

void SlotWriter::begin(chip::SlotId slot) { resume(slot, 0, crypto::Sha256()); }

void SlotWriter::resume(chip::SlotId slot, std::size_t offset, const crypto::Sha256& prefix) {
    slot_ = slot;
    programmed_ = offset;
    erased_until_ = offset;  // what lies behind may be half written
    buffered_ = 0;
    hash_ = prefix;
}

void SlotWriter::go_back(const Position& position) {
    programmed_ = position.programmed;
    erased_until_ = position.erased_until;
    buffered_ = 0;
    hash_ = position.hash;
}

Status SlotWriter::write(ConstBytes bytes) {
    if (bytes.size() > slots_.geometry().size - received()) return fail(errors::slot_bounds);
    // A chunk never crosses an erase block, so that every full chunk is a point to resume from.
    const std::size_t chunk = std::min(buffer_.size(), slots_.geometry().erase_block);
    while (!bytes.empty()) {
        const std::size_t count = std::min(bytes.size(), chunk - buffered_);
        copy(bytes.first(count), MutBytes(buffer_).subspan(buffered_));
        buffered_ += count;
        bytes = bytes.subspan(count);
        if (buffered_ == chunk) ESB_TRY(flush());
    }
    return {};
}

Status SlotWriter::finish() { return buffered_ == 0 ? Status() : flush(); }

Status SlotWriter::read(std::size_t at, MutBytes out) const {
    const std::size_t in_flash = std::min(out.size(), programmed_ - std::min(programmed_, at));
    if (in_flash > 0) ESB_TRY(slots_.read(slot_, at, out.first(in_flash)));
    const auto rest = out.subspan(in_flash);
    if (!rest.empty()) copy(ConstBytes(buffer_).subspan(at + in_flash - programmed_, rest.size()), rest);
    return {};
}

crypto::Digest SlotWriter::programmed_hash() const { return crypto::Sha256(hash_).finish(); }

Status SlotWriter::flush() {
    const std::size_t unit = slots_.geometry().program_unit;
    const std::size_t padded = (buffered_ + unit - 1) / unit * unit;
    std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(padded), std::uint8_t{0xFF});
    const ConstBytes chunk = ConstBytes(buffer_).first(padded);
    ESB_TRY(erase_until(programmed_ + padded));
    ESB_TRY(slots_.program(slot_, programmed_, chunk));
    ESB_TRY(read_back(chunk));
    programmed_ += buffered_;
    buffered_ = 0;
    return {};
}

Status SlotWriter::erase_until(std::size_t end) {
    const auto geometry = slots_.geometry();
    while (erased_until_ < end) {
        // Behind a mark within a block: the rest of it, so that those that follow are erased whole.
        const std::size_t rest = geometry.erase_block - erased_until_ % geometry.erase_block;
        const std::size_t length = std::min(rest, geometry.size - erased_until_);
        ESB_TRY(slots_.erase(slot_, erased_until_, length));
        erased_until_ += length;
    }
    return {};
}

Status SlotWriter::read_back(ConstBytes expected) {
    std::array<std::uint8_t, read_chunk> piece;
    for (std::size_t at = 0; at < expected.size(); at += piece.size()) {
        const MutBytes read = MutBytes(piece).first(std::min(piece.size(), expected.size() - at));
        ESB_TRY(slots_.read(slot_, programmed_ + at, read));
        if (!equal(read, expected.subspan(at, read.size()))) return fail(errors::flash_failed);
        hash_.update(read.first(std::min(read.size(), buffered_ - std::min(buffered_, at))));  // without the padding
    }
    return {};
}

void SlotHasher::start(chip::SlotId slot, std::size_t length, bool md5) {
    slot_ = slot;
    at_ = 0;
    length_ = length;
    with_md5_ = with_legacy_md5 && md5;
    sha256_ = crypto::Sha256();
    md5_ = Md5();
}

Result<bool> SlotHasher::advance(std::size_t budget) {
    std::array<std::uint8_t, read_chunk> piece;
    while (at_ < length_ && budget > 0) {
        const MutBytes read = MutBytes(piece).first(std::min({piece.size(), length_ - at_, budget}));
        ESB_TRY(slots_.read(slot_, at_, read));
        sha256_.update(read);
        if (with_md5_) md5_.update(read);
        at_ += read.size();
        budget -= read.size();
    }
    return at_ == length_;
}

crypto::Digest SlotHasher::sha256() const { return crypto::Sha256(sha256_).finish(); }
crypto::Md5Digest SlotHasher::md5() const { return Md5(md5_).finish(); }

}  // namespace esb::ota
