#include "host/vchip/sim_chip.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace esb::vchip {

using chip::ResetReason;

namespace {

PartitionTable parse_or_abort(const std::string& text, std::size_t flash_size) {
    auto table = PartitionTable::parse(text, flash_size);
    if (table) return std::move(*table);
    std::fputs("vchip: the simulated chip's partition table is wrong\n", stderr);
    std::abort();
}

chip::AddressConfig lease_of(const chip::IpAddress& address) {
    chip::IpAddress router = address;
    router.bytes[3] = 1;
    return {address, chip::IpAddress::v4(255, 255, 255, 0), router, router};
}

ResetReason reason_after(SimEnd end) {
    switch (end) {
        case SimEnd::restart:
            return ResetReason::software;
        case SimEnd::deep_sleep:
            return ResetReason::deep_sleep;
        case SimEnd::watchdog:
            return ResetReason::task_watchdog;
        case SimEnd::returned:
        case SimEnd::power_lost:
            break;
    }
    return ResetReason::power_on;
}

}  // namespace

std::optional<UnixTime> SimChipClock::wall() const {
    if (!wall_offset_) return std::nullopt;
    return std::chrono::duration_cast<UnixTime>(world_.now().time_since_epoch() + *wall_offset_);
}

SimChip::SimChip(SimNetwork& network, Flash& flash, const SimChipOptions& options)
    : world_(network.world()),
      flash_(flash),
      table_(parse_or_abort(options.partitions, flash.size())),
      needs_image_(options.needs_image),
      wired_(options.wired),
      cipher_(options.efuses ? std::optional(NvsCipher(*options.efuses)) : std::nullopt),
      realm_(network.new_realm()),
      noise_(options.seed),
      clock(network.world().clock()),
      sockets(network, SimPlace{0, options.address}, &link_),
      radio(network.world(), sockets, link_, lease_of(options.address)),
      wire(network.world(), sockets, link_, lease_of(options.wire_address)),
      resolver(network.world(), sockets, &link_),
      uart(sockets),
      entropy(noise_.next()),
      button(sockets),
      system(network.world(), sockets, options.mac) {
    sockets.set_power_source([this] { return alive(); });
    radio.on_access_point([this](const chip::AccessPointConfig* config) {
        sockets.set_access_point(config == nullptr ? std::nullopt : std::optional(SimPlace{realm_, config->address}));
    });
}

void SimChip::reset_parts(ResetReason reason) {
    chip_.reset();
    key_value_.reset();
    slots_.reset();
    radio.power_off();
    wire.power_off();
    resolver.power_off();
    sockets.power_off();
    uart.power_off();
    system.boot(reason);
    clock.boot();
    if (reason != ResetReason::power_on) return;
    retained_ram.scramble(noise_);
    clock.forget_wall();
    if (!flash_.powered()) flash_.power_on();
}

Result<BootChoice> SimChip::boot(ResetReason reason) {
    reset_parts(reason);
    const auto choice = choose();
    if (!choice) return choice;
    ESB_TRY(open_storage(choice->slot));
    chip_.emplace(
        chip::Chip{*slots_, *key_value_, radio, sockets, resolver, uart, entropy, clock, retained_ram, button, system,
                   wired_ ? &wire : nullptr});
    sockets.power_on();
    return choice;
}

Result<BootChoice> SimChip::choose() {
    if (needs_image_) return vchip::boot(flash_, table_);
    if (!flash_.powered()) return fail(errors::power_lost);
    return BootChoice{chip::SlotId::a, chip::SlotState::undefined, 0};
}

Status SimChip::open_storage(chip::SlotId running) {
    auto slots = Slots::open(flash_, table_, running);
    if (!slots) return fail(slots.error());
    const auto nvs = table_.region(flash_, PartitionType::data, subtype_nvs);
    if (!nvs) return fail(nvs.error());
    slots_.emplace(std::move(*slots));
    key_value_.emplace(*nvs, cipher_);
    data_.emplace(flash_, table_, running);
    system.set_data_partitions(&*data_);
    return {};
}

Result<BootChoice> SimChip::boot_again() {
    if (last_end_ == SimEnd::deep_sleep) {
        sockets.power_off();
        radio.power_off();
        wire.power_off();
        world_.run_for(*system.sleep_requested());
    }
    return boot(reason_after(last_end_));
}

Result<BootChoice> SimChip::power_cycle() {
    power_off();
    return boot(ResetReason::power_on);
}

SimEnd SimChip::run(const std::function<void(chip::Chip&)>& firmware) {
    firmware(*chip_);
    last_end_ = SimEnd::returned;
    if (system.sleep_requested()) last_end_ = SimEnd::deep_sleep;
    if (system.restart_requested()) last_end_ = SimEnd::restart;
    if (system.watchdog_expired()) last_end_ = SimEnd::watchdog;
    if (!flash_.powered()) last_end_ = SimEnd::power_lost;
    return last_end_;
}

void SimChip::power_off() {
    flash_.power_off();
    sockets.power_off();
    radio.power_off();
    wire.power_off();
}

}  // namespace esb::vchip
