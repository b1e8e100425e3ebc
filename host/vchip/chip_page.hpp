// The page of memory that the boot-loader process shares with the firmware process: what a chip keeps over a restart.
#pragma once

#include "esb/base/result.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/nvs_cipher.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace esb::errors {
inline constexpr ErrorKind chip_page{"vchip.page", "the shared page cannot be made or is not one"};
}  // namespace esb::errors

namespace esb::vchip {

// Written by both sides, so every shared member is atomic (lock-free, hence valid across processes). Whoever starts the
// watchdog, and so changes when the boot loader has to look at it, rings the bell (an eventfd) that both have.
struct ChipPage {
    static constexpr std::uint32_t expected_magic = 0x35504356;  // "VCP5"
    static constexpr std::size_t retained_size = 4192;  // bytes: Debian's Mbed TLS keeps certificates in a TLS session
    enum class Request : std::uint32_t { none, restart, power_cut, deep_sleep };

    std::uint32_t magic = expected_magic;
    std::atomic<std::uint32_t> reset_reason{0};      // chip::ResetReason
    std::atomic<std::uint32_t> running_slot{0};      // chip::SlotId
    std::atomic<Request> request{Request::none};     // what the firmware wants when it ends
    std::atomic<std::int64_t> sleep_ms{0};           // of a deep sleep that the firmware wants
    std::atomic<std::int64_t> watchdog_ms{0};        // 0: not started yet
    std::atomic<std::int64_t> watchdog_fed_at{0};    // SystemClock::host_ms()
    std::atomic<std::uint64_t> flash_operations{0};  // since power-on, of both processes
    WallOffset wall;
    EfuseKey efuses{};  // set before the first firmware starts
    alignas(4) std::uint8_t retained[retained_size] = {};
};

// Owns a mapping of the page and the memfd behind it.
class SharedPage {
public:
    // A new one; the retained memory holds noise, as after power-on.
    static Result<SharedPage> create();
    // The one behind an inherited descriptor, which is closed.
    static Result<SharedPage> inherit(int fd);
    SharedPage(SharedPage&& other) noexcept;
    SharedPage& operator=(SharedPage&&) = delete;
    ~SharedPage();

    ChipPage& operator*() const { return *page_; }
    ChipPage* operator->() const { return page_; }
    // -1 for an inherited one.
    int fd() const { return fd_; }

private:
    SharedPage(ChipPage* page, int fd) : page_(page), fd_(fd) {}

    ChipPage* page_;
    int fd_;
};

}  // namespace esb::vchip
