// A program that this one starts, and ends again: in a process group of its own, so that a Ctrl-C at the terminal does
// not reach it and nothing but it is ended.
#pragma once

#include "host/cli/outcome.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace esb::cli {

struct Program {
    std::vector<std::string> words;           // the program first; looked for in PATH
    std::filesystem::path folder = {};        // empty: this one
    std::vector<std::string> variables = {};  // NAME=VALUE, beside those of this process
    bool input = false;                       // what write() gives; otherwise there is none
};

// Its standard output and error are one pipe. It gets SIGTERM when this process dies.
class Child {
public:
    static Outcome<Child> start(const Program& program);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    // stop().
    ~Child();

    int output() const { return output_; }  // to read, without blocking
    int handle() const { return handle_; }  // readable once it has ended
    pid_t pid() const { return pid_; }
    // False when it does not listen.
    bool write(std::string_view text) const;
    // Once handle() is readable: its exit status, or 128 and the signal's number. The exit statuses of a shell: 127,
    // there is no such program.
    int reap();
    // SIGTERM to its group, SIGKILL when that does not end it in time. Returns when it has ended.
    void stop(std::chrono::milliseconds patience = std::chrono::seconds(5));

private:
    Child() = default;

    pid_t pid_ = -1;
    int handle_ = -1;
    int output_ = -1;
    int input_ = -1;
};

// What it prints until it ends, at most `limit` bytes. Waits for it; reap() is the caller's.
std::string all_output_of(const Child& child, std::size_t limit);

// The first line that a program prints; empty when there is none. Waits for its end.
std::string first_line_of(const std::vector<std::string>& words);

// A program by its name: what the variable names, else PATH, /usr/sbin, /usr/local/sbin. Empty: there is none.
std::filesystem::path find_program(std::string_view name, const char* variable = nullptr);

}  // namespace esb::cli
