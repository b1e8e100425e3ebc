// One connection of the base's TLS client to a server on this machine, and what it took, as a line of JSON.
//
//   tls_ours plain-psk|psk|ca|pin|mutual PORT FOLDER [resumed]
//
// FOLDER has root.der, pin (SHA-256 of the server's key), own.der and own.key (its private number). With `resumed` a full
// connection comes first, not counted, and the one that is counted goes on with its session. Callgrind, with
// --collect-atstart=no, counts from the wish to connect until the connection is open.
#include "bench/tls_clients/heap.hpp"
#include "esb/net/tls_stream.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <valgrind/callgrind.h>

namespace {

using namespace esb;
using Bytes = std::vector<std::uint8_t>;

[[noreturn]] void give_up(std::string_view why) {
    std::fprintf(stderr, "tls_ours: %.*s\n", static_cast<int>(why.size()), why.data());
    std::exit(1);
}

Bytes read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) give_up("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

// What goes over the one connection, and how often the direction changes from ours to theirs.
class CountingSockets final : public chip::Sockets {
public:
    explicit CountingSockets(chip::Sockets& real) : real_(real) {}

    std::size_t sent = 0, received = 0, flights = 0;

    void wake() override { real_.wake(); }
    Result<chip::SocketId> connect(const chip::Endpoint& to) override { return real_.connect(to); }
    Status connected(chip::SocketId socket) override { return real_.connected(socket); }
    Result<chip::SocketId> listen(const chip::Endpoint& at, int backlog) override { return real_.listen(at, backlog); }
    Result<chip::SocketId> accept(chip::SocketId listener) override { return real_.accept(listener); }
    Result<chip::SocketId> bind_udp(const chip::Endpoint& at) override { return real_.bind_udp(at); }
    Result<std::size_t> send(chip::SocketId socket, ConstBytes bytes) override {
        const auto taken = real_.send(socket, bytes);
        if (taken) sent += *taken;
        ours_ = true;
        return taken;
    }
    Result<std::size_t> receive(chip::SocketId socket, MutBytes out) override {
        const auto got = real_.receive(socket, out);
        if (!got) return got;
        received += *got;
        flights += ours_ ? 1 : 0;
        ours_ = false;
        return got;
    }
    Status send_to(chip::SocketId socket, const chip::Endpoint& to, ConstBytes bytes) override {
        return real_.send_to(socket, to, bytes);
    }
    Result<chip::Datagram> receive_from(chip::SocketId socket, MutBytes out) override {
        return real_.receive_from(socket, out);
    }
    Result<chip::Endpoint> local(chip::SocketId socket) override { return real_.local(socket); }
    void close(chip::SocketId socket) override { real_.close(socket); }
    Status wait(std::span<chip::Interest> interests, Duration timeout) override { return real_.wait(interests, timeout); }

private:
    chip::Sockets& real_;
    bool ours_ = false;
};

struct Credentials final : net::TlsCredentials {
    Bytes trusted, own, key;
    std::array<std::uint8_t, 4096> room{};

    Result<ConstBytes> authorities(MutBytes) override { return ConstBytes(trusted); }
    Result<ConstBytes> own_certificates(MutBytes) override { return ConstBytes(own); }
    Result<net::ClientKey> own_key() override {
        Result<net::ClientKey> secret;
        static_cast<void>(secret->assign(key));
        return secret;
    }
    net::CertificateTime time() const override {
        return {std::chrono::duration_cast<UnixTime>(std::chrono::system_clock::now().time_since_epoch()), true};
    }
    MutBytes session_room() override { return room; }
};

struct Handler final : net::StreamHandler {
    bool open = false;
    void on_open() override { open = true; }
    void on_readable() override {}
    void on_writable() override {}
    void on_closed(const Error& why) override { give_up(why.name()); }
};

class Client {
public:
    Client(std::string_view mode, const std::string& folder) {
        inner_.add_source(resolver_);
        if (mode == "psk" || mode == "plain-psk") {
            config_.identity = "bench";
            config_.key = key_;
            config_.allow_plain_psk = mode == "plain-psk";
            return;
        }
        config_.trust = mode == "pin" ? net::TlsTrust::pin : net::TlsTrust::ca;
        config_.credentials = &credentials_;
        credentials_.trusted = read_file(folder + "/root.der");
        if (mode == "pin") {
            copy(read_file(folder + "/pin"), pin_);
            config_.pins = {&pin_, 1};
        }
        if (mode != "mutual") return;
        credentials_.own = read_file(folder + "/own.der");
        credentials_.key = read_file(folder + "/own.key");
    }

    // From closed to open, and closed again.
    void connect(std::uint16_t port, bool counted) {
        net::TlsStream stream{reactor_, names_, entropy_};
        Handler handler;
        if (!stream.configure(config_)) give_up("configure");
        sockets = {};
        const auto before = bench::heap_now.load();
        bench::heap_peak = before;
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        if (!stream.open("localhost", port, handler)) give_up("open");
        while (!handler.open) reactor_.turn(std::chrono::seconds(1));
        if (counted) CALLGRIND_TOGGLE_COLLECT;
        peak = bench::heap_peak - before;
        held = bench::heap_now - before;
        suite = stream.suite();
        resumed = stream.resumed();
        sockets = {counting_.sent, counting_.received, counting_.flights};
        stream.keep_session();
        stream.close();
        counting_.sent = counting_.received = counting_.flights = 0;
    }

    struct Count {
        std::size_t sent = 0, received = 0, flights = 0;
    } sockets;
    std::size_t peak = 0, held = 0;
    std::string suite;
    bool resumed = false;

private:
    std::array<std::uint8_t, 16> key_{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    net::SpkiPin pin_{};
    Credentials credentials_;
    net::TlsConfig config_;
    vchip::SystemClock clock_;
    vchip::PosixSockets inner_{clock_};
    CountingSockets counting_{inner_};
    vchip::HostEntropy entropy_;
    vchip::ThreadResolver resolver_{clock_, inner_, nullptr, [](const std::string&) -> Result<chip::IpAddress> {
                                        return chip::IpAddress::v4(127, 0, 0, 1);
                                    }};
    net::Reactor reactor_{counting_, clock_};
    net::Names names_{reactor_, resolver_};
};

}  // namespace

int main(int count, char** words) {
    if (count < 4) give_up("usage: tls_ours plain-psk|psk|ca|pin|mutual PORT FOLDER [resumed]");
    const auto port = static_cast<std::uint16_t>(std::atoi(words[2]));
    const bool resume = count > 4;
    Client client(words[1], words[3]);
    if (resume) client.connect(port, false);
    client.connect(port, true);
    if (client.resumed != resume) give_up(resume ? "the server did not go on with the session" : "resumed");
    std::printf("{\"sent\":%zu,\"received\":%zu,\"flights\":%zu,\"peak\":%zu,\"held\":%zu,\"suite\":\"%s\"}\n",
                client.sockets.sent, client.sockets.received, client.sockets.flights, client.peak, client.held,
                client.suite.c_str());
    return 0;
}
