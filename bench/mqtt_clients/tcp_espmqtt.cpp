// espMqttClient over TCP. The loop is poll(2) and its loop(), which is to be called until it has nothing more to do.
#include "espmqtt.hpp"

#include "client.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace {

class Tcp final : public espMqttClientInternals::Transport {
public:
    bool connect(IPAddress, std::uint16_t) override { return false; }
    bool connect(const char* host, std::uint16_t port) override {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        ::inet_pton(AF_INET, host, &address.sin_addr);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return true;
        stop();
        return false;
    }
    std::size_t write(const std::uint8_t* bytes, std::size_t size) override {
        const auto sent = ::send(socket_, bytes, size, MSG_NOSIGNAL);
        moved = moved || sent > 0;
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    int read(std::uint8_t* out, std::size_t size) override {
        const auto got = ::recv(socket_, out, size, MSG_DONTWAIT);
        moved = moved || got > 0;
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) stop();
        return static_cast<int>(got);
    }
    void stop() override {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    bool connected() override { return socket_ >= 0; }
    bool disconnected() override { return socket_ < 0; }
    void wait() const {
        if (socket_ < 0) return;
        pollfd entry{socket_, POLLIN, 0};
        ::poll(&entry, 1, 1'000);
    }

    bool moved = false;  // bytes, since this was made false

private:
    int socket_ = -1;
};

class Client {
public:
    explicit Client(bench::Run& run) : run_(run) {
        client_.setServer("127.0.0.1", run.plan.port).setCleanSession(run.plan.what != bench::What::cut);
        client_.onConnect([this](bool) { connected(); });
        client_.onDisconnect([this](espMqttClientTypes::DisconnectReason) { disconnected(); });
        client_.onPublish([this](std::uint16_t) { published(); });
        client_.onMessage([this](const espMqttClientTypes::MessageProperties&, const char*, const std::uint8_t*, std::size_t size,
                                 std::size_t at, std::size_t total) { run_.over() || at + size < total ? void() : run_.received(); });
        client_.connect();
    }
    void run() {
        while (!over()) turn();
    }

private:
    bool cuts() const { return run_.plan.what == bench::What::cut; }
    bool over() const { return cuts() ? run_.all_cut() : run_.over(); }
    void turn() {
        client_.transport.moved = false;
        client_.loop();
        if (run_.plan.sends() && run_.plan.qos == 0 && client_.connected()) return qos_0_went();
        idle_ = client_.transport.moved ? 0 : idle_ + 1;
        // Until it is on line it has turns in which it moves nothing but its own state.
        if (idle_ >= (client_.connected() ? 1U : 4U)) client_.transport.wait();
    }
    // Nothing says so but that it waits no more.
    void qos_0_went() {
        for (auto waiting = client_.queueSize(); in_flight_ > waiting && !run_.over(); --in_flight_) run_.done();
        while (in_flight_ < run_.plan.window && run_.may_publish()) publish();
    }
    void publish() {
        run_.published();
        ++in_flight_;
        client_.put(run_.plan.qos);
    }
    void connected() {
        if (cuts()) {
            run_.on_line();
            if (in_flight_ == 0) ready();
            return;
        }
        run_.begin();
        if (!run_.plan.sends()) return client_.take(run_.plan.qos);
        if (run_.plan.qos == 0) return;  // turn()
        for (unsigned i = 0; i < run_.plan.window; ++i) publish();
    }
    void disconnected() {
        if (!cuts()) bench::give_up("disconnected");
        client_.connect();
        idle_ = 0;
    }
    void published() {
        --in_flight_;
        if (cuts()) {
            if (in_flight_ == 0) ready();
            return;
        }
        run_.done();
        if (run_.may_publish()) publish();
    }
    void ready() {
        run_.ready();
        if (run_.all_cut()) return;
        for (; in_flight_ < run_.plan.window; ++in_flight_) client_.put(1);
    }

    bench::Run& run_;
    bench::EspMqtt<Tcp> client_;
    std::size_t in_flight_ = 0;
    unsigned idle_ = 0;  // turns since bytes moved
};

}  // namespace

int main(int count, char** words) {
    bench::Run run{bench::Plan(count, words)};
    Client(run).run();
    return 0;
}
