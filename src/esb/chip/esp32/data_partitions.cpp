#include "esb/chip/esp32/data_partitions.hpp"

#include "esb/base/fixed.hpp"
#include "esb/chip/errors.hpp"

#include <esp_ota_ops.h>
#include <esp_partition.h>

namespace esb::chip::esp32 {
namespace {

constexpr std::size_t label_max = 16;

// The first subtype that the chip does not use itself.
constexpr auto first_free = ESP_PARTITION_SUBTYPE_DATA_UNDEFINED;

const esp_partition_t* find(std::string_view name, SlotId slot) {
    FixedString<label_max> label;
    if (!label.append(name) || !label.append(slot == SlotId::a ? "_0" : "_1")) return nullptr;
    const auto* found = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, label.c_str());
    return found != nullptr && found->subtype >= first_free ? found : nullptr;
}

bool inside(const esp_partition_t* partition, std::size_t offset, std::size_t length) {
    return partition != nullptr && offset <= partition->size && length <= partition->size - offset;
}

bool runs(SlotId slot) {
    const auto* running = esp_ota_get_running_partition();
    return running->subtype == (slot == SlotId::a ? ESP_PARTITION_SUBTYPE_APP_OTA_0 : ESP_PARTITION_SUBTYPE_APP_OTA_1);
}

Status outcome(esp_err_t done) { return done == ESP_OK ? Status() : fail(errors::flash_failed, done); }

}  // namespace

std::optional<std::size_t> DataPartitions::size(std::string_view name) const {
    const auto* a = find(name, SlotId::a);
    const auto* b = find(name, SlotId::b);
    if (a == nullptr || b == nullptr || a->size != b->size) return std::nullopt;
    return a->size;
}

Status DataPartitions::read(std::string_view name, SlotId slot, std::size_t offset, MutBytes out) {
    const auto* partition = find(name, slot);
    if (!inside(partition, offset, out.size())) return fail(errors::slot_bounds);
    return outcome(esp_partition_read(partition, offset, out.data(), out.size()));
}

Status DataPartitions::erase(std::string_view name, SlotId slot, std::size_t offset, std::size_t length) {
    const auto* partition = find(name, slot);
    if (runs(slot)) return fail(errors::slot_running);
    if (!inside(partition, offset, length)) return fail(errors::slot_bounds);
    return outcome(esp_partition_erase_range(partition, offset, length));
}

Status DataPartitions::program(std::string_view name, SlotId slot, std::size_t offset, ConstBytes bytes) {
    const auto* partition = find(name, slot);
    if (runs(slot)) return fail(errors::slot_running);
    if (!inside(partition, offset, bytes.size())) return fail(errors::slot_bounds);
    return outcome(esp_partition_write(partition, offset, bytes.data(), bytes.size()));
}

}  // namespace esb::chip::esp32
