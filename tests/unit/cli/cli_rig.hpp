// A folder that goes away, and `esb` run within the test's own process.
#pragma once

#include "host/cli/commands.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace esb::cli::test {

class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "esb-cli-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string operator/(std::string_view name) const { return (path_ / name).string(); }
    const std::filesystem::path& path() const { return path_; }
    void write(std::string_view name, std::string_view text) const {
        std::ofstream(path_ / name, std::ios::binary) << text;
    }
    std::string read(std::string_view name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    unsigned mode(std::string_view name) const {
        struct stat about{};
        return ::stat((path_ / name).c_str(), &about) == 0 ? about.st_mode & 0777U : 0;
    }
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
    }

private:
    std::filesystem::path path_;
};

// While it lives no file gets longer than this: what a full disk is to who writes.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes = 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit small{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

private:
    rlimit before_{};
};

struct Ran {
    int status;
    std::string out;
    std::string err;
};

inline Ran run_esb(const std::vector<std::string>& arguments, const std::string& input = {}) {
    static const Folder home;  // what `esb` remembers does not go to whoever runs the test
    ::setenv("XDG_CONFIG_HOME", home.path().c_str(), 1);
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Shell shell{in, out, err};
    const int status = run(arguments, shell);
    return {status, out.str(), err.str()};
}

inline constexpr const char* psk = "00112233445566778899aabbccddeeff";

}  // namespace esb::cli::test
