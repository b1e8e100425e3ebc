#include "host/vchip/firmware_process.hpp"

#include "esb/base/encoding.hpp"
#include "esb/base/trace.hpp"
#include "host/vchip/board_file.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/crash_dump.hpp"
#include "host/vchip/data_partitions.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/file_radio.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/pin_link.hpp"
#include "host/vchip/process_flash.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/slots.hpp"
#include "host/vchip/tracer.hpp"
#include "host/vchip/uart_posix.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

namespace esb::vchip {

namespace {

constexpr std::size_t imagined_heap = 256 * 1024;
constexpr std::size_t ports_max = 16;

std::string environment(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    return value == nullptr ? std::string() : std::string(value);
}

class ProcessRetainedRam final : public chip::RetainedRam {
public:
    explicit ProcessRetainedRam(ChipPage& page) : page_(page) {}
    MutBytes bytes() override { return page_.retained; }

private:
    ChipPage& page_;
};

// What the environment says, checked.
struct Inherited {
    int page_fd = -1;
    int bell_fd = -1;
    chip::Mac mac{};
    std::vector<PortMapping> ports;
    FaultPlan faults;
};

Result<Inherited> read_environment() {
    Inherited found;
    const auto fd = parse_unsigned(environment(env_page), 3, 1'000'000);
    const auto bell = parse_unsigned(environment(env_bell), 3, 1'000'000);
    const auto mac = parse_mac(environment(env_mac));
    const auto ports = parse_ports(environment(env_ports));
    const auto faults = parse_fault_plan(environment(env_faults));
    if (!fd || !mac || !ports || !faults) return fail(errors::bad_environment);
    found.page_fd = static_cast<int>(*fd);
    if (bell) found.bell_fd = static_cast<int>(*bell);
    found.mac = *mac;
    found.ports = *ports;
    found.faults = *faults;
    return found;
}

// Everything but the flash half.
struct Parts {
    Parts(ChipPage& page, const Inherited& from)
        : clock(&page.wall),
          sockets(clock),
          uart(sockets),
          radio(
              clock, sockets, link, loopback_lease, environment(env_radio),
              [this](const Error& error) { say("radio file: " + std::string(error.text())); },
              [this](std::chrono::seconds ahead) { clock.set_ahead(ahead); }, environment(env_wired) == "1"),
          resolver(clock, sockets, &link),
          retained(page),
          system(page, from.mac, from.bell_fd) {
        sockets.set_link(&link);
        sockets.set_mappings(from.ports, [this](const chip::Endpoint& asked, std::uint16_t port) {
            say(std::string(chip::to_text(asked.address).view()) + ":" + std::to_string(asked.port) +
                " is 127.0.0.1:" + std::to_string(port));
        });
        sockets.add_source(uart);
        sockets.add_source(radio);
        sockets.add_source(resolver);
        process_pins().link.connect(sockets, environment(env_pins));
        sockets.add_source(process_pins().link);
    }

    // A line of the board's own on the serial port.
    void say(const std::string& text) { uart.write(as_bytes("vchip: " + text + "\n")); }

