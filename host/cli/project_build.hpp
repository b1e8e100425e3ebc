// Builds a project's virtual image with CMake, in a folder of its own.
#pragma once

#include "host/cli/event_loop.hpp"
#include "host/cli/image_file.hpp"
#include "host/cli/screen.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace esb::cli {

struct ProjectOptions {
    std::filesystem::path project = ".";
    std::filesystem::path build = "build/run";  // below the project
    std::string image;                          // its name, where the project makes several
    std::vector<std::string> variables;         // NAME=VALUE, for CMake
};

class ProjectBuild {
public:
    using OnBuilt = std::function<void(const Outcome<std::filesystem::path>& image)>;

    ProjectBuild(const ProjectOptions& options, EventLoop& loop, Screen& screen);

    // The project's folder has what CMake needs.
    Outcome<void> check() const;
    // Release `number` of this run: 0 has the version and seq that the project says, the following ones count up from
    // there. One at a time.
    void start(std::uint32_t number, OnBuilt on_built);
    bool under_way() const { return under_way_; }
    const std::filesystem::path& folder() const { return build_; }

private:
    void run(std::vector<std::string> words, std::function<void()> then);
    void end(const Outcome<std::filesystem::path>& image);
    void say(std::string_view line) const;
    std::vector<std::string> configure_words(std::uint32_t number) const;
    Outcome<std::filesystem::path> image() const;
    std::string cached(std::string_view name) const;

    const ProjectOptions& options_;
    EventLoop& loop_;
    Screen& screen_;
    std::filesystem::path project_;  // absolute
    std::filesystem::path build_;
    std::string version_;  // the project's own
    std::uint32_t seq_ = 0;
    OnBuilt on_built_;
    bool under_way_ = false;
};

}  // namespace esb::cli
