// From connect to disconnect nothing is taken from the heap: engine, pump, stream, reactor and the host's sockets.
#include <gtest/gtest.h>

#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "esb/link/pump.hpp"
#include "esb/net/tcp_stream.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"
#include "support/mqtt_broker_model.hpp"
#include "counted_new.hpp"

namespace esb::link {
namespace {

// The broker model behind a real socket, served between the reactor's turns.
class Broker {
public:
    Broker() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(listener_, 1), 0);
        EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        port = ntohs(address.sin_port);
    }
    ~Broker() {
        ::close(listener_);
        if (socket_ >= 0) ::close(socket_);
    }
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    void serve() {
        if (socket_ < 0) socket_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
        if (socket_ < 0) return;
        test::wire::Bytes bytes(4'096);
        const auto got = ::recv(socket_, bytes.data(), bytes.size(), 0);
        if (got > 0) {
            bytes.resize(static_cast<std::size_t>(got));
            model.receive(bytes);
        }
        if (model.out.empty()) return;
        EXPECT_EQ(::send(socket_, model.out.data(), model.out.size(), MSG_NOSIGNAL), static_cast<ssize_t>(model.out.size()));
        model.out.clear();
    }

    test::MqttBrokerModel model;
    std::uint16_t port = 0;

private:
    int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int socket_ = -1;
};

class Device final : public mqtt::Handler, private Task {
public:
    explicit Device(std::uint16_t port) : port_(port) {
        mqtt::ConnectOptions options;
        options.client_id = "heap";
        EXPECT_TRUE(client.configure(options));
        EXPECT_TRUE(reactor.add(*this));
        client.start(reactor.now(), 1);
    }

    vchip::SystemClock clock;
    vchip::PosixSockets sockets{clock};
    vchip::ThreadResolver resolver{clock, sockets, nullptr};
    net::Reactor reactor{sockets, clock};
    net::Names names{reactor, resolver};
    net::TcpStream stream{reactor, names};
    std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(16 * 1'024);
    mqtt::Client client{*this, {}, memory};
    StreamPump pump{client, reactor, stream};
    unsigned published = 0;
    unsigned received = 0;
    bool ended = false;

private:
    void step(Instant now) override { pump.step("127.0.0.1", port_, now); }
    std::optional<Instant> deadline() const override { return earliest(pump.deadline(), client.next_deadline()); }
    void on_connected(bool) override { EXPECT_TRUE(client.subscribe("in", mqtt::Qos::exactly_once)); }
    void on_disconnected(const Error&, Instant) override { ended = true; }
    void on_message(const mqtt::MessagePiece& piece) override {
        if (piece.is_last()) ++received;
    }
    void on_published(mqtt::Token, Status outcome) override {
        EXPECT_TRUE(outcome);
        ++published;
    }
    void on_subscribed(mqtt::Token, Result<mqtt::Qos>) override {}

    std::uint16_t port_;
};

TEST(MqttHeap, nothing_is_allocated_from_connect_to_disconnect) {
    Broker broker;
    Device device(broker.port);
    for (int i = 0; i < 1'000 && device.client.state() != mqtt::Client::State::connected; ++i) {
        device.reactor.turn(1ms);
        broker.serve();
    }
    ASSERT_EQ(device.client.state(), mqtt::Client::State::connected);
    unsigned long taken = 0;
    const std::vector<std::uint8_t> payload(256, 'x');
    unsigned sent = 0;
    for (int i = 0; i < 3'000 && !device.ended; ++i) {
        if (i < 300) broker.model.publish({"in", std::string(256, 'y'), static_cast<unsigned>(i % 3)});
        const auto before = test::allocations;
        if (i < 300 && device.client.publish({"out", payload, static_cast<mqtt::Qos>(i % 3)})) ++sent;
        if (sent > 0 && i >= 300 && device.published == sent && device.received == 300) device.client.stop(device.reactor.now());
        device.reactor.turn(1ms);
        taken += test::allocations - before;
        broker.serve();
    }
    EXPECT_TRUE(device.ended);
    EXPECT_EQ(device.received, 300U);
    EXPECT_EQ(device.published, sent);
    EXPECT_GT(sent, 100U);
    EXPECT_EQ(taken, 0U);
}

}  // namespace
}  // namespace esb::link
