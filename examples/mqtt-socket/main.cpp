// The MQTT engine alone over a plain socket: connects to HOST PORT, publishes three messages, hears them, leaves.
#include "esb/mqtt/client.hpp"

#include <cstdio>
#include <ctime>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace esb;

Instant now() {
    timespec at{};
    ::clock_gettime(CLOCK_MONOTONIC, &at);
    return Instant(Duration(at.tv_sec * 1'000 + at.tv_nsec / 1'000'000));
}

struct App final : mqtt::Handler {
    void on_connected(bool) override { static_cast<void>(client.subscribe("esb/hello", mqtt::Qos::at_least_once)); }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {
        for (const char* text : {"one", "two", "three"}) {
            static_cast<void>(client.publish({"esb/hello", as_bytes(text), mqtt::Qos::at_least_once}));
        }
    }
    void on_message(const mqtt::MessagePiece& piece) override {
        std::printf("%.*s\n", static_cast<int>(piece.bytes.size()), reinterpret_cast<const char*>(piece.bytes.data()));
        if (piece.is_last() && ++heard == 3) client.stop(now());
    }
    void on_published(mqtt::Token, Status) override {}
    void on_disconnected(const Error& why, Instant) override { std::printf("%s\n", why.name().data()); }

    int heard = 0;
    std::uint8_t memory[8 * 1024];
    mqtt::Client client{*this, {}, memory};
};

int dial(const char* host, const char* port) {
    addrinfo* found = nullptr;
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    if (::getaddrinfo(host, port, &wanted, &found) != 0) return -1;
    int fd = ::socket(found->ai_family, SOCK_STREAM, 0);
    if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) ::close(fd), fd = -1;
    ::freeaddrinfo(found);
    return fd;
}

int main(int count, char** words) {
    static App app;
    mqtt::Client& client = app.client;
    mqtt::ConnectOptions options;
    options.client_id = "esb-hello";
    if (count != 3 || !client.configure(options)) return 2;
    client.start(now(), static_cast<std::uint32_t>(::getpid()));
    int fd = -1;
    const auto end = [&](const Error& why) { ::close(fd), fd = -1, client.transport_closed(now(), why); };
    while (client.state() != mqtt::Client::State::stopped) {
        client.tick(now());
        if (client.wants_transport(now())) {
            client.transport_opening();
            fd = dial(words[1], words[2]);
            fd >= 0 ? client.transport_opened(now()) : client.transport_closed(now(), Error(errors::closed));
        }
        for (auto out = client.output(); !out.empty(); out = client.output()) {
            const auto sent = ::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            client.sent(static_cast<std::size_t>(sent), now());
        }
        if (client.wants_close()) end(client.close_reason());
        pollfd entry{fd, POLLIN, 0};
        const auto due = client.next_deadline().value_or(now() + 1s) - now();
        if (::poll(&entry, 1, std::max(0, static_cast<int>(due.count()))) < 1) continue;
        std::uint8_t bytes[512];
        const auto got = ::recv(fd, bytes, sizeof bytes, 0);
        got > 0 ? client.receive({bytes, static_cast<std::size_t>(got)}, now()) : end(Error(errors::closed));
    }
    return app.heard == 3 ? 0 : 1;
}
