// The MQTT engine alone over a plain socket: connects to ADDRESS PORT, publishes three messages, hears them, leaves.
#include "esb/mqtt/client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>
#include <cstdio>

using namespace esb;

Instant now() { return Instant(std::chrono::floor<Duration>(std::chrono::steady_clock::now().time_since_epoch())); }

struct App final : mqtt::Handler {
    void on_connected(bool) override { static_cast<void>(client.subscribe("esb/hello", mqtt::Qos::at_least_once)); }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {
        for (const char* text : {"one", "two", "three"})
            static_cast<void>(client.publish({"esb/hello", as_bytes(text)}));
    }
    void on_message(const mqtt::MessagePiece& piece) override {
        std::printf("%.*s\n", static_cast<int>(piece.bytes.size()), as_text(piece.bytes).data());
        if (piece.is_last() && ++heard == 3) client.stop(now());
    }
    void on_published(mqtt::Token, Status) override {}
    void on_disconnected(const Error& why, Instant) override { std::printf("%s\n", why.name().data()); }
    int heard = 0;
    std::uint8_t memory[8 * 1024];
    mqtt::Client client{*this, {}, memory};
};

int dial(const char* address, const char* port) {
    const sockaddr_in to{AF_INET, htons(static_cast<std::uint16_t>(std::atoi(port))), {::inet_addr(address)}, {}};
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    return ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? fd : (::close(fd), -1);
}

int main(int count, char** words) {
    static App app;
    mqtt::Client& client = app.client;
    if (count != 3 || !client.configure({.client_id = "esb-hello"})) return 2;
    client.start(now(), static_cast<std::uint32_t>(::getpid()));
    for (int fd = -1; client.state() != mqtt::Client::State::stopped;) {
        client.tick(now());
        if (client.wants_transport(now())) {
            client.transport_opening();
            fd = dial(words[1], words[2]);
            fd >= 0 ? client.transport_opened(now()) : client.transport_closed(now(), Error(errors::closed));
        }
        ssize_t moved = 1;  // less: the connection is gone
        for (auto out = client.output(); moved > 0 && !out.empty(); out = client.output()) {
            if ((moved = ::send(fd, out.data(), out.size(), MSG_NOSIGNAL)) > 0) client.sent(moved, now());
        }
        std::uint8_t bytes[512];
        pollfd entry{fd, POLLIN, 0};
        const auto due = client.next_deadline().value_or(now() + 1s) - now();
        if (moved > 0 && !client.wants_close() && ::poll(&entry, 1, std::max(0, static_cast<int>(due.count()))) > 0) {
            if ((moved = ::recv(fd, bytes, sizeof bytes, 0)) > 0) client.receive({bytes, bytes + moved}, now());
        }
        if (moved > 0 && !client.wants_close()) continue;
        client.transport_closed(now(), client.wants_close() ? client.close_reason() : Error(errors::closed));
        ::close(fd), fd = -1;
    }
    return app.heard == 3 ? 0 : 1;
}
