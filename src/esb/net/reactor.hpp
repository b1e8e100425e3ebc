// One loop, one task: waits for sockets, deadlines and wake-ups, and calls whoever is due.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/base/task.hpp"
#include "esb/base/time.hpp"
#include "esb/chip/clock.hpp"
#include "esb/chip/sockets.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace esb::net {

// Owns a watched socket. Called from turn() only.
class SocketOwner {
public:
    virtual ~SocketOwner() = default;
    virtual void on_ready(bool readable, bool writable) = 0;
};

// All members but wake() belong to the reactor's task. Owners and tasks may add and remove themselves and others
// from within callbacks; they must remove themselves before they die.
class Reactor {
public:
    static constexpr std::size_t max_sockets = 12;
    static constexpr std::size_t max_tasks = 16;

    Reactor(chip::Sockets& sockets, chip::Clock& clock);
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // Starts or changes what is watched of a socket. `full` beyond max_sockets.
    Status watch(chip::SocketId socket, SocketOwner& owner, bool read, bool write);
    void unwatch(chip::SocketId socket);
    // `full` beyond max_tasks.
    Status add(Task& task);
    void remove(Task& task);

    // Waits until something is due, at most `longest`, then calls every socket owner that is ready and every task.
    void turn(Duration longest);
    // Lets the current or next wait return at once. Any task of the system may call this.
    void wake() { sockets_.wake(); }

    chip::Sockets& sockets() { return sockets_; }
    Instant now() const { return clock_.now(); }

private:
    Duration until_due(Duration longest) const;
    void forget_gaps();
    void call_owners();
    void call_tasks();
    std::size_t index_of(chip::SocketId socket) const;

    chip::Sockets& sockets_;
    chip::Clock& clock_;
    // Entries beyond socket_count_ are unused. Within a turn an entry may become a gap (no owner), so that nothing
    // moves while the owners are called; forget_gaps() closes them before the next wait.
    std::array<chip::Interest, max_sockets> interests_{};
    std::array<SocketOwner*, max_sockets> owners_{};
    std::size_t socket_count_ = 0;
    bool has_gaps_ = false;
    std::array<Task*, max_tasks> tasks_{};
    std::size_t task_end_ = 0;  // no task from here on
};

}  // namespace esb::net
