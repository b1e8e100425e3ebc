#include "esb/link/pump.hpp"

#include <array>

namespace esb::link {

void Pump::step(std::string_view host, std::uint16_t port, Instant now) {
    client_.tick(now);
    if (client_.wants_transport(now)) {
        client_.transport_opening();
        if (const auto opened = tls_.open(host, port, *this); !opened) close(opened.error(), now);
    }
    if (tls_.is_open() && more_to_read_) read(now);
    if (tls_.is_open()) write(now);
    if (client_.wants_close()) close(client_.close_reason(), now);
}

void Pump::close(const Error& why, Instant now) {
    tls_.close();
    client_.transport_closed(now, why);
}

void Pump::read(Instant now) {
    std::array<std::uint8_t, 1024> buffer;
    more_to_read_ = false;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (!client_.wants_input() || client_.wants_close()) return;
        const auto got = tls_.read(buffer);
        if (!got) {
            if (got.error() == errors::would_block) return;
            return close(got.error(), now);
        }
        client_.receive(MutBytes(buffer).first(*got), now);
    }
    more_to_read_ = true;
}

void Pump::write(Instant now) {
    for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
        const auto taken = tls_.write(bytes);
        if (!taken) {
            if (taken.error() == errors::would_block) return;
            return close(taken.error(), now);
        }
        client_.sent(*taken, now);
    }
}

}  // namespace esb::link
