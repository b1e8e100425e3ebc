// Notices that the sources of a project have changed.
#pragma once

#include <cstdint>
#include <filesystem>

namespace esb::cli {

// Every file below a folder but those in `build*` and in hidden folders, by name, size and time of change.
std::uint64_t fingerprint(const std::filesystem::path& folder);

// look() tells each change once, and only when nothing has changed since the look before: editors write in steps.
class SourceWatch {
public:
    explicit SourceWatch(std::filesystem::path folder);
    bool look();

private:
    std::filesystem::path folder_;
    std::uint64_t told_;
    std::uint64_t seen_;
};

}  // namespace esb::cli
