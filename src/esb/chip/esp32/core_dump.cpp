#include "esb/chip/esp32/core_dump.hpp"

#include "esb/chip/errors.hpp"
#include "esb/chip/key_value.hpp"

#include <esp_core_dump.h>
#include <esp_partition.h>
#include <sdkconfig.h>

#include <memory>
#include <new>

#if !CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH
#error "CONFIG_ESB_CORE_DUMP needs CONFIG_ESP_COREDUMP_ENABLE_TO_FLASH=y too: without it a crash leaves nothing"
#endif

namespace esb::chip::esp32 {

CoreDump::CoreDump() {
    if (esp_core_dump_image_get(&address_, &size_) != ESP_OK) size_ = 0;
}

std::optional<std::uint32_t> CoreDump::place() const {
#if CONFIG_ESP_COREDUMP_DATA_FORMAT_ELF
    // On the heap: with a piece of the stack in it, it has more than a kilobyte.
    const std::unique_ptr<esp_core_dump_summary_t> summary(new (std::nothrow) esp_core_dump_summary_t{});
    if (size_ == 0 || summary == nullptr || esp_core_dump_get_summary(summary.get()) != ESP_OK) return std::nullopt;
    return summary->exc_pc;
#else
    return std::nullopt;
#endif
}

Status CoreDump::read(std::size_t offset, MutBytes out) {
    if (offset > size_ || out.size() > size_ - offset) return fail(errors::slot_bounds);
    const auto* partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_COREDUMP, nullptr);
    if (partition == nullptr || address_ < partition->address) return fail(errors::flash_failed);
    const auto done = esp_partition_read(partition, address_ - partition->address + offset, out.data(), out.size());
    return done == ESP_OK ? Status() : fail(errors::flash_failed, done);
}

Status CoreDump::erase() {
    if (size_ == 0) return {};
    const auto done = esp_core_dump_image_erase();
    if (done != ESP_OK) return fail(errors::flash_failed, done);
    size_ = 0;
    return {};
}

}  // namespace esb::chip::esp32
