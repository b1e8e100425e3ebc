// Fills the idle slot from its start: whole program units into flash erased a block ahead, each read back.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/features.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/slots.hpp"
#include "esb/crypto/crypto.hpp"

#include <array>
#include <cstddef>
#include <type_traits>

namespace esb::ota {

// Not thread-safe. One write may block for the erase of one block (about 150 ms).
class SlotWriter {
public:
    explicit SlotWriter(chip::Slots& slots) : slots_(slots) {}

    // Starts at the beginning of the slot. Nothing is erased before the first program.
    void begin(chip::SlotId slot);
    // Goes on behind `offset` bytes (a multiple of the erase unit) that are in flash already; `prefix` has hashed
    // them.
    void resume(chip::SlotId slot, std::size_t offset, const crypto::Sha256& prefix);

    // Where it stands. Going back there is possible as long as nothing was erased since the begin() that followed;
    // bytes that were not programmed are lost.
    struct Position {
        std::size_t programmed = 0;
        std::size_t erased_until = 0;
        crypto::Sha256 hash;
    };
    Position position() const { return {programmed_, erased_until_, hash_}; }
    void go_back(const Position& position);
    bool has_erased() const { return erased_until_ > 0; }

    // Takes bytes; they are programmed when a chunk is full. slot_bounds beyond the slot, flash_failed when the flash
    // does not read back what was programmed, errors of Slots.
    Status write(ConstBytes bytes);
    // Programs what is left, padded with 0xFF to a whole unit.
    Status finish();

    // Bytes taken, and bytes that are safely in flash.
    std::size_t received() const { return programmed_ + buffered_; }
    std::size_t programmed() const { return programmed_; }
    // Of the received bytes: from flash, or from the buffer before they are there. Errors of Slots.
    Status read(std::size_t at, MutBytes out) const;
    // SHA-256 of the programmed bytes as the flash read them back.
    crypto::Digest programmed_hash() const;

private:
    Status flush();
    Status erase_until(std::size_t end);
    Status read_back(ConstBytes expected);

    chip::Slots& slots_;
    chip::SlotId slot_ = chip::SlotId::a;
    std::size_t programmed_ = 0;
    std::size_t erased_until_ = 0;
    std::size_t buffered_ = 0;
    crypto::Sha256 hash_;
    std::array<std::uint8_t, 4096> buffer_;
};

// Hashes the first bytes of a slot as the flash reads them, in portions.
class SlotHasher {
public:
    static constexpr std::size_t portion = 65536;  // bytes that a task hashes a turn

    explicit SlotHasher(chip::Slots& slots) : slots_(slots) {}

    // With `md5` an MD5 as well (legacy messages carry nothing better).
    void start(chip::SlotId slot, std::size_t length, bool md5 = false);
    // Hashes up to `budget` bytes more; true when all are hashed.
    Result<bool> advance(std::size_t budget);

    const crypto::Sha256& state() const { return sha256_; }
    crypto::Digest sha256() const;
    crypto::Md5Digest md5() const;

private:
    // Where no legacy message is taken.
    struct NoMd5 {
        void update(ConstBytes) {}
        crypto::Md5Digest finish() { return {}; }
    };
    using Md5 = std::conditional_t<with_legacy_md5, crypto::Md5, NoMd5>;

    chip::Slots& slots_;
    chip::SlotId slot_ = chip::SlotId::a;
    std::size_t at_ = 0;
    std::size_t length_ = 0;
    bool with_md5_ = false;
    crypto::Sha256 sha256_;
    Md5 md5_;
};

}  // namespace esb::ota
