// One in-memory TCP connection in virtual time, with the faults of the places at its two ends.
#pragma once

#include "esb/chip/sockets.hpp"
#include "host/vchip/sim_world.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace esb::vchip {

// What is wrong around one host. May be changed at any time; what is in flight obeys at once.
struct SimFaults {
    Duration latency{1};                       // one way, added up over both hosts
    bool refuse = false;                       // connections to it are refused
    bool black_hole = false;                   // connections to it get no answer, datagrams are lost
    bool pause_in = false;                     // what is sent to it stands still until this is false again
    bool pause_out = false;                    // what it sends stands still
    bool cut = false;                          // both, and connections get no answer
    bool off = false;                          // it has no power (SimSockets writes this)
    std::optional<std::uint64_t> reset_after;  // a connection is reset once it has sent so many bytes on it
    std::size_t max_segment = 1436;            // bytes that arrive together, at least 1
    Duration segment_gap{0};                   // between two segments of one connection
};

// A host as its connections see it.
struct SimHostView {
    const SimFaults* faults = nullptr;
    const StationLink* link = nullptr;  // null: always up
    bool reachable() const { return !faults->cut && !faults->off && (link == nullptr || link->carries()); }
};

// Ends are numbered: 0 opened the connection, 1 accepted it.
class SimTcp {
public:
    static constexpr std::size_t window = 5744;  // bytes sent and not yet read, per direction (lwIP's default)
    static constexpr Duration connect_timeout{18'000};

    SimTcp(SimWorld& world, const std::array<SimHostView, 2>& hosts, const std::array<chip::Endpoint, 2>& endpoints);

    // Of end 0: success, would_block while opening, or why it failed.
    Status connected() const;
    Result<std::size_t> send(int end, ConstBytes bytes);
    Result<std::size_t> receive(int end, MutBytes out);
    bool readable(int end) const;
    bool writable(int end) const;
    // Says goodbye (FIN) after what was sent.
    void close(int end);
    // The end's host lost power or forgot the connection: the other one is told only when it sends something.
    void vanish(int end);
    // The link is about to die.
    void forget(const StationLink* link);
    // Both sides learn of it after the latency.
    void reset();

    const chip::Endpoint& endpoint(int end) const { return endpoints_[index(end)]; }
    // The next moment after now at which something arrives; empty when nothing is under way.
    std::optional<Instant> next_arrival() const;
    // No end is in use any more.
    bool over() const { return ends_[0].gone() && ends_[1].gone(); }

    // For SimNetwork, which plays the listening side of the handshake.
    bool opening() const { return phase_ == Phase::opening; }
    Instant next_syn() const { return next_syn_; }
    void retry_syn();
    void answer(Instant at) { phase_ = Phase::open, phase_at_ = at; }
    void refuse(const ErrorKind& why, Instant at);
    bool given_up() const { return phase_ == Phase::opening && ends_[0].gone(); }
    Duration latency() const { return hosts_[0].faults->latency + hosts_[1].faults->latency; }

private:
    enum class Phase : std::uint8_t { opening, open, failed };
    struct Segment {
        std::vector<std::uint8_t> bytes;
        Instant at;
    };
    struct End {
        std::deque<Segment> inbox;
        std::size_t held = 0;  // bytes in the inbox, arrived or not
        std::uint64_t sent = 0;
        std::optional<Instant> fin_at;    // the other side's goodbye arrives
        std::optional<Instant> reset_at;  // a reset arrives
        bool closed = false;
        bool vanished = false;
        bool gone() const { return closed || vanished; }
    };

    static std::size_t index(int end) { return static_cast<std::size_t>(end); }
    Status established() const;
    bool stands_still(int to) const;
    bool arrived(int end, const std::optional<Instant>& at) const;
    std::size_t sendable(int end) const;
    void enqueue(int from, ConstBytes bytes);

    SimWorld& world_;
    std::array<SimHostView, 2> hosts_;
    std::array<chip::Endpoint, 2> endpoints_;
    std::array<End, 2> ends_;
    Phase phase_ = Phase::opening;
    Instant phase_at_{};
    const ErrorKind* failure_ = nullptr;
    Instant next_syn_;
    Instant give_up_at_;
};

}  // namespace esb::vchip
