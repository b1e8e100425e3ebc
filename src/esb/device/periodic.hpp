// The author's periodic work.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/function.hpp"
#include "esb/base/result.hpp"
#include "esb/base/task.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace esb {

// Each work first runs one period after it was added; a late turn does not cause a burst.
class Periodic final : public Task {
public:
    static constexpr std::size_t max_works = 12;

    // `full`, invalid_argument for a period below 1 ms.
    Status add(Duration period, Function<void()> work, Instant now) {
        if (period < Duration(1)) return fail(errors::invalid_argument);
        return works_.push_back({period, after(now, period), work});
    }
    void step(Instant now) override {
        for (std::size_t i = 0; i < works_.size(); ++i) {
            if (now < works_[i].due) continue;
            works_[i].due = std::max(after(works_[i].due, works_[i].period), now + Duration(1));
            works_[i].run();
        }
    }
    std::optional<Instant> deadline() const override {
        std::optional<Instant> next;
        for (const auto& work : works_) next = earliest(next, work.due);
        return next;
    }

private:
    struct Work {
        Duration period{};
        Instant due{};
        Function<void()> run;
    };
    FixedVector<Work, max_works> works_;
};

}  // namespace esb
