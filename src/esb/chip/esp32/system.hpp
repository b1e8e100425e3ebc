// chip::System on ESP-IDF.
#pragma once

#include "esb/chip/system.hpp"

#include "esb/base/features.hpp"
#include "esb/base/fixed.hpp"
#if ESB_CORE_DUMP
#include "esb/chip/esp32/core_dump.hpp"
#endif
#if ESB_DATA_PARTITIONS
#include "esb/chip/esp32/data_partitions.hpp"
#endif

namespace esb::errors {
inline constexpr ErrorKind watchdog_failed{"chip.watchdog",
                                           "the task watchdog cannot be started"};  // detail: esp_err_t
}

namespace esb::chip::esp32 {

class System final : public chip::System {
public:
    System();

    std::array<std::uint8_t, 6> station_mac() const override;
    std::string_view hardware() const override;
    ResetReason reset_reason() const override;
    Heap heap() const override;
    std::size_t stack_reserve() const override;
    std::span<const std::string_view> protections() const override {
        return {protections_.begin(), protections_.size()};
    }
    [[noreturn]] void restart() override;
#if ESB_CORE_DUMP
    chip::CoreDump* core_dump() override { return &core_dump_; }
#endif
#if ESB_DATA_PARTITIONS
    chip::DataPartitions* data_partitions() override { return &data_partitions_; }
#endif
    [[noreturn]] void deep_sleep(Duration time) override;
    // The task watchdog is one for the whole chip: the timeout counts for its other users too, and a task that
    // starves restarts the chip.
    Status start_watchdog(Duration timeout) override;
    void feed_watchdog() override;

private:
    FixedVector<std::string_view, 3> protections_;
#if ESB_CORE_DUMP
    CoreDump core_dump_;
#endif
#if ESB_DATA_PARTITIONS
    DataPartitions data_partitions_;
#endif
};

}  // namespace esb::chip::esp32
