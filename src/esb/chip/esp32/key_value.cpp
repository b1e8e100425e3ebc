#include "esb/chip/esp32/key_value.hpp"

#include "esb/base/fixed.hpp"

#include <esp_partition.h>
#include <esp_rom_crc.h>
#include <nvs_flash.h>
#include <sdkconfig.h>

#include <algorithm>
#include <array>

namespace esb::chip::esp32 {
namespace {

constexpr const char* name_space = "esb";
constexpr std::size_t page_size = 4096;
constexpr std::size_t header_size = 32;

using Key = FixedString<kv_key_max>;

Result<Key> checked(std::string_view key) {
    const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (key.empty() || key.size() > kv_key_max || !printable) return fail(errors::kv_bad_key);
    return Key::from(key);
}

// A page begins with state, sequence number, version and so on, and a CRC of all but the state ("NVS: Structure of a
// page" in ESP-IDF's guide). NVS encryption leaves it in the clear.
bool is_nvs_header(ConstBytes header) {
    constexpr std::array<std::uint32_t, 3> states{0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8};  // active, full, freeing
    ByteReader reader(header);
    const auto state = *reader.le32();
    const auto covered = *reader.take(header_size - 8);
    if (std::find(states.begin(), states.end(), state) == states.end()) return false;
    return *reader.le32() == esp_rom_crc32_le(UINT32_MAX, covered.data(), static_cast<std::uint32_t>(covered.size()));
}

using Header = std::array<std::uint8_t, header_size>;

// One bit away from a header: a page that held something. NVS takes it for a free one. (A cut in an erase leaves more.)
bool is_rotten_header(Header header) {
    for (std::size_t bit = 0; bit < 8 * header.size(); ++bit) {
        const auto flip = [&] { header[bit / 8] = static_cast<std::uint8_t>(header[bit / 8] ^ (1U << bit % 8)); };
        flip();
        if (is_nvs_header(header)) return true;
        flip();
    }
    return false;
}

bool is_erased(ConstBytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0xFF; });
}

enum class Contents : std::uint8_t { erased, nvs, foreign };

struct Pages {
    bool any_good = false;
    bool any_rotten = false;
};

Result<Pages> look_at_headers(const esp_partition_t& partition) {
    Pages pages;
    for (std::size_t at = 0; at < partition.size; at += page_size) {
        Header header{};
        const esp_err_t done = esp_partition_read_raw(&partition, at, header.data(), header.size());
        if (done != ESP_OK) return fail(errors::flash_failed, done);
        const bool good = is_nvs_header(header);
        pages.any_good = pages.any_good || good;
        pages.any_rotten = pages.any_rotten || (!good && !is_erased(header) && is_rotten_header(header));
    }
    return pages;
}

Result<Contents> survey_without_headers(const esp_partition_t& partition) {
    std::array<std::uint8_t, 256> piece{};
    bool erased = true;
    for (std::size_t at = 0; at < partition.size; at += piece.size()) {
        const esp_err_t done = esp_partition_read_raw(&partition, at, piece.data(), piece.size());
        if (done != ESP_OK) return fail(errors::flash_failed, done);
        const ConstBytes bytes(piece);
        // The power may have gone while NVS wrote the very first header.
        erased = erased && is_erased(at == 0 ? bytes.subspan(header_size) : bytes);
    }
    return erased ? Contents::erased : Contents::foreign;
}

#if CONFIG_NVS_ENCRYPTION

constexpr std::size_t items_begin = 64;  // behind a page's header and its map of states
constexpr std::size_t item_size = 32;

// Namespace, type, span and chunk; CRC of all the rest; key and data ("Structure of entry").
bool is_item_in_clear(ConstBytes item) {
    const std::uint32_t crc = esp_rom_crc32_le(UINT32_MAX, item.data(), 4);
    return *ByteReader(item.subspan(4)).le32() == esp_rom_crc32_le(crc, item.data() + 8, item_size - 8);
}

