// The small parts of a simulated chip: serial port, random numbers, button, retained memory, the chip itself.
#pragma once

#include "esb/chip/button.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/radio.hpp"
#include "esb/chip/retained_ram.hpp"
#include "esb/chip/sockets.hpp"
#include "esb/chip/system.hpp"
#include "esb/chip/uart.hpp"
#include "host/vchip/fault_plan.hpp"
#include "host/vchip/sim_world.hpp"
#include "host/vchip/virtual_radio.hpp"
#include "host/vchip/virtual_wire.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esb::vchip {

// Input is typed by the test; output is kept (the last 256 KiB).
class SimUart final : public chip::Uart {
public:
    static constexpr std::size_t output_max = 256 * 1024;

    explicit SimUart(chip::Wake& wake) : wake_(wake) {}

    void type(std::string_view text);
    const std::string& output() const { return output_; }
    std::string take_output() { return std::exchange(output_, {}); }
    // What the cable does.
    void set_host_connected(bool connected) { connected_ = connected; }
    // write() takes at most so many bytes a call.
    void set_write_limit(std::size_t bytes) { write_limit_ = bytes; }
    void set_drained(bool drained) { drained_ = drained; }
    // Input that the firmware has not read is lost.
    void power_off() { input_.clear(); }

    std::size_t read(MutBytes out) override;
    std::size_t write(ConstBytes bytes) override;
    bool drained() const override { return drained_; }
    bool host_connected() const override { return connected_; }

private:
    chip::Wake& wake_;
    std::string input_;
    std::string output_;
    std::size_t write_limit_ = output_max;
    bool connected_ = true;
    bool drained_ = true;
};

// The same numbers for the same seed.
class SimEntropy final : public chip::Entropy {
public:
    explicit SimEntropy(std::uint64_t seed) : random_(seed) {}
    // Makes fill() fail with no_entropy.
    void set_failing(bool failing) { failing_ = failing; }
    Status fill(MutBytes out) override;

private:
    SeededRandom random_;
    bool failing_ = false;
};

class SimButton final : public chip::Button {
public:
    explicit SimButton(chip::Wake& wake) : wake_(wake) {}
    void press() { set(true); }
    void release() { set(false); }
    bool pressed() const override { return pressed_; }

private:
    void set(bool pressed) {
        pressed_ = pressed;
        wake_.wake();
    }
    chip::Wake& wake_;
    bool pressed_ = false;
};

class SimRetainedRam final : public chip::RetainedRam {
public:
    static constexpr std::size_t size = 4192;

    // Fills it with noise, as the loss of power does.
    void scramble(SeededRandom& random);
    MutBytes bytes() override { return bytes_; }

private:
    alignas(4) std::array<std::uint8_t, size> bytes_{};
};

// A radio that knows the world's time.
class SimRadio final : public VirtualRadio {
public:
    SimRadio(SimWorld& world, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease)
        : VirtualRadio(world.clock(), wake, link, lease), world_(world) {
        world_.add_source(*this);
    }
    ~SimRadio() override { world_.remove_source(*this); }
    SimRadio(const SimRadio&) = delete;
    SimRadio& operator=(const SimRadio&) = delete;

    // Adds a WPA2 network (or an open one) to the air.
    void add_network(std::string_view ssid, std::string_view passphrase, std::int8_t rssi = -50);
    void remove_network(std::string_view ssid);
    void set_on(bool on);
    void set_phones(std::vector<chip::Mac> phones);

private:
    SimWorld& world_;
};

// A wire that knows the world's time.
class SimWire final : public VirtualWire {
public:
    SimWire(SimWorld& world, chip::Wake& wake, StationLink& link, const chip::AddressConfig& lease)
        : VirtualWire(world.clock(), wake, link, lease), world_(world) {
        world_.add_source(*this);
    }
    ~SimWire() override { world_.remove_source(*this); }
    SimWire(const SimWire&) = delete;
    SimWire& operator=(const SimWire&) = delete;

private:
    SimWorld& world_;
};

class SimSystem final : public chip::System, public WaitSource {
public:
    SimSystem(SimWorld& world, chip::Wake& wake, const chip::Mac& mac);
    ~SimSystem() override;
    SimSystem(const SimSystem&) = delete;
    SimSystem& operator=(const SimSystem&) = delete;

    void set_reset_reason(chip::ResetReason reason) { reason_ = reason; }
    void set_heap(const chip::Heap& heap) { heap_ = heap; }
    void set_core_dump(chip::CoreDump* dump) { core_dump_ = dump; }
    chip::CoreDump* core_dump() override { return core_dump_; }
    void set_data_partitions(chip::DataPartitions* partitions) { data_partitions_ = partitions; }
    chip::DataPartitions* data_partitions() override { return data_partitions_; }
    void set_protections(std::vector<std::string_view> list) { protections_ = std::move(list); }
    bool restart_requested() const { return restart_; }
    // The deep sleep that was asked for.
    const std::optional<Duration>& sleep_requested() const { return sleep_; }
    // The watchdog ran out; stays true until boot().
    bool watchdog_expired() const { return expired_; }
    bool watchdog_started() const { return watchdog_.has_value(); }
    // The state at the start of a boot.
    void boot(chip::ResetReason reason);

    std::array<std::uint8_t, 6> station_mac() const override { return mac_; }
    std::string_view hardware() const override { return "vchip"; }
    chip::ResetReason reset_reason() const override { return reason_; }
    chip::Heap heap() const override { return heap_; }
    std::size_t stack_reserve() const override { return 4096; }
    std::span<const std::string_view> protections() const override { return protections_; }
    void restart() override { restart_ = true; }
    void deep_sleep(Duration time) override { sleep_ = time; }
    Status start_watchdog(Duration timeout) override;
    void feed_watchdog() override;

    std::optional<Instant> due() const override;
    void poll() override;

private:
    SimWorld& world_;
    chip::Wake& wake_;
    chip::Mac mac_;
    chip::ResetReason reason_ = chip::ResetReason::power_on;
    chip::Heap heap_{200'000, 150'000, 100'000};
    std::vector<std::string_view> protections_;
    chip::CoreDump* core_dump_ = nullptr;
    chip::DataPartitions* data_partitions_ = nullptr;
    std::optional<Duration> watchdog_;
    std::optional<Duration> sleep_;
    Instant fed_at_{};
    bool restart_ = false;
    bool expired_ = false;
};

}  // namespace esb::vchip
