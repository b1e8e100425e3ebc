#include "host/cli/source_watch.hpp"

#include <functional>
#include <string>
#include <utility>

namespace esb::cli {
namespace {

bool is_left_out(const std::filesystem::path& name) {
    const auto text = name.string();
    return text.starts_with('.') || text.starts_with("build") || text == "__pycache__";
}

std::uint64_t mixed(std::uint64_t so_far, std::uint64_t value) {
    return (so_far ^ value) * 0x100000001B3U;  // FNV-1a, a word at a time
}

}  // namespace

std::uint64_t fingerprint(const std::filesystem::path& folder) {
    namespace fs = std::filesystem;
    std::error_code error;
    std::uint64_t sum = 0;  // of the files: their order in a folder is nobody's
    for (fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
         !error && at != end; at.increment(error)) {
        if (is_left_out(at->path().filename())) {
            if (at->is_directory(error)) at.disable_recursion_pending();
            continue;
        }
        if (!at->is_regular_file(error)) continue;
        auto one = mixed(0xCBF29CE484222325U, std::hash<std::string>()(at->path().string()));
        one = mixed(one, at->file_size(error));
        one = mixed(one, static_cast<std::uint64_t>(at->last_write_time(error).time_since_epoch().count()));
        sum += one;
    }
    return sum;
}

SourceWatch::SourceWatch(std::filesystem::path folder)
    : folder_(std::move(folder)), told_(fingerprint(folder_)), seen_(told_) {}

bool SourceWatch::look() {
    const auto now = fingerprint(folder_);
    const bool at_rest = now == seen_;
    seen_ = now;
    if (!at_rest || now == told_) return false;
    told_ = now;
    return true;
}

}  // namespace esb::cli
