#include "host/vchip/process.hpp"

#include "esb/base/trace.hpp"
#include "esb/chip/system.hpp"
#include "host/vchip/board_file.hpp"
#include "host/vchip/boot_loader.hpp"
#include "host/vchip/chip_page.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/deep_sleep.hpp"
#include "host/vchip/descriptor.hpp"
#include "host/vchip/efuse_file.hpp"
#include "host/vchip/firmware_process.hpp"
#include "host/vchip/process_flash.hpp"
#include "host/vchip/serial_output.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace esb::errors {
inline constexpr ErrorKind vchip_host{"vchip.host", "the host refuses a process or a memory file"};
inline constexpr ErrorKind vchip_boot_loop{"vchip.boot_loop", "the firmware restarts again and again; giving up"};
inline constexpr ErrorKind vchip_not_executable{"vchip.not_executable", "the host cannot execute this image"};
inline constexpr ErrorKind vchip_no_board{"vchip.no_board", "the firmware's process could not be put together"};
}  // namespace esb::errors

namespace esb::vchip {

namespace {

using chip::ResetReason;

constexpr std::int64_t longest_wait_ms = 3'600'000;  // keeps poll(2)'s argument small
constexpr Duration lock_patience{5'000};
constexpr int panic_patience_ms = 1'000;
constexpr std::size_t copy_chunk = 64 * 1024;

// The boot loader's lines on the serial port.
void say(SerialOutput& serial, const std::string& text) { serial.write(as_bytes("vchip: " + text + "\n")); }

std::string text_of(const Error& error) {
    std::string text(error.text());
    if (error.detail() != 0) text += " (" + std::to_string(error.detail()) + ")";
    return text;
}

std::string_view name_of(chip::SlotState state) {
    constexpr std::string_view names[] = {"undefined", "new", "pending verify", "valid", "invalid", "aborted"};
    return names[static_cast<std::size_t>(state)];
}

// Exactly the image's bytes, in a sealed memory file that can be executed.
Result<Descriptor> copy_image(const Region& slot, std::size_t size) {
    Descriptor file(memfd_create("vchip-firmware", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (file.get() < 0) return fail(errors::vchip_host, errno);
    std::vector<std::uint8_t> buffer(copy_chunk);
    for (std::size_t at = 0; at < size;) {
        const MutBytes piece = MutBytes(buffer).first(std::min(copy_chunk, size - at));
        ESB_TRY(slot.read(at, piece));
        const ssize_t put = write(file.get(), piece.data(), piece.size());
        if (put <= 0) return fail(errors::vchip_host, errno);
        at += static_cast<std::size_t>(put);
        if (static_cast<std::size_t>(put) != piece.size()) return fail(errors::vchip_host);
    }
    fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return file;
}

// Too many restarts in too short a time.
class LoopGuard {
public:
    explicit LoopGuard(const VchipOptions& options) : limit_(options.restart_limit), window_(options.restart_window) {}

    // Notes a restart; false when it is one too many.
    bool allow() {
        const std::int64_t now = SystemClock::host_ms();
        while (!restarts_.empty() && restarts_.front() <= now - window_.count()) restarts_.pop_front();
        restarts_.push_back(now);
        return restarts_.size() <= limit_;
    }

private:
    std::size_t limit_;
    Duration window_;
    std::deque<std::int64_t> restarts_;
};

// As a panic, which leaves where it hangs (crash_dump.hpp); by force if that takes too long.
void end_hanging(pid_t child, int process) {
    kill(child, SIGABRT);
    pollfd ended{process, POLLIN, 0};
    if (poll(&ended, 1, panic_patience_ms) != 1) kill(child, SIGKILL);
}

// One power-on of one chip.
class PoweredChip {
public:
    PoweredChip(const VchipOptions& options, SharedPage page, SerialOutput& serial)
        : options_(options), serial_(serial), page_(std::move(page)), guard_(options) {}

    Status run();

private:
    // How a firmware process ended: the next boot's reset reason; empty = the chip is switched off.
    using End = std::optional<ResetReason>;

    Result<Descriptor> load(unsigned boot_number);
    Result<pid_t> start(const Descriptor& image);
    [[noreturn]] void become_firmware(const Descriptor& image, pid_t parent, char* const* environment);
    Result<End> supervise(pid_t child);
    bool wait_for_end(int process, std::int64_t booted_at) const;
    std::int64_t watchdog_due(std::int64_t booted_at) const;
    Result<End> judge(int status) const;

    void say(const std::string& text) const { vchip::say(serial_, text); }

    const VchipOptions& options_;
    SerialOutput& serial_;
    SharedPage page_;
    LoopGuard guard_;
    Descriptor bell_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};  // the firmware's, when it starts its watchdog
    std::optional<FlashLock> lock_;
    ResetReason reason_ = ResetReason::power_on;
};

Status PoweredChip::run() {
    for (unsigned boots = 1;; ++boots) {
        auto image = load(boots);
        if (!image) return fail(image.error());
        const auto child = start(*image);
        if (!child) return fail(child.error());
        const auto end = supervise(*child);
        if (!end) return fail(end.error());
        if (!*end) return {};
        reason_ = **end;
        if (options_.max_boots != 0 && boots >= options_.max_boots) {
            say("stopped after " + std::to_string(boots) + " boots");
            return {};
        }
        if (reason_ == ResetReason::deep_sleep) {
            say("deep sleep for " + std::to_string(page_->sleep_ms) + " ms");
            sleep_out(page_->wall, Duration(page_->sleep_ms), options_.radio);
        } else if (!guard_.allow()) {
            return fail(errors::vchip_boot_loop);
        }
    }
}

// The boot loader: chooses a slot, says so, and hands out its image.
Result<Descriptor> PoweredChip::load(unsigned boot_number) {
    if (!lock_) {
        // Creates the file, so that there is something to lock; nothing is written to an existing one.
        const auto created =
            ProcessFlash::open(options_.flash, options_.partitions, options_.flash_size, options_.faults, *page_);
        if (!created) return fail(created.error());
        auto lock = FlashLock::take(options_.flash, lock_patience);
        if (!lock) return fail(lock.error());
        lock_.emplace(std::move(*lock));
        const auto efuses = read_or_burn_efuses(efuse_file_of(options_.flash));
        if (!efuses) return fail(efuses.error());
        page_->efuses = *efuses;
    }
    auto flash = ProcessFlash::open(options_.flash, options_.partitions, options_.flash_size, options_.faults, *page_,
                                    options_.operations);
    if (!flash) return fail(flash.error());
    const auto choice = boot(*flash->flash, flash->table);
    if (!choice) return fail(choice.error());
    const auto slot = slot_region(*flash->flash, flash->table, choice->slot);
    if (!slot) return fail(slot.error());
    say("boot " + std::to_string(boot_number) + " (" + std::string(chip::name(reason_)) + "): slot " +
        (choice->slot == chip::SlotId::a ? "ota_0" : "ota_1") + " (" + std::string(name_of(choice->state)) +
        "), image " + std::to_string((choice->image_size + 1023) / 1024) + " KiB");
    trace::event("chip", "boot",
                 {{"boot", boot_number},
                  {"reason", chip::name(reason_)},
                  {"slot", choice->slot == chip::SlotId::a ? "a" : "b"},
                  {"state", name_of(choice->state)},
                  {"image", choice->image_size}});
    page_->running_slot = static_cast<std::uint32_t>(choice->slot);
    return copy_image(*slot, choice->image_size);
}

Result<pid_t> PoweredChip::start(const Descriptor& image) {
    page_->reset_reason = static_cast<std::uint32_t>(reason_);
    page_->request = ChipPage::Request::none;
    page_->watchdog_ms = 0;
    std::vector<std::string> variables;
    const auto add = [&variables](std::string_view name, const std::string& value) {
        variables.push_back(std::string(name) + "=" + value);
    };
    add(env_page, std::to_string(page_.fd()));
    add(env_bell, std::to_string(bell_.get()));
    add(env_flash, options_.flash);
    add(env_partitions, options_.partitions);
    add(env_radio, options_.radio);
    add(env_wired, options_.wired ? "1" : "");
    add(env_mac, mac_text(options_.mac));
    add(env_ports, to_text(options_.ports));
    add(env_faults, to_text(options_.faults));
    add(env_operations, options_.operations);
    add(env_pins, options_.pins);
    add(env_trace, to_text(options_.trace));
    std::vector<char*> environment;
    for (auto& variable : variables) environment.push_back(variable.data());
    for (char** inherited = environ; *inherited != nullptr; ++inherited) {
        if (!std::string_view(*inherited).starts_with("ESB_VCHIP_")) environment.push_back(*inherited);
    }
    environment.push_back(nullptr);

    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) return fail(errors::vchip_host, errno);
    if (child == 0) become_firmware(image, parent, environment.data());
    return child;
}

// In the child: only calls that are safe after fork() in a program with threads.
void PoweredChip::become_firmware(const Descriptor& image, pid_t parent, char* const* environment) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(exit_not_executable);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    fcntl(page_.fd(), F_SETFD, 0);
    fcntl(bell_.get(), F_SETFD, 0);
    fcntl(lock_->fd(), F_SETFD, 0);
    if (options_.trace.fd >= 0) fcntl(options_.trace.fd, F_SETFD, 0);
    char name[] = "firmware";
    char* const arguments[] = {name, nullptr};
    fexecve(image.get(), arguments, environment);
    _exit(exit_not_executable);
}

// Waits for the child's end and plays its watchdog.
Result<PoweredChip::End> PoweredChip::supervise(pid_t child) {
    const std::int64_t booted_at = SystemClock::host_ms();
    // By number: glibc 2.36 declares pidfd_open() without C linkage.
    const Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
    if (handle.get() < 0) {
        const int code = errno;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        return fail(errors::vchip_host, code);
    }
    const bool bitten = !wait_for_end(handle.get(), booted_at);
    if (bitten) end_hanging(child, handle.get());
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!bitten) return judge(status);
    trace::event("chip", "watchdog", {});
    say(std::string(page_->watchdog_ms == 0 ? "boot watchdog" : "watchdog") + ": the firmware hangs, restarting");
    return End(ResetReason::task_watchdog);
}

// True when it has ended, false when its watchdog has run out. Nobody looks in between: feeding only puts the moment off,
// and whoever starts the watchdog rings.
bool PoweredChip::wait_for_end(int process, std::int64_t booted_at) const {
    for (;;) {
        const std::int64_t left = std::max<std::int64_t>(watchdog_due(booted_at) - SystemClock::host_ms(), 0);
        pollfd waits[] = {{process, POLLIN, 0}, {bell_.get(), POLLIN, 0}};
        poll(waits, std::size(waits), static_cast<int>(std::min<std::int64_t>(left, longest_wait_ms)));
        if (waits[0].revents != 0) return true;
        if (waits[1].revents != 0) {
            std::uint64_t rung = 0;
            [[maybe_unused]] const auto got = read(bell_.get(), &rung, sizeof rung);
        }
        if (SystemClock::host_ms() >= watchdog_due(booted_at)) return false;
    }
}

std::int64_t PoweredChip::watchdog_due(std::int64_t booted_at) const {
    const std::int64_t started = page_->watchdog_ms;
    return started == 0 ? booted_at + options_.boot_watchdog.count() : page_->watchdog_fed_at + started;
}

Result<PoweredChip::End> PoweredChip::judge(int status) const {
    if (page_->request == ChipPage::Request::power_cut) {
        for (;;) raise(SIGKILL);
    }
    if (WIFSIGNALED(status)) {
        trace::event("chip", "crash", {{"signal", WTERMSIG(status)}});
        say("the firmware crashed (signal " + std::to_string(WTERMSIG(status)) + "), restarting");
        return End(ResetReason::panic);
    }
    const int code = WEXITSTATUS(status);
    if (code == 0 && page_->request == ChipPage::Request::restart) return End(ResetReason::software);
    if (code == 0 && page_->request == ChipPage::Request::deep_sleep) return End(ResetReason::deep_sleep);
    if (code == 0) {
        trace::event("chip", "off", {});
        say("power off");
        return End();
    }
    if (code == exit_no_board) return fail(errors::vchip_no_board);
    if (code == exit_not_executable) return fail(errors::vchip_not_executable);
    trace::event("chip", "crash", {{"exit", code}});
    say("the firmware crashed (exit code " + std::to_string(code) + "), restarting");
    return End(ResetReason::panic);
}

}  // namespace

int run_vchip(const VchipOptions& options) {
    SerialOutput serial(STDOUT_FILENO);
    const Tracer tracer(options.trace);
    auto page = SharedPage::create();
    const Status ran = page ? PoweredChip(options, std::move(*page), serial).run() : fail(page.error());
    if (ran) return 0;
    say(serial, "error: " + text_of(ran.error()));
    return 1;
}

}  // namespace esb::vchip
