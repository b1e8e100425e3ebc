// Many chips on one thread: one epoll(7) and one list of due times give each its turns.
#pragma once

#include "host/vchip/swarm_chip.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <queue>
#include <string_view>
#include <vector>

namespace esb::errors {
inline constexpr ErrorKind swarm_host{"vchip.swarm_host", "the host refuses to wait for so many chips"};
}  // namespace esb::errors

namespace esb::vchip {

struct SwarmTold {
    std::function<void(std::size_t chip, std::string_view line)> line;  // of a serial port
    std::function<void()> input;                                        // `input_fd` is readable
};

// Not thread-safe. The descriptors of a chip are its sockets: one on line, more while it loads an update.
class Swarm {
public:
    // `input_fd`: looked after beside the chips; -1: none. MACs are counted up from 02:45:53:42:00:01.
    Swarm(std::size_t count, std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&), SwarmTold told, int input_fd = -1);
    ~Swarm();
    Swarm(const Swarm&) = delete;
    Swarm& operator=(const Swarm&) = delete;

    // Switches the next chips on, at most `most`, and gives each its first turns; false when all are.
    Result<bool> power_on_more(std::size_t most);
    // Waits at most `longest` and gives those that are ready or due their turns.
    Status turn(Duration longest);

    std::size_t size() const { return members_.size(); }
    std::size_t online() const;
    // To all that have power.
    void type(std::string_view text);
    // A share, in thousandths, chosen by `seed`: loses power and gets it again at once.
    Status cycle_power(unsigned share, std::uint64_t seed);
    // A share of the air is silent, all the rest is not.
    void set_silent(unsigned share, std::uint64_t seed);

private:
    class Member;
    struct Due {
        std::int64_t at;  // CLOCK_MONOTONIC, milliseconds
        std::size_t member;
        bool operator>(const Due& other) const { return at > other.at; }
    };

    Status give_turns(Member& member);
    void plan(Member& member);
    Status take_due();
    void wake(std::size_t member);
    Status take_woken();

    std::unique_ptr<SwarmFirmware> (*make_)(chip::Chip&);
    SwarmTold told_;
    PartitionTable table_;
    int epoll_ = -1;
    int wake_fd_ = -1;
    std::mutex woken_mutex_;
    std::vector<std::size_t> woken_;  // since the last turn
    std::size_t powered_ = 0;  // so many have had power
    std::vector<std::unique_ptr<Member>> members_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;  // some of a member's are outdated
};

}  // namespace esb::vchip
