#include "host/vchip/swarm_process.hpp"

#include "esb/base/encoding.hpp"
#include "host/vchip/firmware_process.hpp"
#include "host/vchip/swarm.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace esb::vchip {
namespace {

constexpr std::size_t born_at_once = 8;  // chips that are switched on between two looks at the others
constexpr Duration report_period{250};
constexpr std::string_view birth_line = "MQTT ident=";

std::size_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::int64_t processor_milliseconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto ms = [](const timeval& time) { return time.tv_sec * 1000 + time.tv_usec / 1000; };
    return ms(used.ru_utime) + ms(used.ru_stime);
}

class SwarmProcess {
public:
    SwarmProcess(std::size_t count, std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&))
        : swarm_(count, make,
                 {[this](std::size_t chip, std::string_view line) { take_line(chip, line); }, [this] { read_commands(); }},
                 STDIN_FILENO) {
        fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    }

    Status run() {
        for (bool more = true; !over_;) {
            if (more) {
                const auto left = swarm_.power_on_more(born_at_once);
                if (!left) return fail(left.error());
                more = *left;
                powered_ = std::min(powered_ + born_at_once, swarm_.size());
            }
            ESB_TRY(swarm_.turn(more ? Duration::zero() : report_period));
            report();
            if (!failed_) continue;
            return *failed_;
        }
        return {};
    }

private:
    void take_line(std::size_t chip, std::string_view line) {
        const auto number = std::to_string(chip);
        if (line.starts_with(birth_line)) say("born " + number + ' ' + std::string(line));
        if (chip == serial_) say("said " + number + ' ' + std::string(line));
    }

    void report() {
        const auto now = SystemClock::host_ms();
        if (now < next_report_) return;
        next_report_ = now + report_period.count();
        say("state " + std::to_string(powered_) + ' ' + std::to_string(swarm_.online()) + ' ' +
            std::to_string(resident_bytes()) + ' ' + std::to_string(processor_milliseconds()));
    }

    void read_commands() {
        char bytes[4096];
        const auto got = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (got == 0) over_ = true;
        if (got <= 0) return;
        input_.append(bytes, static_cast<std::size_t>(got));
        for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n')) {
            obey(std::string_view(input_).substr(0, end));
            input_.erase(0, end + 1);
        }
    }

    void obey(std::string_view line) {
        const auto space = line.find(' ');
        const auto word = line.substr(0, space);
        const auto rest = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
        if (word == "type") return swarm_.type(std::string(rest) + '\n');
        if (word == "serial") {
            serial_ = parse_unsigned(rest, 0, swarm_max).value_or(swarm_max);
            return;
        }
        const auto second = rest.find(' ');
        const auto share = parse_unsigned(rest.substr(0, second), 0, 1000);
        const auto seed = parse_unsigned(second == std::string_view::npos ? "" : rest.substr(second + 1), 0, 0xFFFF'FFFF);
        if (!share || !seed) return;
        if (word == "silent") swarm_.set_silent(static_cast<unsigned>(*share), *seed);
        if (word != "power") return;
        if (const auto done = swarm_.cycle_power(static_cast<unsigned>(*share), *seed); !done) failed_ = done;
    }

    static void say(const std::string& line) {
        std::fwrite((line + '\n').data(), 1, line.size() + 1, stdout);
        std::fflush(stdout);
    }

    Swarm swarm_;
    std::string input_;
    std::size_t powered_ = 0;
    std::size_t serial_ = swarm_max;
    std::int64_t next_report_ = 0;
    std::optional<Status> failed_;
    bool over_ = false;
};

}  // namespace

bool is_swarm() { return std::getenv(std::string(env_swarm).c_str()) != nullptr; }

int run_inherited_swarm(std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&)) {
    std::signal(SIGPIPE, SIG_IGN);
    const char* const text = std::getenv(std::string(env_swarm).c_str());
    const auto count = parse_unsigned(text == nullptr ? "" : text, 1, swarm_max);
    const auto ran = count ? SwarmProcess(*count, make).run() : Status(fail(errors::bad_environment));
    if (ran) return 0;
    std::printf("error %s %.*s\n", ran.error().name().data(), static_cast<int>(ran.error().text().size()),
                ran.error().text().data());
    return exit_no_board;
}

}  // namespace esb::vchip
