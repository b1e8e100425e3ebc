#include "host/vchip/swarm_chip.hpp"

#include "esb/base/bytes.hpp"

#include <algorithm>
#include <utility>

namespace esb::vchip {
namespace {

constexpr chip::Heap heap_of_each{200'000, 150'000, 100'000};
constexpr std::size_t imagined_stack = 4096;

class SwarmRadio final : public VirtualRadio {
public:
    SwarmRadio(const chip::Clock& clock, chip::Wake& wake, StationLink& link)
        : VirtualRadio(clock, wake, link, loopback_lease) {}

    void hear(bool on) {
        Air air;
        air.on = on;
        AirNetwork& only = air.networks.emplace_back();
        static_cast<void>(only.ssid.assign(SwarmChip::network));
        only.passphrase = SwarmChip::passphrase;
        set_air(std::move(air));
    }
};

class NoButton final : public chip::Button {
public:
    bool pressed() const override { return false; }
};

class PartOfMemory final : public chip::RetainedRam {
public:
    explicit PartOfMemory(MutBytes bytes) : bytes_(bytes) {}
    MutBytes bytes() override { return bytes_; }

private:
    MutBytes bytes_;
};

// No watchdog: one thread serves all, and the turns of others are no hang of this one.
class SwarmSystem final : public chip::System {
public:
    SwarmSystem(const chip::Mac& mac, chip::ResetReason reason) : mac_(mac), reason_(reason) {}

    std::array<std::uint8_t, 6> station_mac() const override { return mac_; }
    std::string_view hardware() const override { return "vchip"; }
    chip::ResetReason reset_reason() const override { return reason_; }
    chip::Heap heap() const override { return heap_of_each; }
    std::size_t stack_reserve() const override { return imagined_stack; }
    std::span<const std::string_view> protections() const override { return {}; }
    void restart() override {}
    void deep_sleep(Duration) override {}  // one of many restarts at once
    Status start_watchdog(Duration timeout) override {
        return timeout > Duration::zero() ? Status() : fail(errors::invalid_argument);
    }
    void feed_watchdog() override {}

private:
    chip::Mac mac_;
    chip::ResetReason reason_;
};

}  // namespace

void SwarmUart::type(std::string_view text) {
    input_ += text;
    wake_.wake();
}

std::size_t SwarmUart::read(MutBytes out) {
    const auto size = std::min(out.size(), input_.size());
    std::copy_n(input_.begin(), size, out.begin());
    input_.erase(0, size);
    return size;
}

std::size_t SwarmUart::write(ConstBytes bytes) {
    for (const auto byte : bytes) {
        if (byte == '\r') continue;
        if (byte != '\n') line_ += static_cast<char>(byte);
        if (byte != '\n' && line_.size() < line_max) continue;
        on_line_(line_);
        line_.clear();
    }
    return bytes.size();
}

// What is there between power-on, or a restart, and the next one.
struct SwarmChip::Powered {
    Powered(SwarmChip& of, chip::ResetReason reason, Slots opened, const Region& nvs)
        : clock(&of.wall_),
          sockets(clock),
          uart(sockets, of.on_line_),
          radio(clock, sockets, link),
          resolver(clock, sockets, &link),
          retained(of.retained_),
          system(of.mac_, reason),
          slots(std::move(opened)),
          key_value(nvs) {
        sockets.set_link(&link);
        sockets.set_poller(of.poller_);
        sockets.add_source(radio);
        sockets.add_source(resolver);
        radio.hear(of.air_);
    }

    SystemClock clock;
    StationLink link;
    PosixSockets sockets;
    SwarmUart uart;
    SwarmRadio radio;
    ThreadResolver resolver;
    HostEntropy entropy;
    PartOfMemory retained;
    NoButton button;
    SwarmSystem system;
    Slots slots;
    KeyValue key_value;
    chip::Chip chip{slots, key_value, radio, sockets, resolver, uart, entropy, clock, retained, button, system};
};

SwarmChip::SwarmChip(const PartitionTable& table, const chip::Mac& mac, Poller& poller, SwarmUart::OnLine on_line)
    : table_(table), mac_(mac), poller_(poller), on_line_(std::move(on_line)) {}
SwarmChip::~SwarmChip() = default;

Status SwarmChip::power_on(std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&)) {
    make_ = make;
    if (!flash_.powered()) flash_.power_on();
    retained_.fill(0xA5);
    wall_.ms = WallOffset::unset;
    return boot(chip::ResetReason::power_on);
}

void SwarmChip::power_off() {
    flash_.power_off();  // first: what the firmware's end would write is not written
    firmware_.reset();
    powered_.reset();
}

Status SwarmChip::boot(chip::ResetReason reason) {
    firmware_.reset();
    powered_.reset();
    auto slots = Slots::open(flash_, table_, chip::SlotId::a);
    if (!slots) return fail(slots.error());
    const auto nvs = table_.region(flash_, PartitionType::data, subtype_nvs);
    if (!nvs) return fail(nvs.error());
    powered_ = std::make_unique<Powered>(*this, reason, std::move(*slots), *nvs);
    firmware_ = make_(powered_->chip);
    return firmware_ != nullptr ? Status() : fail(errors::swarm_firmware);
}

Status SwarmChip::turn() {
    if (firmware_ == nullptr || firmware_->turn()) return {};
    return boot(chip::ResetReason::software);
}

void SwarmChip::type(std::string_view text) {
    if (powered_ != nullptr) powered_->uart.type(text);
}

void SwarmChip::set_air(bool on) {
    air_ = on;
    if (powered_ != nullptr) powered_->radio.hear(on);
}

}  // namespace esb::vchip
