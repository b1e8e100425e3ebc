// A virtual chip's firmware image: a 64-bit ELF program with the ImageDescriptor at file offset 0x400, padded to 16
// bytes, followed by the SHA-256 of all before. The hash says "complete and unchanged", not "authorized": that is
// the update engine's business.
#pragma once

#include "esb/base/bytes.hpp"
#include "esb/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind image_format{"image.format", "this is not a 64-bit x86-64 or AArch64 ELF program"};
inline constexpr ErrorKind image_descriptor{"image.descriptor", "the program has no image descriptor at 0x400"};
inline constexpr ErrorKind image_size{"image.size", "the image does not fit, or its end is missing"};
inline constexpr ErrorKind image_trailing{"image.trailing", "the file goes on behind the program's end"};
inline constexpr ErrorKind image_hash{"image.hash", "the image's hash does not match"};
}  // namespace esb::errors

namespace esb::vchip {

inline constexpr std::size_t image_descriptor_at = 0x400;
inline constexpr std::size_t image_alignment = 16;
inline constexpr std::size_t image_hash_size = 32;

// Reads `out.size()` bytes at an offset; called only inside [0, limit) of the functions below.
using ImageReader = std::function<Status(std::size_t offset, MutBytes out)>;

// The whole image's size in bytes (program, padding, hash) from its header; at most `limit`, a multiple of 16.
// image_format, image_descriptor, image_size, or the reader's error.
Result<std::size_t> parse_image_size(const ImageReader& read, std::size_t limit);
// The same, and the hash matches: image_hash.
Result<std::size_t> verify_image(const ImageReader& read, std::size_t limit);
// The image made of a linked program. A file that is an image already is returned as it is; any other bytes behind
// the program are refused (image_trailing).
Result<std::vector<std::uint8_t>> seal_image(ConstBytes program);

}  // namespace esb::vchip
