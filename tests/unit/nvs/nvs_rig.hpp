// One content in every form that NVS has, and the images that ESP-IDF's generator makes of it.
#pragma once

#include "host/nvs/image_writer.hpp"

#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace esb::nvs::test {

inline constexpr std::size_t partition_size = 0x6000;

inline std::vector<std::uint8_t> pattern(std::size_t size, std::size_t seed) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(seed + 7 * i + (i >> 8));
    return bytes;
}

inline Keys counting_keys() {
    Keys keys{};
    std::iota(keys.begin(), keys.end(), std::uint8_t{0});
    return keys;
}

inline Cipher cipher() { return std::move(*Cipher::make(counting_keys())); }

inline Status write_content(ImageWriter& writer) {
    ESB_TRY(writer.open("esb"));
    ESB_TRY(writer.blob("cfg.a", pattern(300, 1)));
    ESB_TRY(writer.blob("born.shown.a", pattern(10, 2)));
    ESB_TRY(writer.open("author"));
    constexpr auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    ESB_TRY(writer.integer("n.u8", Type::u8, 255));
    ESB_TRY(writer.integer("n.i8", Type::i8, bits(-128)));
    ESB_TRY(writer.integer("n.u16", Type::u16, 65535));
    ESB_TRY(writer.integer("n.i16", Type::i16, bits(-32768)));
    ESB_TRY(writer.integer("n.u32", Type::u32, 4294967295));
    ESB_TRY(writer.integer("n.i32", Type::i32, bits(-2147483648LL)));
    ESB_TRY(writer.integer("n.u64", Type::u64, UINT64_MAX));
    ESB_TRY(writer.integer("n.i64", Type::i64, bits(INT64_MIN)));
    ESB_TRY(writer.text("name", "Gewaechshaus 42"));
    ESB_TRY(writer.text("long", std::string(text_max - 1, 'x')));
    ESB_TRY(writer.blob("pages", pattern(9000, 3)));
    return writer.blob("edge", pattern(32, 4));
}

inline std::vector<std::uint8_t> image(std::optional<Cipher> with = std::nullopt) {
    auto writer = ImageWriter::make(partition_size, std::move(with));
    if (!writer || !write_content(*writer)) return {};
    return writer->image();
}

}  // namespace esb::nvs::test
