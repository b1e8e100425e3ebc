#include "host/cli/est_server.hpp"

#include "host/cli/broker_tls.hpp"
#include "host/cli/der.hpp"
#include "host/cli/est_service.hpp"
#include "host/cli/est_tls.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace esb::cli {
namespace {

constexpr std::size_t served_pem_max = 8192;  // bytes
constexpr int stop_asked_every = 200;  // ms

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Socket& operator=(Socket&&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

Outcome<Socket> listen_at(const EstOptions& options) {
    sockaddr_in v4{};
    sockaddr_in6 v6{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(options.port);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(options.port);
    const bool is_v4 = ::inet_pton(AF_INET, options.bind.c_str(), &v4.sin_addr) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, options.bind.c_str(), &v6.sin6_addr) != 1)
        return failure("'" + options.bind + "' is not an address to listen on");
    const auto* const address = is_v4 ? reinterpret_cast<sockaddr*>(&v4) : reinterpret_cast<sockaddr*>(&v6);
    Socket made(::socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (made.get() < 0 || ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        ::bind(made.get(), address, is_v4 ? sizeof v4 : sizeof v6) != 0 || ::listen(made.get(), 16) != 0) {
        return failure(options.bind + " port " + std::to_string(options.port) + ": " + std::strerror(errno));
    }
    return made;
}

class Server {
public:
    Server(const Authority& authority, const EstOptions& options, const std::function<void(const std::string&)>& tell)
        : authority_(authority), options_(options), tell_(tell) {}
    ~Server() {
        for (auto& slot : slots_) {
            if (slot.thread.joinable()) slot.thread.join();
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Reads the server's own certificate, or makes it.
    Outcome<void> refresh();
    void accept(int listener);
    void tell(const std::string& line) {
        const std::lock_guard guard(telling_);
        tell_(line);
    }

private:
    struct Slot {
        std::thread thread;
        std::atomic<bool> busy = false;
    };
    Outcome<SigningKey> own_key() const;
    bool still_good(const Outcome<std::string>& text) const;
    void talk(const Socket& socket, const EstCredentials& credentials);

    const Authority& authority_;
    const EstOptions& options_;
    const std::function<void(const std::string&)>& tell_;
    std::mutex telling_;
    EstCredentials credentials_;
    Seconds renew_at_ = 0;
    std::array<Slot, est_connections> slots_;
};

Outcome<SigningKey> Server::own_key() const { return load_or_make_key(authority_.path() / "serve.key"); }

bool Server::still_good(const Outcome<std::string>& text) const {
    const auto facts = text ? read_certificate(*text) : std::unexpected(text.error());
    const auto index = authority_.index();
    if (!facts || !index) return false;
    const auto* const entry = index->find(facts->serial);
    return entry != nullptr && !entry->revoked && entry->hosts == options_.hosts && authority_.now() < facts->renewal();
}

Outcome<void> Server::refresh() {
    if (authority_.now() < renew_at_) return {};
    renew_at_ = authority_.now() + 60;  // until it has come to its end
    const auto file = authority_.path() / "serve.crt";
    const auto key = own_key();
    if (!key) return std::unexpected(key.error());
    auto text = read_file(file, served_pem_max);
    if (!still_good(text)) {
        auto work = authority_.begin();
        if (!work) return std::unexpected(work.error());
        const auto made = work->issue(
            {CertificateKind::server, options_.hosts.front(), key->public_key(), options_.hosts, server_days});
        if (!made) return std::unexpected(made.error());
        text = der::pem("CERTIFICATE", made->der);
        if (auto done = replace_file(file, *text, 0600); !done) return done;
    }
    auto key_text = read_file(authority_.path() / "serve.key", served_pem_max);
    if (!key_text) return std::unexpected(key_text.error());
    credentials_ = {std::move(*text), std::move(*key_text), authority_.certificate_pem()};
    for (const auto& line : renew_brokers(authority_)) tell(line);
    renew_at_ = authority_.now() + 86400;  // looked at daily
    return {};
}

void Server::accept(int listener) {
    Socket socket(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.get() < 0) return;
    for (auto& slot : slots_) {
        if (slot.busy.exchange(true)) continue;
        if (slot.thread.joinable()) slot.thread.join();  // it has ended, or is about to
        slot.thread = std::thread([this, &slot, own = std::move(socket), credentials = credentials_] {
            talk(own, credentials);
            slot.busy = false;
        });
        return;
    }
    tell("more than " + std::to_string(est_connections) + " connections at once: one was closed");
}

void Server::talk(const Socket& socket, const EstCredentials& credentials) {
    EstTls tls(socket.get(), std::chrono::steady_clock::now() + std::chrono::seconds(est_seconds));
    if (!tls.handshake(credentials)) return;
    EstRequestParser parser;
    while (!parser.complete() && parser.refused() == 0) {
        const auto bytes = tls.read();
        if (bytes.empty()) return;
        parser.feed(bytes);
    }
    const auto answer = parser.complete()
                            ? answer_est(authority_, parser.request(), tls.peer() ? &*tls.peer() : nullptr)
                            : refuse_est(parser.refused());
    if (!answer.event.empty()) tell(answer.event);
    if (!tls.write(http_text(answer))) return;
    tls.close();
    ::shutdown(socket.get(), SHUT_WR);
    // Closing while bytes arrive would reset the connection and take the answer away.
    for (int pieces = 0; pieces < 64 && !tls.read().empty(); ++pieces) {
    }
}

}  // namespace

Outcome<void> serve_est(const Authority& authority, const EstOptions& options, const std::function<bool()>& stop,
                        const std::function<void(const std::string&)>& tell) {
    Server server(authority, options, tell);
    if (auto done = server.refresh(); !done) return done;
    const auto listener = listen_at(options);
    if (!listener) return std::unexpected(listener.error());
    server.tell("EST at " + options.bind + " port " + std::to_string(options.port) + ", for " + options.hosts.front());
    while (!stop()) {
        pollfd one{listener->get(), POLLIN, 0};
        const bool somebody = ::poll(&one, 1, stop_asked_every) > 0;
        // Brokers' certificates end whether somebody comes here or not.
        if (auto done = server.refresh(); !done) server.tell("its own certificate: " + done.error().line);
        if (somebody) server.accept(listener->get());
    }
    return {};
}

}  // namespace esb::cli
