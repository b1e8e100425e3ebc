// What the clients over TCP have in common: what is to be published, when it is over, and what has been seen.
#pragma once

#include "shared.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace bench {

// Calls of malloc() and its like by this program and its libraries (allocations.cpp).
extern std::atomic<std::uint64_t> allocations;

class Run {
public:
    explicit Run(const Plan& asked) : plan(asked), page_(shared(asked)) { times_.reserve(asked.messages * 2); }

    // To be called once everything is ready, before the first message.
    void begin() {
        begun_ = now_ns();
        allocations_before_ = allocations;
        ::getrusage(RUSAGE_SELF, &before_);
    }
    bool may_publish() const { return published_ < plan.messages; }
    void published() { ++published_; }
    void done() {
        ++done_;
        if (done_ == plan.messages) end();
    }
    void received() {
        ++page_.received;
        done();
    }
    bool over() const { return done_ >= plan.messages; }

    // --- cut ---
    // On line again, and what was in flight is acknowledged; false: it is over.
    void on_line() {
        if (cuts_ > 0) on_line_.push_back(now_ns() - page_.cut_at);
    }
    void ready() {
        if (cuts_ > 0) times_.push_back(now_ns() - page_.cut_at);
        if (cuts_++ == plan.messages) return end();
        ++page_.received;
    }
    bool all_cut() const { return cuts_ > plan.messages; }

    const Plan plan;

private:
    static double micro(const timeval& a, const timeval& b) {
        return static_cast<double>(b.tv_sec - a.tv_sec) * 1e6 + static_cast<double>(b.tv_usec - a.tv_usec);
    }
    static double percentile(std::vector<std::int64_t>& all, std::size_t percent) {
        if (all.empty()) return 0;
        std::sort(all.begin(), all.end());
        return static_cast<double>(all[std::min(all.size() - 1, all.size() * percent / 100)]) / 1000;
    }
    void end() {
        const std::uint64_t allocated = allocations - allocations_before_;
        rusage after{};
        ::getrusage(RUSAGE_SELF, &after);
        std::printf("{\"cpu_us\": %.0f, \"wall_us\": %.0f, \"allocations\": %llu, \"on_line_us\": [%.0f, %.0f], "
                    "\"ready_us\": [%.0f, %.0f]}\n",
                    micro(before_.ru_utime, after.ru_utime) + micro(before_.ru_stime, after.ru_stime),
                    static_cast<double>(now_ns() - begun_) / 1000, static_cast<unsigned long long>(allocated),
                    percentile(on_line_, 50), percentile(on_line_, 99), percentile(times_, 50), percentile(times_, 99));
        std::fflush(stdout);
    }

    Shared& page_;
    rusage before_{};
    std::int64_t begun_ = 0;
    std::uint64_t allocations_before_ = 0;
    unsigned published_ = 0;
    unsigned done_ = 0;
    unsigned cuts_ = 0;
    std::vector<std::int64_t> on_line_;
    std::vector<std::int64_t> times_;
};

}  // namespace bench
