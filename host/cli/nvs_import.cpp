#include "host/cli/nvs_import.hpp"

#include "host/cli/files.hpp"
#include "host/nvs/image_reader.hpp"
#include "host/nvs/keys.hpp"
#include "host/vchip/key_value.hpp"
#include "host/vchip/process_flash.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace esb::cli {
namespace {

constexpr std::size_t partition_max = std::size_t{16} << 20;

Outcome<std::optional<nvs::Keys>> read_keys(const NvsImport& from) {
    const auto& file = from.keys.empty() ? from.hmac_key : from.keys;
    if (file.empty()) return std::nullopt;
    const auto text = read_file(file, nvs::page_size);
    if (!text) return std::unexpected(text.error());
    const auto bytes = as_bytes(*text);
    if (from.keys.empty()) {
        if (bytes.size() != nvs::hmac_key_size) return failure(file + ": the key of an HMAC unit has 32 bytes");
        return nvs::keys_of_hmac_key(bytes.first<nvs::hmac_key_size>());
    }
    const auto keys = nvs::read_keys_partition(bytes);
    if (!keys) return failure(file, keys.error());
    return *keys;
}

// The base's values; an author's namespaces have no place on a virtual chip.
Outcome<std::vector<nvs::Value>> read_values(const NvsImport& from) {
    const auto keys = read_keys(from);
    if (!keys) return std::unexpected(keys.error());
    std::optional<nvs::Cipher> cipher;
    if (*keys) {
        auto made = nvs::Cipher::make(**keys);
        if (!made) return failure(from.image, made.error());
        cipher = std::move(*made);
    }
    const auto image = read_file(from.image, partition_max);
    if (!image) return std::unexpected(image.error());
    auto values = nvs::read_image(as_bytes(*image), cipher ? &*cipher : nullptr);
    if (!values) return failure(from.image, values.error());
    std::erase_if(*values, [](const nvs::Value& value) {
        return value.name_space != nvs::device_name_space || value.type != nvs::Type::blob;
    });
    if (values->empty()) return failure(from.image + ": nothing of this base is in it");
    return std::move(*values);
}

}  // namespace

Outcome<std::size_t> import_nvs(const NvsImport& from, const std::string& flash, const std::string& partitions,
                                std::size_t size_of_new) {
    const auto values = read_values(from);
    if (!values) return std::unexpected(values.error());
    const auto done = [&]() -> Status {
        auto page = vchip::SharedPage::create();
        if (!page) return fail(page.error());
        auto open = vchip::ProcessFlash::open(flash, partitions, size_of_new, {}, **page);
        if (!open) return fail(open.error());
        const auto lock = vchip::FlashLock::take(flash, std::chrono::seconds(1));
        if (!lock) return fail(lock.error());
        auto region = open->table.region(*open->flash, vchip::PartitionType::data, vchip::subtype_nvs);
        if (!region) return fail(region.error());
        ESB_TRY(region->erase(0, region->size()));
        vchip::KeyValue store(*region);
        if (const auto mounted = store.mount(); !mounted) return fail(mounted.error());
        for (const auto& value : *values) ESB_TRY(store.put(value.key, value.bytes));
        return {};
    }();
    if (!done) return failure(flash, done.error());
    return values->size();
}

}  // namespace esb::cli
