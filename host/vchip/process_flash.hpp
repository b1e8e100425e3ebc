// The flash file as the boot loader's and the firmware's process use it, one after the other.
#pragma once

#include "esb/base/result.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/slots.hpp"
#include "host/vchip/chip_page.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/flash_store.hpp"
#include "host/vchip/partition_table.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace esb::errors {
inline constexpr ErrorKind partition_file{"vchip.partition_file", "the partition file cannot be read"};
inline constexpr ErrorKind flash_in_use{"vchip.flash_in_use", "another virtual chip uses this flash file"};
inline constexpr ErrorKind flash_not_ours{"vchip.flash_not_ours", "this file is no virtual chip's flash"};
inline constexpr ErrorKind image_file{"vchip.image_file", "the image file cannot be read"};
}  // namespace esb::errors

namespace esb::vchip {

// The layout in a file, or the default one when the path is empty. partition_file, or partition_table.hpp's errors.
Result<PartitionTable> load_partitions(const std::string& path, std::size_t flash_size);

// The bytes of an existing flash file, else `otherwise`.
std::size_t flash_file_size(const std::string& path, std::size_t otherwise);

// Nothing ever writes where a chip has its boot loader, so a file that begins with anything is somebody's, and its name
// was mistyped. flash_not_ours, or flash_failed.
Status check_flash_file(const FileStore& store);

// What of a plan is still to come after so many operations.
FaultPlan remaining_plan(const FaultPlan& plan, std::uint64_t operations);
std::string to_text(const FaultPlan& plan);

// Counts the flash operations of all power-ons of one chip, in a file that outlives each of them: one number of 8 bytes, in
// the host's order. Killing the process loses nothing of it.
class OperationTally {
public:
    // Creates the file with 0 if there is none. flash_file, also for one that holds something else.
    static Result<std::unique_ptr<OperationTally>> open(const std::string& path);
    ~OperationTally();
    OperationTally(const OperationTally&) = delete;
    OperationTally& operator=(const OperationTally&) = delete;
    void count() { ++*number_; }

private:
    explicit OperationTally(std::atomic<std::uint64_t>* number) : number_(number) {}
    std::atomic<std::uint64_t>* number_;
};

// Flash, store and layout of one process. A power cut that the plan asks for ends the process by SIGKILL, after
// telling the other one in the page.
struct ProcessFlash {
    std::unique_ptr<OperationTally> tally;  // or none
    std::unique_ptr<FileStore> store;
    PartitionTable table;
    std::unique_ptr<Flash> flash;

    // Creates an erased file if there is none. Flash operations are counted in `page`, which outlives the object, and in the
    // file `tally`, unless its name is empty.
    static Result<ProcessFlash> open(const std::string& flash_file, const std::string& partition_file,
                                     std::size_t size_of_new, const FaultPlan& plan, ChipPage& page,
                                     const std::string& tally = {});
};

// Held while a virtual chip runs, by both of its processes. A chip whose parent was just killed may hold it for
// another moment, so taking it waits.
class FlashLock {
public:
    // `flash_file` must exist. flash_in_use, flash_file.
    static Result<FlashLock> take(const std::string& flash_file, Duration patience);
    FlashLock(FlashLock&& other) noexcept;
    FlashLock& operator=(FlashLock&&) = delete;
    ~FlashLock();
    int fd() const { return fd_; }

private:
    explicit FlashLock(int fd) : fd_(fd) {}
    int fd_;
};

// What a flashing tool does over the serial port: puts a sealed image into a slot. The boot record stays as it is,
// so on a chip that has run before it may choose the other slot. Refuses a bad image (image.hpp's errors) and one
// that does not fit (image_size); the slot is then untouched. The flash file is created if missing.
Status flash_image(const std::string& flash_file, const std::string& partition_file, const std::string& image_file,
                   chip::SlotId slot = chip::SlotId::a, std::size_t size_of_new = default_flash_size);

}  // namespace esb::vchip
