// A whole simulated chip over a flash, for component tests: many in one process, virtual time, no threads.
//
//   SimWorld world;  SimNetwork network(world);
//   MemoryStore store(default_flash_size);  Flash flash(store);
//   SimChip device(network, flash, {.mac = {...}});
//   device.boot(ResetReason::power_on);
//   device.run([](chip::Chip& chip) { ... });
#pragma once

#include "esb/chip/chip.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/data_partitions.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/partition_table.hpp"
#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_parts.hpp"
#include "host/vchip/sim_resolver.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/sim_world.hpp"
#include "host/vchip/slots.hpp"

#include <functional>
#include <optional>
#include <string>

namespace esb::vchip {

// The firmware's clock: starts at every boot; the wall clock is kept over restarts, not over power cycles.
class SimChipClock final : public chip::Clock {
public:
    explicit SimChipClock(const SimClock& world) : world_(world) {}

    Instant now() const override { return Instant(world_.now() - started_); }
    std::optional<UnixTime> wall() const override;
    void set_wall(UnixTime time) override { wall_offset_ = Duration(time) - world_.now().time_since_epoch(); }

    void boot() { started_ = world_.now(); }
    void forget_wall() { wall_offset_.reset(); }

private:
    const SimClock& world_;
    Instant started_{};
    std::optional<Duration> wall_offset_;
};

struct SimChipOptions {
    chip::Mac mac{0x02, 0x45, 0x53, 0x42, 0x00, 0x01};
    chip::IpAddress address = chip::IpAddress::v4(192, 0, 2, 10);  // what DHCP gives to its station
    bool wired = false;  // the board has a socket; nothing is plugged in
    chip::IpAddress wire_address = chip::IpAddress::v4(192, 0, 2, 11);  // what DHCP gives there
    std::uint64_t seed = 1;
    std::string partitions{default_partitions()};
    std::optional<EfuseKey> efuses = EfuseKey{0x45, 0x53, 0x42};  // for NVS encryption; empty: none
    // False: the boot loader is left out and slot a runs, for tests in which no image exists.
    bool needs_image = false;
};

// How a run of firmware ended.
enum class SimEnd : std::uint8_t {
    returned,    // by itself
    restart,     // it asked for one
    deep_sleep,  // likewise
    watchdog,    // it was not fed in time
    power_lost,  // a planned power cut in the flash, or power_off()
};

class SimChip {
public:
    // The partition table must parse and name all that a chip needs; abort() otherwise.
    SimChip(SimNetwork& network, Flash& flash, const SimChipOptions& options = {});
    SimChip(const SimChip&) = delete;
    SimChip& operator=(const SimChip&) = delete;

    // Ends what ran before and lets the boot loader decide. power_on also scrambles the retained memory, forgets the
    // wall clock and, if the flash has lost power, switches it on (operation numbers from 1, no fault plan).
    // The result says which slot and image a real chip would execute. boot_no_image, power_lost (a cut while the boot
    // loader wrote).
    Result<BootChoice> boot(chip::ResetReason reason);
    // boot() with the reason that follows from how the last run ended; a deep sleep's time passes first.
    Result<BootChoice> boot_again();
    Result<BootChoice> power_cycle();

    // Runs firmware on the present boot.
    SimEnd run(const std::function<void(chip::Chip&)>& firmware);
    // The ports; after a successful boot().
    chip::Chip& chip() { return *chip_; }
    // As pulling the plug: whatever runs notices at its next wait() or flash access.
    void power_off();
    bool alive() const { return flash_.powered() && !system.watchdog_expired(); }

    // Hosts on the access point's network ("phones") are SimSockets at {access_point_realm(), their address}.
    std::uint32_t access_point_realm() const { return realm_; }
    const PartitionTable& partitions() const { return table_; }

private:
    void reset_parts(chip::ResetReason reason);
    Result<BootChoice> choose();
    Status open_storage(chip::SlotId running);

    SimWorld& world_;
    Flash& flash_;
    PartitionTable table_;
    bool needs_image_;
    bool wired_;
    std::optional<NvsCipher> cipher_;
    std::uint32_t realm_;
    SeededRandom noise_;
    StationLink link_;
    std::optional<Slots> slots_;
    std::optional<KeyValue> key_value_;
    std::optional<DataPartitions> data_;
    std::optional<chip::Chip> chip_;
    SimEnd last_end_ = SimEnd::power_lost;

public:
    SimChipClock clock;
    SimSockets sockets;
    SimRadio radio;
    SimWire wire;
    SimResolver resolver;
    SimUart uart;
    SimEntropy entropy;
    SimRetainedRam retained_ram;
    SimButton button;
    SimSystem system;
};

}  // namespace esb::vchip
