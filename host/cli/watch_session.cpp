#include "host/cli/watch_session.hpp"

#include "esb/net/reactor.hpp"
#include "host/cli/colour.hpp"
#include "host/cli/watch_page_server.hpp"
#include "host/cli/line_buffer.hpp"
#include "host/cli/read_source.hpp"
#include "host/cli/watched_chip.hpp"
#include "host/vchip/clock_posix.hpp"

#include <array>
#include <csignal>
#include <fstream>
#include <memory>

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr auto longest_turn = std::chrono::hours(1);
constexpr int signals_watched[] = {SIGINT, SIGTERM, SIGHUP};

// Ctrl-C and its like as something to read, while it lives.
class Signals {
public:
    Signals() {
        sigemptyset(&set_);
        for (const int number : signals_watched) sigaddset(&set_, number);
        ::sigprocmask(SIG_BLOCK, &set_, nullptr);
        fd_ = ::signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    ~Signals() {
        signalfd_siginfo taken;
        while (::read(fd_, &taken, sizeof taken) > 0) {
        }
        ::close(fd_);
        ::sigprocmask(SIG_UNBLOCK, &set_, nullptr);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    int fd() const { return fd_; }

private:
    sigset_t set_{};
    int fd_ = -1;
};

class Session {
public:
    Session(const vchip::VchipOptions& chip, const WatchOptions& options, Shell& shell)
        : options_(options), shell_(shell), plan_(chip) {}

    Outcome<int> run() {
        std::signal(SIGPIPE, SIG_IGN);
        if (auto done = prepare(); !done) return std::unexpected(done.error());
        if (auto done = chip_->switch_on(); !done) return std::unexpected(done.error());
        while (!over_) reactor_.turn(longest_turn);
        chip_->cut_power();
        return status_;
    }

private:
    Outcome<void> prepare();
    void read_trace();
    void take_line(std::string_view text);
    void read_serial();
    void read_typing();
    void chip_ended();

    const WatchOptions& options_;
    Shell& shell_;
    vchip::VchipOptions plan_;
    Signals signals_;
    vchip::SystemClock clock_;
    vchip::PosixSockets sockets_{clock_};
    net::Reactor reactor_{sockets_, clock_};
    std::optional<WatchPage> page_;
    std::optional<WatchedChip> chip_;
    std::ofstream json_;
    LineBuffer lines_;
    bool typing_ended_ = false;
    bool over_ = false;
    int status_ = 0;

    ReadSource ending_{sockets_, [this] { return signals_.fd(); }, [this] { over_ = true; }};
    ReadSource trace_{sockets_, [this] { return chip_ ? chip_->trace() : -1; }, [this] { read_trace(); }};
    ReadSource serial_{sockets_, [this] { return chip_ ? chip_->serial() : -1; }, [this] { read_serial(); }};
    ReadSource end_{sockets_, [this] { return chip_ ? chip_->handle() : -1; }, [this] { chip_ended(); }};
    ReadSource typed_{sockets_, [this] { return page_ && !typing_ended_ ? STDIN_FILENO : -1; },
                      [this] { read_typing(); }};
};

Outcome<void> Session::prepare() {
    if (!options_.json.empty()) {
        json_.open(options_.json, std::ios::app);
        if (!json_) return failure(options_.json.string() + ": cannot be written");
    }
    if (options_.page) {
        page_.emplace(reactor_, sockets_);
        if (auto done = page_->start(plan_); !done) return done;
        page_->on_power = [this](bool on) {
            if (!on) return chip_->cut_power();
            if (auto done = chip_->switch_on(); !done) shell_.err << "esb: " << done.error().line << '\n';
        };
        page_->on_type = [this](std::string_view text) { chip_->type(text); };
        page_->power = [this] { return chip_->is_on(); };
        shell_.err << "The chip's page: " << page_->url() << "\n";
        shell_.err.flush();
    }
    chip_.emplace(plan_, options_.page);
    return chip_->open();
}

void Session::read_trace() {
    std::array<char, 16 * 1024> buffer;
    for (;;) {
        const auto got = ::read(chip_->trace(), buffer.data(), buffer.size());
        if (got <= 0) break;
        lines_.take({buffer.data(), static_cast<std::size_t>(got)}, [this](std::string_view line) { take_line(line); });
    }
    if (json_.is_open()) json_.flush();
    shell_.err.flush();
}

// What the firmware's process says is text of others: a line that is none of ours goes nowhere.
void Session::take_line(std::string_view text) {
    const auto line = parse_trace_line(text);
    if (!line) return;
    if (json_.is_open()) json_ << text << '\n';
    if (page_) page_->take(*line, text);
    if (options_.trace && options_.trace->shows(line->area)) {
        shell_.err << trace_text(*line, shows_colour(STDERR_FILENO)) << '\n';
    }
}

void Session::read_serial() {
    std::array<char, 4096> buffer;
    for (;;) {
        const auto got = ::read(chip_->serial(), buffer.data(), buffer.size());
        if (got <= 0) return;
        const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
        [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        page_->take_serial(text);
    }
}

void Session::read_typing() {
    std::array<char, 4096> buffer;
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    typing_ended_ = got <= 0;
    if (got > 0) chip_->type({buffer.data(), static_cast<std::size_t>(got)});
}

void Session::chip_ended() {
    if (!chip_->is_on()) return;
    if (page_) read_serial();
    const int status = chip_->reap();
    read_trace();
    if (page_) return;  // which can switch it on again
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
        for (;;) ::raise(SIGKILL);
    }
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 1;  // Ctrl-C reaches both
    over_ = true;
}

}  // namespace

Outcome<int> run_watched(const vchip::VchipOptions& chip, const WatchOptions& options, Shell& shell) {
    return Session(chip, options, shell).run();
}

}  // namespace esb::cli