Result<bool> page_holds_item_in_clear(const esp_partition_t& partition, std::size_t page) {
    std::array<std::uint8_t, 14 * item_size> piece{};
    static_assert((page_size - items_begin) % piece.size() == 0);
    for (std::size_t at = page + items_begin; at < page + page_size; at += piece.size()) {
        const esp_err_t done = esp_partition_read_raw(&partition, at, piece.data(), piece.size());
        if (done != ESP_OK) return fail(errors::flash_failed, done);
        for (std::size_t item = 0; item < piece.size(); item += item_size) {
            if (is_item_in_clear(ConstBytes(piece).subspan(item, item_size))) return true;
        }
    }
    return false;
}

// A store from before encryption: NVS would take its items for garbage and erase them.
Result<bool> lies_in_clear(const esp_partition_t& partition) {
    for (std::size_t page = 0; page < partition.size; page += page_size) {
        const auto found = page_holds_item_in_clear(partition, page);
        if (!found || *found) return found;
    }
    return false;
}

#else

Result<bool> lies_in_clear(const esp_partition_t&) { return true; }

#endif

Status outcome(esp_err_t done) {
    if (done == ESP_OK) return {};
    if (done == ESP_ERR_NVS_NOT_ENOUGH_SPACE) return fail(errors::kv_full);
    return fail(done == ESP_ERR_NVS_INVALID_STATE ? errors::kv_corrupt : errors::flash_failed, done);
}

}  // namespace

Result<Mount> KeyValue::mount() {
    const auto* partition =
        esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_NVS, NVS_DEFAULT_PART_NAME);
    if (partition == nullptr) return fail(errors::kv_corrupt);
    const auto pages = look_at_headers(*partition);
    if (!pages) return fail(pages.error());
    damaged_ = pages->any_rotten;
    const auto contents = pages->any_good ? Result<Contents>(Contents::nvs) : survey_without_headers(*partition);
    if (!contents) return fail(contents.error());
    if (*contents == Contents::foreign) return fail(errors::kv_corrupt);
    const auto clear = *contents == Contents::nvs ? lies_in_clear(*partition) : Result<bool>(false);
    if (!clear) return fail(clear.error());
    // nvs_flash_init() encrypts where that is configured. With the HMAC scheme the very first call burns the key.
    esp_err_t done = *clear ? nvs_flash_init_partition(NVS_DEFAULT_PART_NAME) : nvs_flash_init();
    // No free page, a newer version, keys that do not fit: there is data, so somebody has to decide.
    if (done == ESP_OK) done = nvs_open(name_space, NVS_READWRITE, &handle_);
    if (done != ESP_OK) return fail(errors::kv_corrupt, done);
#if CONFIG_NVS_ENCRYPTION
    encrypted_ = !*clear;
#endif
    return *contents == Contents::erased ? Mount::formatted : Mount::existing;
}

Result<ConstBytes> KeyValue::get(std::string_view key, MutBytes out) {
    const auto name = checked(key);
    if (!name) return fail(name.error());
    std::size_t size = out.size();
    const esp_err_t done = nvs_get_blob(handle_, name->c_str(), out.data(), &size);
    if (done == ESP_ERR_NVS_NOT_FOUND) return fail(errors::kv_not_found);
    // Without a buffer NVS tells the size and calls it success.
    if (done == ESP_ERR_NVS_INVALID_LENGTH || (done == ESP_OK && size > out.size())) {
        return fail(errors::kv_too_small, static_cast<std::int32_t>(size));
    }
    ESB_TRY(outcome(done));
    return out.first(size);
}

// NVS compares before it writes, and writes the new version of a blob before it drops the old one.
Status KeyValue::put(std::string_view key, ConstBytes value) {
    const auto name = checked(key);
    if (!name) return fail(name.error());
    ESB_TRY(outcome(nvs_set_blob(handle_, name->c_str(), value.data(), value.size())));
    return outcome(nvs_commit(handle_));
}

Status KeyValue::remove(std::string_view key) {
    const auto name = checked(key);
    if (!name) return fail(name.error());
    const esp_err_t done = nvs_erase_key(handle_, name->c_str());
    if (done == ESP_ERR_NVS_NOT_FOUND) return {};
    ESB_TRY(outcome(done));
    return outcome(nvs_commit(handle_));
}

}  // namespace esb::chip::esp32
