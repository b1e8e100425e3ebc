// What a crash of the virtual chip's firmware leaves in the partition coredump: text, written by a signal handler.
//
//   esb-crash 1
//   build-id 0123…        of the program, as `readelf -n` shows it
//   signal 11
//   frame 0x412345        the innermost first, of the program's own code only; all of them as addr2line takes them
//   end
#pragma once

#include "esb/base/result.hpp"
#include "esb/chip/core_dump.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/partition_table.hpp"

#include <optional>
#include <string>

namespace esb::vchip {

inline constexpr std::size_t crash_dump_max = 4096;  // bytes
inline constexpr unsigned crash_frames_max = 32;

// Once a process, before the firmware starts: signals of a crash write to this partition of the flash file, then end the
// process as they would have. Not under sanitizers, which have handlers of their own. flash_file.
Status catch_crashes(const std::string& flash_file, const Partition& partition);

class CrashDump final : public chip::CoreDump {
public:
    explicit CrashDump(Region partition) : region_(partition) {}

    std::size_t size() const override;
    std::optional<std::uint32_t> place() const override;
    Status read(std::size_t offset, MutBytes out) override;
    Status erase() override { return region_.erase(0, erase_unit); }

private:
    std::string text() const;  // empty: there is none, or only the beginning of one

    Region region_;
};

}  // namespace esb::vchip
