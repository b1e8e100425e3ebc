// The chip of a firmware process, put together from what its boot loader (process.hpp) left in the environment.
#pragma once

#include "esb/chip/chip.hpp"
#include "host/vchip/chip_page.hpp"
#include "host/vchip/sockets_posix.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind bad_environment{"vchip.bad_environment",
                                           "firmware of the virtual chip is started by `esb vchip run`"};
}  // namespace esb::errors

namespace esb::vchip {

// Exit codes of a firmware process that are not the firmware's own.
inline constexpr int exit_no_board = 78;        // the chip could not be put together
inline constexpr int exit_not_executable = 79;  // the host refused to execute the image

// Names of the environment variables.
inline constexpr std::string_view env_page = "ESB_VCHIP_PAGE";              // descriptor of the ChipPage
inline constexpr std::string_view env_bell = "ESB_VCHIP_BELL";              // descriptor of an eventfd: see ChipPage
inline constexpr std::string_view env_flash = "ESB_VCHIP_FLASH";            // file
inline constexpr std::string_view env_partitions = "ESB_VCHIP_PARTITIONS";  // file; empty: the default layout
inline constexpr std::string_view env_radio = "ESB_VCHIP_RADIO";            // board file; empty: no networks
inline constexpr std::string_view env_wired = "ESB_VCHIP_WIRED";            // "1": a socket with a cable in it
inline constexpr std::string_view env_mac = "ESB_VCHIP_MAC";
inline constexpr std::string_view env_ports = "ESB_VCHIP_PORTS";            // "80:8080,53:5353", chip:host
inline constexpr std::string_view env_faults = "ESB_VCHIP_FAULTS";          // parse_fault_plan()
inline constexpr std::string_view env_operations = "ESB_VCHIP_OPERATIONS";  // file of an OperationTally, or empty
inline constexpr std::string_view env_pins = "ESB_VCHIP_PINS";              // socket (pin_link.hpp), or empty
inline constexpr std::string_view env_trace = "ESB_VCHIP_TRACE";            // parse_trace(), or empty

// "80:8080,53:0"; bad_encoding. At most 16.
Result<std::vector<PortMapping>> parse_ports(std::string_view text);
std::string to_text(const std::vector<PortMapping>& ports);

// The chip itself, of a process.
class ProcessSystem final : public chip::System {
public:
    // `bell` as in ChipPage; -1: none.
    ProcessSystem(ChipPage& page, const chip::Mac& mac, int bell = -1);

    std::array<std::uint8_t, 6> station_mac() const override { return mac_; }
    std::string_view hardware() const override { return "vchip"; }
    chip::ResetReason reset_reason() const override;
    // Of an imagined 256 KiB: what the process has allocated since the start is taken from it.
    chip::Heap heap() const override;
    // Of the main thread.
    std::size_t stack_reserve() const override;
    std::span<const std::string_view> protections() const override { return {}; }
    void restart() override;
    chip::CoreDump* core_dump() override { return core_dump_; }
    // Null: crashes leave nothing.
    void set_core_dump(chip::CoreDump* dump) { core_dump_ = dump; }
    chip::DataPartitions* data_partitions() override { return data_partitions_; }
    void set_data_partitions(chip::DataPartitions* partitions) { data_partitions_ = partitions; }
    void deep_sleep(Duration time) override;
    Status start_watchdog(Duration timeout) override;
    void feed_watchdog() override;

private:
    ChipPage& page_;
    chip::Mac mac_;
    int bell_;
    chip::CoreDump* core_dump_ = nullptr;
    chip::DataPartitions* data_partitions_ = nullptr;
    std::size_t heap_at_start_;
    mutable std::atomic<std::size_t> heap_minimum_;
};

// Builds the chip, runs `firmware` on it and returns the process's exit code.
int run_inherited_chip(void (*firmware)(chip::Chip& chip));

}  // namespace esb::vchip
