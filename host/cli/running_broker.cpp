#include "host/cli/running_broker.hpp"

#include "esb/base/encoding.hpp"
#include "host/cli/files.hpp"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <thread>

#include <signal.h>
#include <unistd.h>

namespace esb::cli {
namespace {

// True when `pid` is a mosquitto that was started with our configuration: pid numbers are used again.
bool is_our_broker(pid_t pid, const std::filesystem::path& config) {
    const auto proc = std::filesystem::path("/proc") / std::to_string(pid);
    // Files of /proc have no size, so read_file() is of no use here.
    const auto slurp = [](const std::filesystem::path& path) {
        std::string text;
        if (FILE* file = std::fopen(path.c_str(), "re"); file != nullptr) {
            char piece[4096];
            for (std::size_t count; (count = std::fread(piece, 1, sizeof piece, file)) > 0;) text.append(piece, count);
            std::fclose(file);
        }
        return text;
    };
    if (slurp(proc / "comm") != "mosquitto\n") return false;
    std::error_code error;
    const auto folder = std::filesystem::read_symlink(proc / "cwd", error);
    const auto line = slurp(proc / "cmdline");
    for (std::size_t at = 0; at < line.size(); at = line.find('\0', at) + 1) {
        const std::filesystem::path word(line.c_str() + at);
        if (std::filesystem::equivalent(folder / word, config, error)) return true;
    }
    return false;
}

std::optional<pid_t> read_pid(const std::filesystem::path& path) {
    auto text = read_file(path, 32);
    if (!text) return std::nullopt;
    while (!text->empty() && std::isspace(static_cast<unsigned char>(text->back())) != 0) text->pop_back();
    const auto pid = parse_unsigned(*text, 2, 0x7FFFFFFF);
    if (!pid) return std::nullopt;
    return static_cast<pid_t>(*pid);
}

// The log as it stands; it grows from there.
class LogMark {
public:
    explicit LogMark(std::filesystem::path log) : log_(std::move(log)), before_(size()) {}

    // Mosquitto writes the line and then reads its files again, in the same turn of its one thread: whoever connects
    // once the line is there is judged by them. False as well when the log goes elsewhere.
    bool wait_for_reload(std::chrono::milliseconds patience) const {
        const auto until = std::chrono::steady_clock::now() + patience;
        while (before_ && std::chrono::steady_clock::now() < until) {
            if (tells_reload()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

private:
    std::optional<std::uintmax_t> size() const {
        std::error_code error;
        const auto bytes = std::filesystem::file_size(log_, error);
        return error ? std::nullopt : std::optional(bytes);
    }

    bool tells_reload() const {
        constexpr std::size_t piece_max = 65536;  // bytes; a busy broker writes other lines in between
        const auto now = size();
        if (!now) return false;
        std::uintmax_t from = *now < *before_ ? 0 : *before_;  // it was cut off or begun anew
        if (*now - from > piece_max) from = *now - piece_max;
        FILE* const file = std::fopen(log_.c_str(), "re");
        if (file == nullptr) return false;
        std::string text(static_cast<std::size_t>(*now - from), '\0');
        if (std::fseek(file, static_cast<long>(from), SEEK_SET) != 0) text.clear();
        text.resize(std::fread(text.data(), 1, text.size(), file));
        std::fclose(file);
        return text.find("Reloading config.") != std::string::npos;
    }

    std::filesystem::path log_;
    std::optional<std::uintmax_t> before_;
};

}  // namespace

Outcome<Reload> reload_mosquitto(const std::filesystem::path& folder, std::chrono::milliseconds patience) {
    const auto config = folder / "mosquitto.conf";
    const auto pid_file = folder / "mosquitto.pid";
    const auto pid = read_pid(pid_file);
    if (!pid || !is_our_broker(*pid, config)) return Reload::not_running;
    const LogMark log(folder / "mosquitto.log");
    if (::kill(*pid, SIGHUP) != 0)
        return failure("the broker could not be told to reload: " + std::string(std::strerror(errno)));
    static_cast<void>(log.wait_for_reload(patience));
    // The pid file is as old as the process.
    std::error_code error;
    const auto started = std::filesystem::last_write_time(pid_file, error);
    const auto written = std::filesystem::last_write_time(config, error);
    return !error && written > started ? Reload::outdated : Reload::reloaded;
}

}  // namespace esb::cli
