// An unpacker in its place between what comes and the slot: its memory is taken while a packed form is fetched, and what it
// copies is read from the two slots. An empty part where packed updates are left out.
#pragma once

#include "esb/base/features.hpp"
#include "esb/chip/slots.hpp"
#include "esb/ota/errors.hpp"
#include "esb/ota/slot_writer.hpp"

#include <cstdint>
#include <memory>

#if ESB_PACKED_UPDATES
#include "esb/ota/unpacker.hpp"
#endif

namespace esb::ota {

#if ESB_PACKED_UPDATES

class Unpacking final : private UnpackSource {
public:
    // `writer` is told what is unpacked, by whoever calls take().
    Unpacking(chip::Slots& slots, const SlotWriter& writer) : slots_(slots), writer_(writer) {}

    static constexpr std::size_t memory = sizeof(Unpacker);

    // Of a file whose result has `size` bytes; `old_size` is 0 without an old image, which else is the running one. ota_heap.
    Status open(std::uint32_t size, std::uint32_t old_size);
    void close() { unpacker_.reset(); }
    bool is_open() const { return unpacker_ != nullptr; }

    // As Unpacker's. Only while it is open.
    void begin(std::uint32_t at, std::uint32_t file_at) { unpacker_->begin(at, file_at); }
    Result<ConstBytes> take(ConstBytes& piece) { return unpacker_->take(piece); }
    std::uint32_t file_at() const { return unpacker_->file_at(); }
    bool between_blocks() const { return unpacker_->between_blocks(); }

private:
    Status read_result(std::size_t at, MutBytes out) override { return writer_.read(at, out); }
    Status read_old(std::size_t at, MutBytes out) override { return slots_.read(slots_.running(), at, out); }

    chip::Slots& slots_;
    const SlotWriter& writer_;
    std::unique_ptr<Unpacker> unpacker_;
};

#else

class Unpacking {
public:
    Unpacking(chip::Slots&, const SlotWriter&) {}
    static constexpr std::size_t memory = 0;
    static Status open(std::uint32_t, std::uint32_t) { return fail(errors::ota_heap); }
    static void close() {}
    static constexpr bool is_open() { return false; }
    static void begin(std::uint32_t, std::uint32_t) {}
    static Result<ConstBytes> take(ConstBytes&) { return ConstBytes(); }
    static std::uint32_t file_at() { return 0; }
    static bool between_blocks() { return true; }
};

#endif

}  // namespace esb::ota
