#include "host/vchip/deep_sleep.hpp"

#include "host/vchip/board_file.hpp"

#include <algorithm>

#include <poll.h>

namespace esb::vchip {

namespace {

constexpr std::int64_t longest_poll_ms = 3'600'000;  // keeps poll(2)'s argument small
constexpr std::int64_t unseen_board_ms = 1'000;      // between two looks at a board file that nothing tells about

std::int64_t chip_ms(const WallOffset& clock) {
    const std::int64_t ahead = clock.ahead;
    return SystemClock::host_ms() + (ahead == WallOffset::unset ? 0 : ahead);
}

}  // namespace

void sleep_out(WallOffset& clock, Duration time, const std::string& board_file) {
    const std::int64_t until = chip_ms(clock) + time.count();
    BoardFile board(board_file, [&clock](const Board& now) { clock.ahead = Duration(now.ahead).count(); });
    const auto longest = board.fd() < 0 ? unseen_board_ms : longest_poll_ms;
    for (;;) {
        board.poll();
        const std::int64_t left = until - chip_ms(clock);
        if (left <= 0) return;
        pollfd changed{board.fd(), POLLIN, 0};
        poll(&changed, 1, static_cast<int>(std::min(left, longest)));
    }
}

}  // namespace esb::vchip
