#include "esb/link/pump.hpp"

#include "esb/base/secret.hpp"
#include "esb/base/trace.hpp"

namespace esb::link {

void StreamPump::step(std::string_view host, std::uint16_t port, Instant now) {
    client_.tick(now);
    if (client_.wants_transport(now)) {
        client_.transport_opening();
        trace::event("mqtt", "connecting", {{"host", host}, {"port", port}});
        if (const auto opened = stream_.open(host, port, *this); !opened) close(opened.error(), now);
    }
    if (stream_.is_open() && more_to_read_) read(now);
    if (stream_.is_open()) write(now);
    if (stream_.is_open()) listen();
    if (client_.wants_close()) close(client_.close_reason(), now);
}

void StreamPump::close(const Error& why, Instant now) {
    stream_.close();
    client_.transport_closed(now, why);
}

void StreamPump::on_open() {
    gathered_size_ = 0;
    paused_ = false;
#if ESB_MQTT_DEFER
    rest_ = {};
#endif
    trace::mqtt_open(this);
    trace::event("mqtt", "open", {});
    client_.transport_opened(reactor_.now());
}

// While the engine wants nothing the stream is left alone: it would come again in every turn.
void StreamPump::listen() {
    const bool paused = !client_.wants_input();
#if ESB_MQTT_DEFER
    more_to_read_ = more_to_read_ || (!paused && !rest_.empty());
#endif
    if (paused == paused_) return;
    paused_ = paused;
    stream_.pause(paused);
    more_to_read_ = more_to_read_ || !paused;
}

// Whether it took all of it.
bool StreamPump::give(ConstBytes bytes, Instant now) {
    const std::size_t taken = client_.receive(bytes, now);
#if ESB_MQTT_DEFER
    rest_ = bytes.subspan(taken);
#endif
    return taken == bytes.size();
}

void StreamPump::read(Instant now) {
#if ESB_MQTT_DEFER
    Buffer& buffer = buffer_;
    more_to_read_ = false;
    if (!rest_.empty() && !give(rest_, now)) return;
#else
    Buffer buffer;
#endif
    more_to_read_ = false;
    for (int turn = 0; turn < reads_per_turn; ++turn) {
        if (!client_.wants_input() || client_.wants_close()) return;
        const auto got = stream_.read(buffer);
        if (!got) {
            if (got.error() == errors::would_block) return;
            return close(got.error(), now);
        }
        trace::mqtt(this, trace::Way::in, ConstBytes(buffer).first(*got));
        if (!give(ConstBytes(buffer).first(*got), now) || stream_.read_empty()) return;
    }
    more_to_read_ = true;
}

// Copies short packets that are to go next behind those that wait already. A DISCONNECT goes by itself: the engine wants
// the connection closed as soon as it is gone.
void StreamPump::gather(Instant now) {
    if (client_.state() == mqtt::Client::State::closing) return;
    for (auto bytes = client_.output(); !bytes.empty(); bytes = client_.output()) {
        const auto room = MutBytes(gathered_).subspan(gathered_size_);
        if (bytes.size() > room.size()) return;
        copy(bytes, room);
        gathered_size_ += bytes.size();
        client_.sent(bytes.size(), now);
    }
}

void StreamPump::written(std::size_t count, Instant now) {
    if (gathered_size_ == 0) return client_.sent(count, now);
    gathered_size_ -= count;
    copy(ConstBytes(gathered_).subspan(count, gathered_size_), gathered_);
    if (client_.state() == mqtt::Client::State::connecting) wipe(MutBytes(gathered_).subspan(gathered_size_));  // a password
}

void StreamPump::write(Instant now) {
    for (;;) {
        gather(now);
        const auto bytes = gathered_size_ > 0 ? ConstBytes(gathered_).first(gathered_size_) : client_.output();
        if (bytes.empty()) return;
        const auto taken = stream_.write(bytes);
        if (!taken) {
            if (taken.error() == errors::would_block) return;
            return close(taken.error(), now);
        }
        trace::mqtt(this, trace::Way::out, bytes.first(*taken));
        written(*taken, now);
    }
}

Pump::Pump(mqtt::Client& client, net::Reactor& reactor, net::Names& names, chip::Entropy& entropy,
           const net::StreamLimits& limits)
    : StreamPump(client, reactor, tls_), tls_(reactor, names, entropy, limits) {}
Pump::~Pump() = default;

}  // namespace esb::link
