// Where what is made goes to: names that were mistyped, lines that are added, bytes for another program's eyes.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/vchip/descriptor.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// All of the text, or false with errno.
bool write_all(int fd, std::string_view text);

// Fails when one of `outputs` is the same file as one of `inputs` or as another output: a name that was mistyped.
Outcome<void> check_outputs(const std::vector<std::filesystem::path>& inputs,
                            const std::vector<std::filesystem::path>& outputs);

// Adds to a file for its owner alone (0600), durably: all of the text, or nothing. Fails where others can read.
Outcome<void> append_private(const std::filesystem::path& path, std::string_view text);

// A file in memory, which another program reads by its path: nothing is left of it when this process ends, however it
// does.
class MemoryFile {
public:
    static Outcome<MemoryFile> make(std::string_view content);
    std::string path() const;

private:
    explicit MemoryFile(int fd) : file_(fd) {}
    vchip::Descriptor file_;
};

}  // namespace esb::cli
