#include "host/vchip/sim_tcp.hpp"

#include <algorithm>

namespace esb::vchip {

namespace {

constexpr Duration syn_retry{1'000};

}  // namespace

SimTcp::SimTcp(SimWorld& world, const std::array<SimHostView, 2>& hosts, const std::array<chip::Endpoint, 2>& endpoints)
    : world_(world),
      hosts_(hosts),
      endpoints_(endpoints),
      next_syn_(world.now() + latency()),
      give_up_at_(world.now() + connect_timeout) {}

void SimTcp::retry_syn() {
    next_syn_ = world_.now() + syn_retry;
    if (next_syn_ > give_up_at_) refuse(errors::socket_timed_out, give_up_at_);
}

void SimTcp::refuse(const ErrorKind& why, Instant at) {
    phase_ = Phase::failed;
    phase_at_ = at;
    failure_ = &why;
    ends_[1].closed = true;
}

Status SimTcp::established() const {
    if (phase_ == Phase::opening || world_.now() < phase_at_) return fail(errors::would_block);
    if (phase_ == Phase::failed) return fail(*failure_);
    return {};
}

Status SimTcp::connected() const {
    ESB_TRY(established());
    if (arrived(0, ends_[0].reset_at)) return fail(errors::socket_reset);
    return {};
}

void SimTcp::vanish(int end) {
    ends_[index(end)].vanished = true;
    if (phase_ == Phase::opening) ends_[1].closed = true;
}

void SimTcp::forget(const StationLink* link) {
    for (auto& host : hosts_) {
        if (host.link == link) host.link = nullptr;
    }
}

// Whether what is sent to this end is held up somewhere.
bool SimTcp::stands_still(int to) const {
    const SimHostView& target = hosts_[index(to)];
    const SimHostView& source = hosts_[index(1 - to)];
    return !target.reachable() || !source.reachable() || target.faults->pause_in || source.faults->pause_out;
}

bool SimTcp::arrived(int end, const std::optional<Instant>& at) const {
    return at && world_.now() >= *at && !stands_still(end);
}

std::size_t SimTcp::sendable(int end) const {
    const std::size_t held = ends_[index(1 - end)].held;
    return held >= window ? 0 : window - held;
}

void SimTcp::enqueue(int from, ConstBytes bytes) {
    End& to = ends_[index(1 - from)];
    const std::size_t limit =
        std::max<std::size_t>(1, std::min(hosts_[0].faults->max_segment, hosts_[1].faults->max_segment));
    const Duration gap = std::max(hosts_[0].faults->segment_gap, hosts_[1].faults->segment_gap);
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(limit, bytes.size()));
        Instant at = world_.now() + latency();
        if (!to.inbox.empty()) at = std::max(at, to.inbox.back().at + gap);
        to.inbox.push_back({{piece.begin(), piece.end()}, at});
        to.held += piece.size();
        bytes = bytes.subspan(piece.size());
    }
}

Result<std::size_t> SimTcp::send(int end, ConstBytes bytes) {
    End& self = ends_[index(end)];
    if (end == 0) ESB_TRY(established());
    if (arrived(end, self.reset_at)) return fail(errors::socket_reset);
    const auto& limit = hosts_[index(end)].faults->reset_after;
    if (limit && self.sent >= *limit) {
        reset();
        return fail(errors::socket_reset);
    }
    const std::size_t allowed =
        limit ? static_cast<std::size_t>(std::min<std::uint64_t>(*limit - self.sent, window)) : window;
    const std::size_t count = std::min({bytes.size(), sendable(end), allowed});
    if (count == 0 && !bytes.empty()) return fail(errors::would_block);
    world_.note_change();
    self.sent += count;
    if (ends_[index(1 - end)].gone()) {
        // Nobody is there to read: the answer is a reset (once the host has power).
        if (!self.reset_at) self.reset_at = world_.now() + 2 * latency();
        return count;
    }
    enqueue(end, bytes.first(count));
    if (limit && self.sent >= *limit) reset();
    return count;
}

Result<std::size_t> SimTcp::receive(int end, MutBytes out) {
    End& self = ends_[index(end)];
    if (end == 0) ESB_TRY(established());
    if (!self.inbox.empty() && arrived(end, self.inbox.front().at)) {
        Segment& first = self.inbox.front();
        const std::size_t count = std::min(out.size(), first.bytes.size());
        copy(ConstBytes(first.bytes).first(count), out);
        first.bytes.erase(first.bytes.begin(), first.bytes.begin() + static_cast<std::ptrdiff_t>(count));
        if (first.bytes.empty()) self.inbox.pop_front();
        self.held -= count;
        world_.note_change();
        return count;
    }
    if (arrived(end, self.reset_at)) return fail(errors::socket_reset);
    if (self.inbox.empty() && arrived(end, self.fin_at)) return fail(errors::closed);
    return fail(errors::would_block);
}

bool SimTcp::readable(int end) const {
    const End& self = ends_[index(end)];
    if (end == 0 && (phase_ == Phase::opening || world_.now() < phase_at_)) return false;
    if (phase_ == Phase::failed) return true;
    if (!self.inbox.empty() && arrived(end, self.inbox.front().at)) return true;
    return arrived(end, self.reset_at) || (self.inbox.empty() && arrived(end, self.fin_at));
}

bool SimTcp::writable(int end) const {
    if (end == 0 && (phase_ == Phase::opening || world_.now() < phase_at_)) return false;
    if (phase_ == Phase::failed) return true;
    return arrived(end, ends_[index(end)].reset_at) || sendable(end) > 0;
}

void SimTcp::close(int end) {
    End& self = ends_[index(end)];
    End& peer = ends_[index(1 - end)];
    self.closed = true;
    world_.note_change();
    if (phase_ == Phase::opening) peer.closed = true;
    if (phase_ != Phase::open || peer.fin_at) return;
    Instant at = world_.now() + latency();
    if (!peer.inbox.empty()) at = std::max(at, peer.inbox.back().at);
    peer.fin_at = at;
}

void SimTcp::reset() {
    for (End& end : ends_) {
        Instant at = world_.now() + latency();
        if (!end.inbox.empty()) at = std::max(at, end.inbox.back().at);
        if (!end.reset_at) end.reset_at = at;
    }
    world_.note_change();
}

std::optional<Instant> SimTcp::next_arrival() const {
    std::optional<Instant> next;
    const auto consider = [&](const std::optional<Instant>& at) {
        if (at && *at > world_.now()) next = earliest(next, at);
    };
    if (phase_ != Phase::opening) consider(phase_at_);
    for (int end = 0; end < 2; ++end) {
        const End& self = ends_[index(end)];
        if (self.gone() || stands_still(end)) continue;
        if (!self.inbox.empty()) consider(self.inbox.front().at);
        consider(self.fin_at);
        consider(self.reset_at);
    }
    return next;
}

}  // namespace esb::vchip
