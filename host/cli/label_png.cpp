// The label as PNG. The only file that knows libpng.
#include "host/cli/bitmap_font.hpp"
#include "host/cli/label.hpp"

#include <cstdint>

#include <png.h>

namespace esb::cli {
namespace {

constexpr int module_dots = 8;
constexpr int letter_scale = 2;  // dots of the picture a dot of a letter
constexpr int letter_advance = (glyph_width + 1) * letter_scale;
constexpr int line_advance = (glyph_height + 4) * letter_scale;

// White at first.
class Picture {
public:
    Picture(int width, int height)
        : width_(width), height_(height), dots_(static_cast<std::size_t>(width * height), std::uint8_t{255}) {}

    void fill(int x, int y, int side) {
        for (int row = y; row < y + side; ++row) {
            for (int column = x; column < x + side; ++column)
                dots_[static_cast<std::size_t>(row * width_ + column)] = 0;
        }
    }
    void letter(int x, int y, char c) {
        const auto& glyph = glyph_of(c);
        for (int row = 0; row < glyph_height; ++row) {
            for (int column = 0; column < glyph_width; ++column) {
                if ((glyph[static_cast<std::size_t>(row)] >> (glyph_width - 1 - column) & 1) == 0) continue;
                fill(x + column * letter_scale, y + row * letter_scale, letter_scale);
            }
        }
    }
    Outcome<std::string> png() const {
        png_image image{};
        image.version = PNG_IMAGE_VERSION;
        image.width = static_cast<png_uint_32>(width_);
        image.height = static_cast<png_uint_32>(height_);
        image.format = PNG_FORMAT_GRAY;
        png_alloc_size_t size = 0;
        std::string bytes;
        if (png_image_write_to_memory(&image, nullptr, &size, 0, dots_.data(), 0, nullptr) != 0) {
            bytes.resize(size);
            if (png_image_write_to_memory(&image, bytes.data(), &size, 0, dots_.data(), 0, nullptr) != 0) return bytes;
        }
        return failure(std::string("no PNG could be made: ") + image.message);
    }

private:
    int width_;
    int height_;
    std::vector<std::uint8_t> dots_;
};

}  // namespace

Outcome<std::string> Label::png() const {
    const int width = (code_.size() + 2 * QrCode::quiet_zone) * module_dots;
    Picture picture(width, width + static_cast<int>(lines_.size()) * line_advance);
    for (int y = 0; y < code_.size(); ++y) {
        for (int x = 0; x < code_.size(); ++x) {
            if (!code_.is_dark(x, y)) continue;
            picture.fill((x + QrCode::quiet_zone) * module_dots, (y + QrCode::quiet_zone) * module_dots, module_dots);
        }
    }
    int y = width - QrCode::quiet_zone / 2 * module_dots;
    for (const auto& line : lines_) {
        int x = (width - static_cast<int>(line.size()) * letter_advance) / 2;
        for (const char c : line) {
            picture.letter(x, y, c);
            x += letter_advance;
        }
        y += line_advance;
    }
    return picture.png();
}

}  // namespace esb::cli
