// A state machine that is a table: it moves along its rows and in no other way. Each machine brings its own row type.
#pragma once

#include <cstddef>
#include <span>

namespace esb {

// `R` has at least `from`, `event` and `to`; `Witness` has on_row(const R&).
template <typename R, typename Witness>
class Machine {
public:
    using State = decltype(R::from);
    using Event = decltype(R::event);

    constexpr Machine(std::span<const R> rows, State start) : rows_(rows), state_(start) {}
    State state() const { return state_; }
    bool can(Event event) const { return row_of(event) != nullptr; }

    // Takes the row of this event and tells the witness; false, and nothing happens, when there is none.
    bool take(Event event, Witness* witness) {
        const R* const row = row_of(event);
        if (row == nullptr) return false;
        state_ = row->to;
        if (witness != nullptr) witness->on_row(*row);
        return true;
    }

private:
    const R* row_of(Event event) const {
        for (const auto& row : rows_) {
            if (row.from == state_ && row.event == event) return &row;
        }
        return nullptr;
    }

    std::span<const R> rows_;
    State state_;
};

// A state and an event name one row.
template <typename R, std::size_t N>
constexpr bool each_row_is_distinct(const R (&rows)[N]) {
    for (std::size_t i = 0; i < N; ++i) {
        for (std::size_t k = i + 1; k < N; ++k) {
            if (rows[i].from == rows[k].from && rows[i].event == rows[k].event) return false;
        }
    }
    return true;
}

}  // namespace esb
