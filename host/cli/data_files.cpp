#include "host/cli/data_files.hpp"

#include "esb/ota/manifest.hpp"
#include "host/cli/files.hpp"

#include <algorithm>

namespace esb::cli {
namespace {

constexpr std::size_t part_file_max = 64 * 1024 * 1024;

bool is_part(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && name.size() <= decltype(ota::DataFile::part)::capacity() &&
           std::all_of(name.begin(), name.end(), allowed);
}

Outcome<PartFile> read_part_file(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return failure("'" + text + "' is not PART=FILE");
    PartFile made{text.substr(0, equals), {}};
    if (!is_part(made.part)) {
        return failure("'" + made.part + "' is no name for a partition: 1 to 14 of a-z, 0-9 and _");
    }
    auto bytes = read_file(text.substr(equals + 1), part_file_max);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return failure(text.substr(equals + 1) + " is empty");
    made.bytes = std::move(*bytes);
    return made;
}

}  // namespace

Outcome<std::vector<PartFile>> read_part_files(const std::vector<std::string>& texts) {
    if (texts.size() > ota::max_data) {
        return failure("an update brings data for at most " + std::to_string(ota::max_data) + " partitions");
    }
    std::vector<PartFile> made;
    for (const auto& text : texts) {
        auto file = read_part_file(text);
        if (!file) return std::unexpected(file.error());
        const auto same = [&](const PartFile& other) { return other.part == file->part; };
        if (std::any_of(made.begin(), made.end(), same)) return failure("'" + file->part + "' is there twice");
        made.push_back(std::move(*file));
    }
    return made;
}

}  // namespace esb::cli
