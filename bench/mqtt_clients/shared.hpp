// A page of memory that broker and client have in common: the broker learns how far the client is without asking it over
// the connection that is measured, and both write down when something happened.
#pragma once

#include "plan.hpp"

#include <atomic>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace bench {

struct Shared {
    std::atomic<unsigned> received;   // messages that the client's application has
    std::atomic<std::int64_t> cut_at; // when the broker ended the connection, by now_ns()
};

inline Shared& shared(const Plan& plan) {
    const int file = ::open(plan.file, O_RDWR | O_CREAT, 0600);
    if (file < 0 || ::ftruncate(file, sizeof(Shared)) != 0) give_up("the shared file");
    void* at = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (at == MAP_FAILED) give_up("the shared page");
    return *static_cast<Shared*>(at);
}

inline std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace bench
