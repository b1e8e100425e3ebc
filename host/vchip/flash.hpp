// A simulated NOR flash: erase makes bytes 0xFF, programs only clear bits, and the power may go at any operation.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "esb/chip/key_value.hpp"  // flash_failed, power_lost
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/flash_store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind flash_bounds{"flash.bounds", "the access lies outside the flash or its partition"};
inline constexpr ErrorKind flash_alignment{"flash.alignment", "the access is not aligned to the flash's units"};
}  // namespace esb::errors

namespace esb::vchip {

inline constexpr std::size_t erase_unit = 4096;
inline constexpr std::size_t erase_block = 65536;
inline constexpr std::size_t program_unit = 4;

struct FlashOperation {
    enum class Kind : std::uint8_t { erase, program };
    std::uint64_t number;  // from 1 at power-on
    Kind kind;
    std::size_t offset;
    std::size_t length;
};

// All optional.
struct FlashHooks {
    std::function<void(const FlashOperation&)> on_operation;  // before each
    std::function<void()> on_power_cut;                       // the flash is as the cut left it; may end the process
    std::function<void(std::chrono::microseconds)> spend;     // what the operation takes on a typical chip
};

// How often each 4 KiB unit was erased and programmed in this Flash's life.
struct Wear {
    std::vector<std::uint32_t> erases;
    std::vector<std::uint32_t> programs;
};

// Not thread-safe. Any number may exist at a time; two over one store only one after the other.
class Flash {
public:
    // `store` outlives the Flash. `noise` seeds the unstable reads.
    explicit Flash(FlashStore& store, FlashHooks hooks = {}, std::uint64_t noise = 1);

    std::size_t size() const { return store_.size(); }

    // Any alignment. flash_bounds, power_lost.
    Status read(std::size_t offset, MutBytes out);
    // Whole units. Aligned 64 KiB blocks are one operation each, other 4 KiB units one each.
    // flash_alignment, flash_bounds, flash_failed, power_lost.
    Status erase(std::size_t offset, std::size_t length);
    // Offset and length are multiples of 4; bits that are 0 stay 0. One operation. Errors as erase().
    Status program(std::size_t offset, ConstBytes bytes);

    // Replaces the plan; operation numbers count from the latest power-on.
    void set_plan(FaultPlan plan) { plan_ = std::move(plan); }
    bool powered() const { return powered_; }
    // Every access fails with power_lost from now on.
    void power_off() { powered_ = false; }
    // Starts anew: operation numbers from 1, no plan.
    void power_on();

    // Operations since power-on, the cut or failed ones included.
    std::uint64_t operations() const { return operations_; }
    // Read so far.
    std::uint64_t bytes_read() const { return bytes_read_; }
    // Programs that wanted to turn a 0 into a 1; a driver with a program-once rule keeps this at 0.
    std::uint64_t overprograms() const { return overprograms_; }
    const Wear& wear() const { return wear_; }

private:
    Status check(std::size_t offset, std::size_t length, std::size_t unit) const;
    struct Change;  // one operation and the bytes around it
    Status operate(FlashOperation::Kind kind, std::size_t offset, ConstBytes wanted);
    Status cut_power(const PowerCut& cut, const Change& change);
    Status wear_out(const Change& change);
    Status complete(const Change& change);
    void settle_cells(const Change& change);
    void count_wear(const FlashOperation& operation);

    FlashStore& store_;
    FlashHooks hooks_;
    SeededRandom noise_;
    FaultPlan plan_;
    Wear wear_;
    std::uint64_t operations_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t overprograms_ = 0;
    bool powered_ = true;
};

// A part of a flash with offsets of its own: what a partition is to its user. The Flash outlives it.
class Region {
public:
    // The part must lie inside the flash.
    Region(Flash& flash, std::size_t offset, std::size_t size) : flash_(&flash), offset_(offset), size_(size) {}

    std::size_t size() const { return size_; }
    // As Flash's; flash_bounds also at the region's end.
    Status read(std::size_t offset, MutBytes out) const;
    Status erase(std::size_t offset, std::size_t length) const;
    Status program(std::size_t offset, ConstBytes bytes) const;

private:
    bool inside(std::size_t offset, std::size_t length) const { return offset <= size_ && length <= size_ - offset; }

    Flash* flash_;
    std::size_t offset_;
    std::size_t size_;
};

}  // namespace esb::vchip
