#include "host/cli/slot_info.hpp"

#include "host/vchip/flash_store.hpp"
#include "host/vchip/image.hpp"
#include "host/vchip/partition_table.hpp"
#include "host/vchip/process_flash.hpp"

#include <filesystem>

namespace esb::cli {
namespace {

Outcome<std::unique_ptr<vchip::FileStore>> open_store(const std::string& flash) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(flash, error)) return failure(flash + ": there is no such flash file");
    auto store = vchip::FileStore::open(flash, vchip::flash_file_size(flash, vchip::default_flash_size));
    if (!store) return failure(flash, store.error());
    return std::move(*store);
}

std::optional<ImageFile> read_image(const vchip::FileStore& store, const vchip::Partition& slot) {
    const auto read = [&](std::size_t offset, MutBytes out) { return store.read(slot.offset + offset, out); };
    const auto size = vchip::verify_image(read, slot.size);
    if (!size) return std::nullopt;
    std::string bytes(*size, '\0');
    if (!read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()})) return std::nullopt;
    auto image = inspect_image(bytes);
    if (!image) return std::nullopt;
    return *image;
}

}  // namespace

Outcome<std::vector<SlotInfo>> read_slots(const std::string& flash, const std::string& partitions) {
    const auto store = open_store(flash);
    if (!store) return std::unexpected(store.error());
    const auto table = vchip::load_partitions(partitions, (*store)->size());
    if (!table) return failure(partitions.empty() ? flash : partitions, table.error());
    std::vector<SlotInfo> slots;
    for (std::uint8_t index = 0; index < 2; ++index) {
        const auto subtype = static_cast<std::uint8_t>(vchip::subtype_ota_0 + index);
        const auto* slot = table->find(vchip::PartitionType::app, subtype);
        if (slot == nullptr) return failure("the layout has no slot ota_" + std::to_string(index));
        slots.push_back({index == 0 ? 'a' : 'b', slot->offset, read_image(**store, *slot)});
    }
    return slots;
}

Outcome<void> erase_flash(const std::string& flash) {
    const auto store = open_store(flash);
    if (!store) return std::unexpected(store.error());
    if (const auto good = vchip::check_flash_file(**store); !good) return failure(flash, good.error());
    const auto lock = vchip::FlashLock::take(flash, std::chrono::seconds(5));
    if (!lock) return failure(flash, lock.error());
    const std::vector<std::uint8_t> erased(64 * 1024, 0xFF);
    for (std::size_t at = 0; at < (*store)->size(); at += erased.size()) {
        const auto piece = ConstBytes(erased).first(std::min(erased.size(), (*store)->size() - at));
        if (const auto done = (*store)->write(at, piece); !done) return failure(flash, done.error());
    }
    return {};
}

}  // namespace esb::cli
