#include "host/vchip/swarm.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace esb::vchip {
namespace {

constexpr std::size_t events_max = 512;
constexpr int turns_max = 16;  // of one chip, until others have theirs
constexpr std::uint64_t input_mark = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t wake_mark = input_mark - 1;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

chip::Mac mac_of(std::size_t index) {
    const auto number = static_cast<std::uint32_t>(index + 1);
    return {0x02, 0x45, 0x53, static_cast<std::uint8_t>(0x40 + (number >> 16)), static_cast<std::uint8_t>(number >> 8),
            static_cast<std::uint8_t>(number)};
}

PartitionTable four_megabytes() { return std::move(*PartitionTable::parse(partitions_4mb, SwarmChip::flash_size)); }

}  // namespace

class Swarm::Member final : public Poller {
public:
    Member(Swarm& swarm, std::size_t index)
        : swarm_(swarm), index_(index), chip(swarm.table_, mac_of(index), *this, [this](std::string_view line) {
              swarm_.told_.line(index_, line);
          }) {}
    ~Member() override { chip.power_off(); }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    void look(std::span<pollfd> descriptors, Duration longest) override {
        std::erase_if(watched_, [&](const Watched& watched) {
            const bool wanted = std::any_of(descriptors.begin(), descriptors.end(),
                                            [&](const pollfd& one) { return one.fd == watched.fd; });
            if (!wanted) control(EPOLL_CTL_DEL, watched);
            return !wanted;
        });
        found_ = false;
        for (auto& one : descriptors) {
            if (one.fd < 0) continue;
            Watched& watched = watch(one);
            one.revents = static_cast<short>(watched.ready & (one.events | POLLERR | POLLHUP));
            watched.ready = 0;
            found_ |= one.revents != 0;
        }
        until = SystemClock::host_ms() + std::max(longest, Duration::zero()).count();
    }

    void forget(int fd) override {
        std::erase_if(watched_, [&](const Watched& watched) {
            if (watched.fd == fd) control(EPOLL_CTL_DEL, watched);
            return watched.fd == fd;
        });
    }

    void wake() override { swarm_.wake(index_); }

    void note(int fd, std::uint32_t events) {
        for (auto& watched : watched_) {
            if (watched.fd == fd) watched.ready = static_cast<short>(watched.ready | static_cast<short>(events));
        }
    }

    // Whether the last look has found anything.
    bool found() const { return found_; }
    std::size_t index() const { return index_; }

private:
    struct Watched {
        int fd;
        short events;
        short ready;
    };

    Watched& watch(const pollfd& wanted) {
        const auto known = std::find_if(watched_.begin(), watched_.end(),
                                        [&](const Watched& watched) { return watched.fd == wanted.fd; });
        if (known == watched_.end()) {
            watched_.push_back({wanted.fd, wanted.events, 0});
            control(EPOLL_CTL_ADD, watched_.back());
            return watched_.back();
        }
        if (known->events != wanted.events) {
            known->events = wanted.events;
            control(EPOLL_CTL_MOD, *known);
        }
        return *known;
    }

    // EPOLLIN and its like have the numbers of POLLIN and its like.
    void control(int operation, const Watched& watched) const {
        epoll_event event{};
        event.events = static_cast<std::uint32_t>(watched.events);
        event.data.u64 = (std::uint64_t{index_} << 32U) | static_cast<std::uint32_t>(watched.fd);
        epoll_ctl(swarm_.epoll_, operation, watched.fd, &event);
    }

    Swarm& swarm_;
    std::size_t index_;
    std::vector<Watched> watched_;
    bool found_ = false;

public:
    std::int64_t until = 0;    // when its next turn is due
    std::int64_t planned = never;  // what of that stands in the list
    SwarmChip chip;
};

