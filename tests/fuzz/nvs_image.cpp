// Any bytes as an NVS partition: nothing is read beyond it, and what is read is read again from an image that we write of
// it. The first byte says whether checksums are mended, so that the search comes past them.
#include "host/nvs/image_reader.hpp"
#include "host/nvs/image_writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

using namespace esb;
using namespace esb::nvs;

void require(bool holds) {
    if (!holds) std::abort();
}

void put_le32(MutBytes out, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> 8 * i);
}

// Pages of our own around the bytes as entries.
std::vector<std::uint8_t> around(ConstBytes entries) {
    std::vector<std::uint8_t> image;
    for (std::uint32_t page = 0; page < 4; ++page) {
        const auto part = entries.first(std::min(entries.size(), entries_per_page * entry_size));
        entries = entries.subspan(part.size());
        const std::size_t at = image.size();
        image.resize(at + page_size, 0xFF);
        if (part.empty()) continue;
        const auto whole = MutBytes(image).subspan(at);
        put_le32(whole, page_active);
        put_le32(whole.subspan(4), page);
        whole[8] = version_2;
        put_le32(whole.subspan(28), checksum(whole.subspan(4, header_size - 8)));
        copy(part, whole.subspan(first_entry_at));
        for (std::size_t i = 0; i < (part.size() + entry_size - 1) / entry_size; ++i) {
            whole[bitmap_at + i / 4] = static_cast<std::uint8_t>(whole[bitmap_at + i / 4] & ~(1U << 2 * (i % 4)));
            const std::span<std::uint8_t, entry_size> entry(whole.data() + first_entry_at + i * entry_size, entry_size);
            put_le32(entry.subspan<4>(), entry_checksum(entry));
        }
    }
    return image;
}

Status write(const std::vector<Value>& values, ImageWriter& writer) {
    for (const auto& value : values) {
        ESB_TRY(writer.open(value.name_space));
        if (value.type == Type::text) {
            ESB_TRY(writer.text(value.key, as_text(value.bytes)));
        } else if (value.type == Type::blob) {
            ESB_TRY(writer.blob(value.key, value.bytes));
        } else {
            std::uint64_t number = 0;
            for (std::size_t i = value.bytes.size(); i > 0; --i) number = number << 8 | value.bytes[i - 1];
            ESB_TRY(writer.integer(value.key, value.type, number));
        }
    }
    return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ConstBytes rest(data + 1, size - 1);
    std::vector<std::uint8_t> image(rest.begin(), rest.end());
    if (data[0] % 2 == 1) image = around(rest);
    const auto values = read_image(image, nullptr);
    if (!values) return 0;
    require(image.size() % page_size == 0);
    auto writer = ImageWriter::make(0x10000);
    if (!write(*values, *writer)) return 0;  // a name or a text that NVS has no place for
    const auto again = read_image(writer->image(), nullptr);
    require(again && *again == *values);
    return 0;
}
