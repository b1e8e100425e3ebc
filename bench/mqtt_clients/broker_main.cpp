// The broker of the measurements over TCP. Prints its port; serves one connection after another until the plan is done.
#include "broker.hpp"
#include "shared.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace {

using namespace bench;

class Server {
public:
    Server(const Plan& plan) : plan_(plan), shared_(shared(plan)) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
            give_up("the broker's port");
        }
        std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
        std::fflush(stdout);
    }
    void run() {
        shared_.received = 0;
        if (plan_.what != What::cut) return serve();
        for (unsigned i = 0; i < plan_.messages; ++i) serve_and_cut();
        serve();
    }

private:
    void accept() {
        socket_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        broker_ = {};
        broker_.session_present = plan_.what == What::cut && connections_++ > 0;
    }
    // Until the client has gone.
    void serve() {
        do {
            accept();
            do {
                top_up();
                flush();
            } while (read());
            ::close(socket_);
        } while (!broker_.connected);  // a try that came to nothing
    }
    // What was in flight at the last cut is answered, what is new is not. When the client is on line, and all that is to be
    // in flight is, the connection ends.
    void serve_and_cut() {
        accept();
        broker_.only_again = true;
        while (!broker_.connected || broker_.fresh < plan_.window) {
            if (read()) {
                flush();
            } else if (broker_.connected) {
                give_up("the client has gone");
            } else {
                ::close(socket_);  // a try that came to nothing
                --connections_;
                accept();
                broker_.only_again = true;
            }
        }
        while (shared_.received < connections_) ::usleep(100);
        shared_.cut_at = now_ns();
        ::close(socket_);
    }
    void top_up() {
        if (plan_.what != What::receive || !broker_.subscribed || delivered_ == plan_.messages) return;
        if (plan_.qos > 0) {
            if (delivered_ > 0 && broker_.open >= plan_.window) return;
            const unsigned room = std::min(plan_.window - broker_.open, plan_.messages - delivered_);
            broker_.deliver(room, plan_.qos);
            delivered_ += room;
            return;
        }
        // Nobody acknowledges QoS 0: the client's count tells that it has all of the last ones.
        while (delivered_ < plan_.messages) {
            broker_.deliver(plan_.window, 0);
            delivered_ += plan_.window;
            flush();
            while (shared_.received < delivered_) ::usleep(10);
        }
    }
    bool read() {
        std::uint8_t buffer[64 * 1024];
        const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        broker_.receive(buffer, static_cast<std::size_t>(got));
        return true;
    }
    void flush() {
        const auto& out = broker_.out;
        for (std::size_t at = 0; at < out.size();) {
            const auto sent = ::send(socket_, out.data() + at, out.size() - at, MSG_NOSIGNAL);
            if (sent <= 0) break;
            at += static_cast<std::size_t>(sent);
        }
        broker_.out.clear();
    }

    const Plan plan_;
    Shared& shared_;
    Broker broker_;
    int listener_ = -1;
    int socket_ = -1;
    unsigned delivered_ = 0;
    unsigned connections_ = 0;
};

}  // namespace

int main(int count, char** words) {
    const Plan plan(count, words);
    Server(plan).run();
    return 0;
}
