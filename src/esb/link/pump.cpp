#include "esb/link/pump.hpp"

#include <array>

namespace esb::link {

void StreamPump::step(std::string_view host, std::uint16_t port, Instant now) {
    client_.tick(now);
    if (client_.wants_transport(now)) {
        client_.transport_opening();
        if (const auto opened = stream_.open(host, port, *this); !opened) close(opened.error(), now);
    }
    if (stream_.is_open() && more_to_read_) read(now);
    if (stream_.is_open()) write(now);
    if (client_.wants_close()) close(client_.close_reason(), now);
}

void StreamPump::close(const Error& why, Instant now) {
    stream_.close();
    client_.transport_closed(now, why);
}

void StreamPump::read(Instant now) {
    std::array<std::uint8_t, 1024> buffer;
    more_to_read_ = false;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (!client_.wants_input() || client_.wants_close()) return;
        const auto got = stream_.read(buffer);
        if (!got) {
            if (got.error() == errors::would_block) return;
            return close(got.error(), now);
        }
        client_.receive(MutBytes(buffer).first(*got), now);
        if (stream_.read_empty()) return;
    }
    more_to_read_ = true;
}

void StreamPump::write(Instant now) {
    for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
        const auto taken = stream_.write(bytes);
        if (!taken) {
            if (taken.error() == errors::would_block) return;
            return close(taken.error(), now);
        }
        client_.sent(*taken, now);
    }
}

}  // namespace esb::link
