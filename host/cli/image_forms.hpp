// The smaller files that an image can be made of (packer.hpp), as `esb sign` writes them beside it.
#pragma once

#include "esb/ota/manifest.hpp"
#include "host/cli/image_encryption.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// Of a form's file, behind the image's name, and of its address.
inline constexpr const char* suffix_of_compressed = ".z";
std::string suffix_of_difference(const crypto::Digest& old);

// Whether a device that has `old` (empty: of the compressed form) makes `image` of that file.
bool unpacks_to(std::string_view file, std::string_view image, std::string_view old);

struct ImageForm {
    std::optional<ImageFile> old;  // the image that it is the difference from; none: the image compressed
    PackedFile file;

    // ".z", or ".from-" and the old image's first digits.
    std::string suffix() const;
};

// Compressed, if `compressed`; as the difference from each of `old_images`, which are files. Each is unpacked again before
// it is given out. Fails for old images of another application or chip, for the image itself, and for more than
// ota::max_deltas.
Outcome<std::vector<ImageForm>> make_forms(const ImageFile& image, std::string_view bytes, bool compressed,
                                           const std::vector<std::string>& old_images);

// The address of a form whose file lies beside the image's; what follows a `?` stays.
std::string url_of_form(const std::string& url, const std::string& suffix);

// Of a signed envelope's update: what a device may fetch.
struct OfferedForms {
    std::uint32_t image = 0;  // bytes
    std::optional<std::uint32_t> compressed;
    struct Difference {
        std::uint32_t seq = 0;  // of the old image; 0: it is not told
        std::uint32_t bytes = 0;
    };
    std::vector<Difference> differences;
    struct Data {
        std::string part;
        std::uint32_t bytes = 0;
    };
    std::vector<Data> data{};
};
// Nothing for what is no update.
std::optional<OfferedForms> offered_forms(std::string_view envelope);
// For people: "812345 bytes; compressed 451234 (55 %); from seq 41: 9876 (1 %)".
std::string text_of(const OfferedForms& forms);
// What a device that runs `seq` will fetch: "9876 bytes, the difference from seq 41".
std::string will_fetch(const OfferedForms& forms, std::uint32_t seq, bool takes_packed);

}  // namespace esb::cli