    SystemClock clock;
    StationLink link;
    PosixSockets sockets;
    StdioUart uart;
    FileRadio radio;
    ThreadResolver resolver;
    HostEntropy entropy;
    ProcessRetainedRam retained;
    ProcessSystem system;
};

Status run_chip(void (*firmware)(chip::Chip& chip)) {
    const auto inherited = read_environment();
    if (!inherited) return fail(inherited.error());
    const Tracer tracer(parse_trace(environment(env_trace)).value_or(TraceTo{}));
    auto page = SharedPage::inherit(inherited->page_fd);
    if (!page) return fail(page.error());
    auto flash = ProcessFlash::open(environment(env_flash), environment(env_partitions), default_flash_size,
                                    inherited->faults, **page, environment(env_operations));
    if (!flash) return fail(flash.error());
    auto slots = Slots::open(*flash->flash, flash->table, static_cast<chip::SlotId>((*page)->running_slot.load()));
    if (!slots) return fail(slots.error());
    const auto nvs = flash->table.region(*flash->flash, PartitionType::data, subtype_nvs);
    if (!nvs) return fail(nvs.error());
    KeyValue key_value(*nvs, NvsCipher((*page)->efuses));
    Parts parts(**page, *inherited);
    std::optional<CrashDump> dump;
    if (const auto* partition = flash->table.find(PartitionType::data, subtype_coredump)) {
        dump.emplace(Region(*flash->flash, partition->offset, partition->size));
        parts.system.set_core_dump(&*dump);
        ESB_TRY(catch_crashes(environment(env_flash), *partition));
    }
    DataPartitions data(*flash->flash, flash->table, slots->running());
    parts.system.set_data_partitions(&data);
    chip::Chip chip{*slots,        key_value,   parts.radio,    parts.sockets,        parts.resolver, parts.uart,
                    parts.entropy, parts.clock, parts.retained, parts.radio.button(), parts.system,
                    parts.radio.wire()};
    firmware(chip);
    return {};
}

}  // namespace

Result<std::vector<PortMapping>> parse_ports(std::string_view text) {
    std::vector<PortMapping> ports;
    while (!text.empty()) {
        const auto item = text.substr(0, text.find(','));
        text.remove_prefix(std::min(item.size() + 1, text.size()));
        const auto colon = item.find(':');
        if (colon == std::string_view::npos || ports.size() == ports_max) return fail(errors::bad_encoding);
        const auto chip = parse_unsigned(item.substr(0, colon), 1, 65535);
        const auto host = parse_unsigned(item.substr(colon + 1), 0, 65535);
        if (!chip || !host) return fail(errors::bad_encoding);
        ports.push_back({static_cast<std::uint16_t>(*chip), static_cast<std::uint16_t>(*host)});
    }
    return ports;
}

std::string to_text(const std::vector<PortMapping>& ports) {
    std::string text;
    for (const auto& port : ports) {
        if (!text.empty()) text += ',';
        text += std::to_string(port.chip) + ":" + std::to_string(port.host);
    }
    return text;
}

ProcessSystem::ProcessSystem(ChipPage& page, const chip::Mac& mac, int bell)
    : page_(page), mac_(mac), bell_(bell), heap_at_start_(mallinfo2().uordblks), heap_minimum_(imagined_heap) {}

chip::ResetReason ProcessSystem::reset_reason() const {
    return static_cast<chip::ResetReason>(page_.reset_reason.load());
}

chip::Heap ProcessSystem::heap() const {
    const std::size_t now = mallinfo2().uordblks;
    const std::size_t used = now > heap_at_start_ ? now - heap_at_start_ : 0;
    const std::size_t free = used < imagined_heap ? imagined_heap - used : 0;
    std::size_t minimum = heap_minimum_;
    while (free < minimum && !heap_minimum_.compare_exchange_weak(minimum, free)) {
    }
    return {free, std::min(minimum, free), free};
}

// The stack's mapping only ever grows, so what is not mapped has never been used.
std::size_t ProcessSystem::stack_reserve() const {
    rlimit limit{};
    getrlimit(RLIMIT_STACK, &limit);
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line)) {
        if (!line.starts_with("VmStk:")) continue;
        const auto used = static_cast<std::size_t>(std::strtoul(line.c_str() + 6, nullptr, 10)) * 1024;
        return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    }
    return 0;
}

void ProcessSystem::restart() {
    trace::event("chip", "restart", {});
    page_.request = ChipPage::Request::restart;
}

void ProcessSystem::deep_sleep(Duration time) {
    page_.sleep_ms = time.count();
    page_.request = ChipPage::Request::deep_sleep;
}

Status ProcessSystem::start_watchdog(Duration timeout) {
    if (timeout <= Duration::zero()) return fail(errors::invalid_argument);
    feed_watchdog();
    page_.watchdog_ms = timeout.count();
    trace::event("timer", "watchdog", {{"limit", timeout.count()}});
    if (bell_ < 0) return {};
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then the boot loader looks anyway.
    [[maybe_unused]] const auto rung = ::write(bell_, &one, sizeof one);
    return {};
}

void ProcessSystem::feed_watchdog() { page_.watchdog_fed_at = SystemClock::host_ms(); }

int run_inherited_chip(void (*firmware)(chip::Chip& chip)) {
    std::signal(SIGPIPE, SIG_IGN);
    const auto ran = run_chip(firmware);
    if (ran) return 0;
    std::fprintf(stderr, "vchip: %.*s\n", static_cast<int>(ran.error().text().size()), ran.error().text().data());
    return exit_no_board;
}

}  // namespace esb::vchip
