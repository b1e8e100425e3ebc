// Makes the image of an NVS partition, byte for byte what ESP-IDF's generator (esp-idf-nvs-partition-gen 0.2.0) makes of
// the same values in the same order.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"
#include "host/nvs/cipher.hpp"
#include "host/nvs/errors.hpp"
#include "host/nvs/format.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::nvs {

// The same calls give the same bytes. After an error of anything but a name or a value the image is not whole.
class ImageWriter {
public:
    // `size`: the partition's, in bytes. Its last page stays free, since NVS needs one to move values. nvs_size.
    static Result<ImageWriter> make(std::size_t size, std::optional<Cipher> cipher = std::nullopt);

    // Where the values that follow belong. nvs_name, nvs_full.
    Status open(std::string_view name_space);
    // Bits of the value beyond the type's size are left out. nvs_name, nvs_full.
    Status integer(std::string_view key, Type type, std::uint64_t value);
    // Without NUL; at most 3967 bytes. nvs_name, nvs_too_long, nvs_full.
    Status text(std::string_view key, std::string_view value);
    // As large as there is room, over several pages. nvs_name, nvs_full.
    Status blob(std::string_view key, ConstBytes value);

    const std::vector<std::uint8_t>& image() const { return image_; }

private:
    using Entry = std::array<std::uint8_t, entry_size>;
    struct Head {
        std::string_view key;
        std::uint8_t name_space;
        Type type;
        std::size_t span = 1;
        std::uint8_t chunk = any_chunk;
    };

    ImageWriter(std::size_t size, std::optional<Cipher> cipher);
    Status next_page();
    void begin_page();
    Status put_integer(const Head& head, std::uint64_t value);
    Status put_bytes(const Head& head, ConstBytes value);
    Status put(Entry entry);
    Status append(ConstBytes bytes);
    static Entry entry_of(const Head& head);
    MutBytes page() { return MutBytes(image_).subspan(page_ * page_size, page_size); }

    std::vector<std::uint8_t> image_;
    std::optional<Cipher> cipher_;
    std::size_t page_ = 0;
    std::size_t used_ = 0;  // entries of that page
    std::vector<std::string> name_spaces_;
    std::uint8_t current_ = 0;  // namespace; 0: none yet
};

}  // namespace esb::nvs
