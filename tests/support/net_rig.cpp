#include "tests/support/net_rig.hpp"

namespace esb::test {

bool NetRig::run_until(const std::function<bool()>& done, Duration limit) {
    const Instant until = world.now() + limit;
    while (!done() && world.now() < until) {
        reactor.turn(std::min<Duration>(until - world.now(), std::chrono::milliseconds(100)));
    }
    return done();
}

void NetRig::run_for(Duration time) {
    run_until([] { return false; }, time);
}

Status RecordingHandler::open(std::string_view host, std::uint16_t port) {
    const Guard guard(*this);
    return stream_.open(host, port, *this);
}

void RecordingHandler::close() {
    const Guard guard(*this);
    stream_.close();
}

void RecordingHandler::send() {
    const Guard guard(*this);
    while (!to_send.empty()) {
        const auto taken = stream_.write(as_bytes(to_send));
        if (!taken) return;
        to_send.erase(0, *taken);
    }
}

void RecordingHandler::read() {
    const Guard guard(*this);
    std::array<std::uint8_t, 65536> buffer;
    const auto got = stream_.read(MutBytes(buffer).first(std::min(read_size, buffer.size())));
    if (got) received += as_text(ConstBytes(buffer).first(*got));
}

void RecordingHandler::note(int& count, const std::function<void()>& then) {
    if (inside_ > 0) ++nested;
    ++count;
    if (then) then();
}

void RecordingHandler::on_open() {
    note(opened, when_open);
    if (stream_.is_open()) send();
}

void RecordingHandler::on_readable() {
    if (reads) read();
    note(readable, when_readable);
}

void RecordingHandler::on_writable() {
    note(writable, when_writable);
    if (stream_.is_open()) send();
}

void RecordingHandler::on_closed(const Error& error) {
    why = error;
    note(closed, when_closed);
}

}  // namespace esb::test
