// A pipe whose ends are closed with it, except those that were taken.
#pragma once

#include <array>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace esb::cli {

inline void close_if_open(int& fd) {
    if (fd >= 0) ::close(std::exchange(fd, -1));
}

struct Pipe {
    int read = -1;
    int write = -1;

    bool open() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        read = ends[0];
        write = ends[1];
        return true;
    }
    ~Pipe() {
        close_if_open(read);
        close_if_open(write);
    }
    static int take(int& end) { return std::exchange(end, -1); }
};

}  // namespace esb::cli
