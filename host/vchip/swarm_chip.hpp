// One chip of many in a process: in real time, over the host's loopback network, its flash in memory.
#pragma once

#include "host/vchip/clock_posix.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/flash.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/partition_table.hpp"
#include "host/vchip/poller.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/slots.hpp"
#include "host/vchip/sockets_posix.hpp"
#include "host/vchip/swarm_firmware.hpp"
#include "host/vchip/virtual_radio.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace esb::errors {
inline constexpr ErrorKind swarm_firmware{"vchip.swarm_firmware", "this firmware cannot run as one of many"};
}  // namespace esb::errors

namespace esb::vchip {

// Input is typed by whoever has the swarm; whole lines of output are told.
class SwarmUart final : public chip::Uart {
public:
    using OnLine = std::function<void(std::string_view)>;

    SwarmUart(chip::Wake& wake, OnLine on_line) : wake_(wake), on_line_(std::move(on_line)) {}

    void type(std::string_view text);
    std::size_t read(MutBytes out) override;
    std::size_t write(ConstBytes bytes) override;
    bool drained() const override { return true; }
    bool host_connected() const override { return true; }

private:
    static constexpr std::size_t line_max = 512;  // longer ones are told in pieces

    chip::Wake& wake_;
    OnLine on_line_;
    std::string input_;
    std::string line_;
};

// One reactor's thread.
class SwarmChip {
public:
    static constexpr std::size_t flash_size = std::size_t{4} << 20;
    static constexpr std::string_view network = "Swarm";
    static constexpr std::string_view passphrase = "loopback only";

    // `table` and `poller` outlive the chip. It has no power yet.
    SwarmChip(const PartitionTable& table, const chip::Mac& mac, Poller& poller, SwarmUart::OnLine on_line);
    ~SwarmChip();
    SwarmChip(const SwarmChip&) = delete;
    SwarmChip& operator=(const SwarmChip&) = delete;

    // Boots `make`'s firmware; what ran before is gone. After the loss of power the retained memory holds nothing.
    Status power_on(std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&));
    // Pulls the plug: no DISCONNECT, no word to the firmware.
    void power_off();
    bool powered() const { return powered_ != nullptr; }

    // One turn; restarts the firmware when it wants that.
    Status turn();
    bool online() const { return powered() && firmware_ != nullptr && firmware_->online(); }
    // What a person types at its serial port.
    void type(std::string_view text);
    // Whether its network can be heard.
    void set_air(bool on);

private:
    struct Powered;
    Status boot(chip::ResetReason reason);

    const PartitionTable& table_;
    chip::Mac mac_;
    Poller& poller_;
    SwarmUart::OnLine on_line_;
    std::unique_ptr<SwarmFirmware> (*make_)(chip::Chip&) = nullptr;
    MemoryStore store_{flash_size};
    Flash flash_{store_};
    WallOffset wall_;
    alignas(4) std::array<std::uint8_t, 4192> retained_{};
    bool air_ = true;
    std::unique_ptr<Powered> powered_;
    std::unique_ptr<SwarmFirmware> firmware_;  // goes before what it stands on
};

}  // namespace esb::vchip
