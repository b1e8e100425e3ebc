// A swarm in a laboratory: many devices of one image in one process, their accounts, what is done to them, and what they
// take.
#pragma once

#include "host/cli/broker_accounts.hpp"
#include "host/cli/laboratory.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esb::cli {

// What the swarm's process said last.
struct SwarmState {
    std::size_t powered = 0;  // have had power
    std::size_t online = 0;
    std::uint64_t resident = 0;   // bytes
    std::uint64_t processor = 0;  // milliseconds of the processor's time
};

struct SwarmFigures {
    std::size_t devices = 0;
    std::uint64_t bytes_each = 0;  // resident, once all are on line, without what the first ones took
    double born_seconds = 0;       // until all have printed their keys
    double online_seconds = 0;     // from the moment they know their broker until all are on line
    double connects_a_second = 0;  // in that time
    double idle_percent = 0;       // of one processor, a device
    std::optional<double> back_seconds;        // after a restart of the broker: 99 %
    std::optional<double> all_back_seconds;    // and all
    std::optional<double> recovered_seconds;   // after the faults: all
};

class SwarmRun {
public:
    using Seconds = std::chrono::duration<double>;
    // Told several times a second while something is waited for.
    using Progress = std::function<void(std::string_view doing, const SwarmState& state)>;

    SwarmRun(EventLoop& loop, Laboratory& lab, std::size_t devices, Progress progress)
        : loop_(loop), lab_(lab), progress_(std::move(progress)) {
        figures_.devices = devices;
    }

    // Power on, births, accounts, on line. `serial`: whose serial port is told to `on_said`.
    Outcome<void> start(const std::filesystem::path& image, std::optional<std::size_t> serial,
                        std::function<void(std::string_view)> on_said);
    // What they take when nothing happens.
    Outcome<void> rest(Seconds how_long);
    Outcome<void> restart_broker();
    // Each second some lose power, some their network for a while; once the broker goes.
    Outcome<void> suffer(Seconds how_long, std::uint32_t seed);

    const SwarmFigures& figures() const { return figures_; }

private:
    using Clock = std::chrono::steady_clock;

    void take(std::string_view line);
    Outcome<void> until(std::string_view doing, std::size_t online);
    Outcome<void> wait(std::string_view doing, const std::function<bool()>& done, Seconds longest);
    Outcome<void> say(const std::string& line);

    EventLoop& loop_;
    Laboratory& lab_;
    Progress progress_;
    std::function<void(std::string_view)> on_said_;
    const Child* process_ = nullptr;
    SwarmState state_;
    SwarmFigures figures_;
    std::vector<Account> born_;
    std::string error_;
    std::optional<SwarmState> first_state_;
};

}  // namespace esb::cli
