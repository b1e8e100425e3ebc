// A firmware image on the operator's disk: who it is, how long it is, what it hashes to.
#pragma once

#include "esb/crypto/crypto.hpp"
#include "host/cli/outcome.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace esb::cli {

struct ImageFile {
    std::string app;
    std::string hw;
    std::string ver;
    std::uint32_t seq = 0;
    std::uint32_t size = 0;  // bytes
    crypto::Digest sha256{};
};

// An ESP32 image (magic 0xE9, descriptor at 0x120) or one of the virtual chip (ELF, descriptor at 0x400).
Outcome<ImageFile> inspect_image(std::string_view bytes);
Outcome<std::string> read_image_file(const std::filesystem::path& path);
Outcome<ImageFile> inspect_image_file(const std::filesystem::path& path);

std::string hex_text(ConstBytes bytes);

}  // namespace esb::cli
