#include "esb/net/reactor.hpp"

#include <algorithm>
#include <span>

namespace esb::net {

Reactor::Reactor(chip::Sockets& sockets, chip::Clock& clock) : sockets_(sockets), clock_(clock) {}

std::size_t Reactor::index_of(chip::SocketId socket) const {
    for (std::size_t i = 0; i < socket_count_; ++i) {
        if (owners_[i] != nullptr && interests_[i].socket == socket) return i;
    }
    return socket_count_;
}

Status Reactor::watch(chip::SocketId socket, SocketOwner& owner, bool read, bool write) {
    auto at = index_of(socket);
    if (at == socket_count_) {
        const auto gap = std::find(owners_.begin(), owners_.begin() + socket_count_, nullptr);
        at = static_cast<std::size_t>(gap - owners_.begin());
        if (at == max_sockets) return fail(errors::full);
        // A new entry is not ready before the next wait, even when it takes the number of a socket closed just now.
        interests_[at] = {};
        interests_[at].socket = socket;
        socket_count_ = std::max(socket_count_, at + 1);
    }
    owners_[at] = &owner;
    interests_[at].read = read;
    interests_[at].write = write;
    return {};
}

void Reactor::unwatch(chip::SocketId socket) {
    const auto at = index_of(socket);
    if (at == socket_count_) return;
    owners_[at] = nullptr;
    has_gaps_ = true;
}

Status Reactor::add(Task& task) {
    if (std::find(tasks_.begin(), tasks_.end(), &task) != tasks_.end()) return {};
    const auto free = std::find(tasks_.begin(), tasks_.end(), nullptr);
    if (free == tasks_.end()) return fail(errors::full);
    *free = &task;
    task_end_ = std::max(task_end_, static_cast<std::size_t>(free - tasks_.begin()) + 1);
    return {};
}

void Reactor::remove(Task& task) {
    const auto found = std::find(tasks_.begin(), tasks_.end(), &task);
    if (found != tasks_.end()) *found = nullptr;
    while (task_end_ > 0 && tasks_[task_end_ - 1] == nullptr) --task_end_;
}

void Reactor::turn(Duration longest) {
    if (has_gaps_) forget_gaps();
    // After a failed wait the tasks still run, and the next turn waits again.
    if (sockets_.wait(std::span(interests_).first(socket_count_), until_due(longest))) call_owners();
    call_tasks();
}

Duration Reactor::until_due(Duration longest) const {
    const Instant now = clock_.now();
    Duration due = longest;
    for (std::size_t i = 0; i < task_end_; ++i) {
        const auto deadline = tasks_[i] != nullptr ? tasks_[i]->deadline() : std::nullopt;
        if (!deadline) continue;
        // Compared before subtracting: "at once" may be the smallest Instant there is.
        if (*deadline <= now) return Duration::zero();
        due = std::min(due, *deadline - now);
    }
    return due;
}

void Reactor::forget_gaps() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < socket_count_; ++i) {
        if (owners_[i] == nullptr) continue;
        interests_[kept] = interests_[i];
        owners_[kept] = owners_[i];
        ++kept;
    }
    std::fill(owners_.begin() + kept, owners_.end(), nullptr);
    socket_count_ = kept;
    has_gaps_ = false;
}

void Reactor::call_owners() {
    for (std::size_t i = 0; i < socket_count_; ++i) {
        if (owners_[i] == nullptr) continue;
        const auto& interest = interests_[i];
        const bool readable = interest.read && interest.ready_read;
        const bool writable = interest.write && interest.ready_write;
        if (readable || writable) owners_[i]->on_ready(readable, writable);
    }
}

void Reactor::call_tasks() {
    const Instant now = clock_.now();
    for (std::size_t i = 0; i < task_end_; ++i) {
        if (tasks_[i] != nullptr) tasks_[i]->step(now);
    }
}

}  // namespace esb::net
