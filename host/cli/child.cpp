#include "host/cli/child.hpp"

#include "host/cli/pipe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace esb::cli {
namespace {

constexpr int no_program = 127;

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> made;
    for (auto& text : texts) made.push_back(text.data());
    made.push_back(nullptr);
    return made;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
    auto all = added;
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text(*one);
        const auto name = text.substr(0, text.find('=') + 1);
        bool replaced = false;
        for (const auto& variable : added) replaced = replaced || variable.starts_with(name);
        if (!replaced) all.emplace_back(text);
    }
    return all;
}

// In the child: only calls that are safe there.
[[noreturn]] void become(const Program& program, char* const* words, char* const* environment, int in, int out,
                         pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(no_program);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (!program.folder.empty() && ::chdir(program.folder.c_str()) != 0) ::_exit(no_program);
    ::execvpe(words[0], words, environment);
    ::_exit(no_program);
}

}  // namespace

Outcome<Child> Child::start(const Program& program) {
    const auto refused = [&] { return failure(program.words.front() + ": " + std::strerror(errno)); };
    Pipe in;
    Pipe out;
    if (!out.open()) return refused();
    if (program.input) {
        if (!in.open()) return refused();
    } else {
        in.read = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    auto words = program.words;
    auto variables = environment_with(program.variables);
    const auto arguments = pointers(words);
    const auto environment = pointers(variables);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return refused();
    if (pid == 0) become(program, arguments.data(), environment.data(), in.read, out.write, parent);
    ::setpgid(pid, pid);  // whoever of the two is first
    Child child;
    child.pid_ = pid;
    // By number: glibc 2.36 declares pidfd_open() without C linkage.
    child.handle_ = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    child.output_ = std::exchange(out.read, -1);
    child.input_ = std::exchange(in.write, -1);
    ::fcntl(child.output_, F_SETFL, O_NONBLOCK);
    if (child.handle_ < 0) return refused();
    return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      handle_(std::exchange(other.handle_, -1)),
      output_(std::exchange(other.output_, -1)),
      input_(std::exchange(other.input_, -1)) {}

Child::~Child() {
    stop();
    close_if_open(handle_);
    close_if_open(output_);
    close_if_open(input_);
}

bool Child::write(std::string_view text) const {
    while (!text.empty()) {
        const auto count = ::write(input_, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

int Child::reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void Child::stop(std::chrono::milliseconds patience) {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGTERM);
    pollfd ended{handle_, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(patience.count())) == 0) ::kill(-pid_, SIGKILL);
    reap();
}

std::string all_output_of(const Child& child, std::size_t limit) {
    ::fcntl(child.output(), F_SETFL, 0);
    std::string text;
    std::array<char, 4096> buffer;
    for (ssize_t count = 0; (count = ::read(child.output(), buffer.data(), buffer.size())) > 0;)
        text.append(buffer.data(), std::min(static_cast<std::size_t>(count), limit - text.size()));
    return text;
}

std::string first_line_of(const std::vector<std::string>& words) {
    constexpr std::size_t enough = 64 * 1024;
    auto child = Child::start({words});
    if (!child) return {};
    const auto text = all_output_of(*child, enough);
    if (child->reap() == no_program) return {};
    return text.substr(0, text.find('\n'));
}

std::filesystem::path find_program(std::string_view name, const char* variable) {
    const auto runs = [](const std::filesystem::path& path) { return ::access(path.c_str(), X_OK) == 0; };
    const char* const named = variable == nullptr ? nullptr : std::getenv(variable);
    if (named != nullptr && *named != '\0') return runs(named) ? std::filesystem::path(named) : std::filesystem::path();
    const char* const path = std::getenv("PATH");
    const auto places = std::string(path == nullptr ? "" : path) + ":/usr/sbin:/usr/local/sbin";
    for (std::size_t at = 0; at < places.size();) {
        const auto end = std::min(places.find(':', at), places.size());
        const auto found = std::filesystem::path(places.substr(at, end - at)) / name;
        if (end > at && runs(found)) return found;
        at = end + 1;
    }
    return {};
}

}  // namespace esb::cli
