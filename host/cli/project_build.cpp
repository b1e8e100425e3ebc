#include "host/cli/project_build.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/files.hpp"
#include "host/cli/secure_base.hpp"

#include <cstdlib>
#include <thread>
#include <utility>

namespace esb::cli {
namespace {

constexpr std::size_t cache_max = 4 * 1024 * 1024;

std::string jobs() { return std::to_string(std::max(1U, std::thread::hardware_concurrency())); }

}  // namespace

ProjectBuild::ProjectBuild(const ProjectOptions& options, EventLoop& loop, Screen& screen)
    : options_(options), loop_(loop), screen_(screen) {
    std::error_code error;
    project_ = std::filesystem::absolute(options.project, error).lexically_normal();
    build_ = project_ / options.build;
}

Outcome<void> ProjectBuild::check() const {
    std::error_code error;
    if (!std::filesystem::exists(project_ / "CMakeLists.txt", error))
        return failure(project_.string() + " has no CMakeLists.txt; make a project with: esb new NAME");
    if (find_program("cmake").empty()) return failure("cmake is missing: apt install cmake ninja-build g++");
    return {};
}

void ProjectBuild::start(std::uint32_t number, OnBuilt on_built) {
    on_built_ = std::move(on_built);
    under_way_ = true;
    run(configure_words(number), [this] {
        if (version_.empty()) {
            version_ = cached("ESB_APP_VERSION");
            const auto seq = parse_unsigned(cached("ESB_APP_SEQ"), 1, 0x7FFFFFFF);
            seq_ = seq ? static_cast<std::uint32_t>(*seq) : 1;
        }
        run({"cmake", "--build", build_.string(), "-j", jobs()}, [this] { end(image()); });
    });
}

std::vector<std::string> ProjectBuild::configure_words(std::uint32_t number) const {
    std::error_code error;
    std::vector<std::string> words{"cmake", "-S", project_.string(), "-B", build_.string()};
    const bool fresh = !std::filesystem::exists(build_ / "CMakeCache.txt", error);
    if (fresh && std::getenv("CMAKE_GENERATOR") == nullptr && !find_program("ninja").empty()) {
        words.insert(words.end(), {"-G", "Ninja"});
    }
    if (number == 0) words.insert(words.end(), {"-UESB_APP_VERSION", "-UESB_APP_SEQ"});  // of an earlier run
    for (const auto& variable : options_.variables) words.push_back("-D" + variable);
    if (number != 0) {
        words.push_back("-DESB_APP_VERSION=" + version_ + "+" + std::to_string(number));
        words.push_back("-DESB_APP_SEQ=" + std::to_string(seq_ + number));
    }
    return words;
}

void ProjectBuild::run(std::vector<std::string> words, std::function<void()> then) {
    const auto what = words[1] == "--build" ? "the build" : "cmake";
    Program program{std::move(words)};
    const char* const told = std::getenv("ESB_BASE");
    if (const auto base = secure_base(); !base.empty() && (told == nullptr || *told == '\0'))
        program.variables.push_back("ESB_BASE=" + base.string());
    const auto started = loop_.start(
        program, [this](std::string_view line) { say(line); },
        [this, what, then = std::move(then)](int status) {
            if (status == 0) return then();
            end(failure(std::string(what) + " failed with exit status " + std::to_string(status)));
        });
    if (!started) end(std::unexpected(started.error()));
}

// What CMake says when all is well is left out.
void ProjectBuild::say(std::string_view line) const {
    if (!line.empty() && !line.starts_with("-- ") && line != "ninja: no work to do.") screen_.line(build_source, line);
}

void ProjectBuild::end(const Outcome<std::filesystem::path>& image) {
    under_way_ = false;
    const auto on_built = std::exchange(on_built_, {});
    on_built(image);
}

Outcome<std::filesystem::path> ProjectBuild::image() const {
    std::error_code error;
    if (!options_.image.empty()) {
        const auto path = build_ / (options_.image + ".img");
        if (std::filesystem::exists(path, error)) return path;
        return failure("the build has not made " + path.string());
    }
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(build_, error)) {
        if (file.path().extension() == ".img") found.push_back(file.path());
    }
    if (found.size() == 1) return found.front();
    if (found.empty()) return failure("the build has made no image; CMakeLists.txt needs esb_add_firmware()");
    return failure("the build has made several images; say which: --image " + found.front().stem().string());
}

// "NAME:TYPE=value" in CMake's cache; empty when it is not there.
std::string ProjectBuild::cached(std::string_view name) const {
    const auto text = read_text(build_ / "CMakeCache.txt", cache_max);
    if (!text) return {};
    const auto line = "\n" + std::string(name) + ":";
    const auto at = text->find(line);
    const auto value = at == std::string::npos ? at : text->find('=', at);
    if (value == std::string::npos) return {};
    return text->substr(value + 1, text->find('\n', value) - value - 1);
}

}  // namespace esb::cli
