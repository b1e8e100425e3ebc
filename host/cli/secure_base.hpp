// Where ESP32 Secure Base itself is, seen from this program: its repository, or what is installed beside the program.
#pragma once

#include <filesystem>

namespace esb::cli {

// The folder with esp-idf/esb and the sources; empty when there is none.
std::filesystem::path secure_base();
// That folder came by cmake --install or a package.
bool is_installed(const std::filesystem::path& base);
// This program, for running it once more.
std::filesystem::path own_program();

}  // namespace esb::cli