Swarm::Swarm(std::size_t count, std::unique_ptr<SwarmFirmware> (*make)(chip::Chip&), SwarmTold told, int input_fd)
    : make_(make),
      told_(std::move(told)),
      table_(four_megabytes()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    members_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) members_.push_back(std::make_unique<Member>(*this, i));
    for (const auto& [fd, mark] : {std::pair{wake_fd_, wake_mark}, std::pair{input_fd, input_mark}}) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = mark;
        if (fd >= 0) epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
}

Swarm::~Swarm() {
    members_.clear();
    for (const int fd : {epoll_, wake_fd_}) {
        if (fd >= 0) ::close(fd);
    }
}

Result<bool> Swarm::power_on_more(std::size_t most) {
    for (; most > 0 && powered_ < members_.size(); --most, ++powered_) {
        Member& member = *members_[powered_];
        ESB_TRY(member.chip.power_on(make_));
        ESB_TRY(give_turns(member));
    }
    return powered_ < members_.size();
}

// Until a look finds nothing: then what the last turn has changed is known too. A chip that always finds something waits
// for the others.
Status Swarm::give_turns(Member& member) {
    for (int turns = 0; turns < turns_max; ++turns) {
        ESB_TRY(member.chip.turn());
        if (turns > 0 && !member.found()) break;
    }
    plan(member);
    return {};
}

void Swarm::plan(Member& member) {
    if (member.planned <= member.until) return;  // a turn that comes too early plans anew
    member.planned = member.until;
    due_.push({member.until, member.index()});
}

Status Swarm::take_due() {
    const auto now = SystemClock::host_ms();
    while (!due_.empty() && due_.top().at <= now) {
        const Due due = due_.top();
        due_.pop();
        Member& member = *members_[due.member];
        if (member.planned != due.at) continue;
        member.planned = never;
        if (member.until > now) {
            plan(member);
            continue;
        }
        ESB_TRY(give_turns(member));
    }
    return {};
}

Status Swarm::turn(Duration longest) {
    if (epoll_ < 0 || wake_fd_ < 0) return fail(errors::swarm_host);
    auto wait = longest.count();
    if (!due_.empty()) wait = std::min(wait, due_.top().at - SystemClock::host_ms());
    std::array<epoll_event, events_max> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(std::max<std::int64_t>(wait, 0)));
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 >= wake_mark) {
            if (event.data.u64 == input_mark) told_.input();
            continue;
        }
        Member& member = *members_[event.data.u64 >> 32U];
        member.note(static_cast<int>(event.data.u64 & 0xFFFFFFFFU), event.events);
        ESB_TRY(give_turns(member));
    }
    ESB_TRY(take_woken());
    return take_due();
}

void Swarm::wake(std::size_t member) {
    const std::lock_guard lock(woken_mutex_);
    woken_.push_back(member);
    if (woken_.size() > 1) return;  // the first one has rung
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto rung = ::write(wake_fd_, &one, sizeof one);
}

Status Swarm::take_woken() {
    std::vector<std::size_t> woken;
    {
        const std::lock_guard lock(woken_mutex_);
        if (woken_.empty()) return {};
        woken.swap(woken_);
        std::uint64_t count = 0;
        [[maybe_unused]] const auto heard = ::read(wake_fd_, &count, sizeof count);
    }
    for (const auto member : woken) ESB_TRY(give_turns(*members_[member]));
    return {};
}

std::size_t Swarm::online() const {
    return static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(), [](const auto& member) { return member->chip.online(); }));
}

void Swarm::type(std::string_view text) {
    for (auto& member : members_) member->chip.type(text);
}

Status Swarm::cycle_power(unsigned share, std::uint64_t seed) {
    SeededRandom dice(seed);
    for (std::size_t i = 0; i < powered_; ++i) {
        if (dice.below(1000) >= share) continue;
        Member& member = *members_[i];
        member.chip.power_off();
        ESB_TRY(member.chip.power_on(make_));
        ESB_TRY(give_turns(member));
    }
    return {};
}

void Swarm::set_silent(unsigned share, std::uint64_t seed) {
    SeededRandom dice(seed);
    for (auto& member : members_) member->chip.set_air(dice.below(1000) >= share);
}

}  // namespace esb::vchip
