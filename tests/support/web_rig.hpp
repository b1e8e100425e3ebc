// The portal's web server on the simulated network, a site that remembers what it was asked, and phones in any number.
#pragma once

#include "esb/net/http_head.hpp"
#include "esb/net/http_server.hpp"
#include "tests/support/net_rig.hpp"

#include <array>
#include <cctype>
#include <memory>
#include <string>
#include <vector>

namespace esb::test {

inline constexpr auto portal_address = chip::IpAddress::v4(4, 3, 2, 1);

// Serves "/" (short), "/big" (60 kB of constant memory), "/list" (generated), takes JSON at "/api", images at "/image".
class RecordingSite : public net::HttpSite {
public:
    std::vector<std::string> requests;  // "GET /path?query"
    std::vector<std::string> bodies;
    std::string uploaded;
    int uploads = 0, ended = 0, lost = 0;
    std::optional<net::HttpReply> refuse_upload;
    std::optional<std::size_t> refuse_after;  // bytes of an upload
    std::uint32_t pieces = 20;                // of the generated list
    std::string big = std::string(60'000, 'b');

    net::HttpReply on_request(const net::HttpRequest& request, ConstBytes body) override {
        note(request);
        if (request.method == net::HttpMethod::post) bodies.emplace_back(as_text(body));
        if (request.path == "/big") return {.body = as_bytes(big), .gzip = true};
        if (request.path == "/list") return {.generated = true, .source = 7};
        return {.content_type = "text/html", .body = as_bytes("hello")};
    }
    net::HttpReply on_foreign_host(const net::HttpRequest& request) override {
        note(request);
        return {.status = 302, .body = as_bytes("go"), .location = "http://4.3.2.1/"};
    }
    std::size_t on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) override {
        if (cursor == pieces || out.size() < 512) return 0;
        const std::string piece = std::to_string(source) + ":" + std::to_string(cursor++) + std::string(500, '.') + ";";
        copy(as_bytes(piece), out);
        return piece.size();
    }
    std::optional<net::HttpReply> on_upload(const net::HttpRequest& request) override {
        note(request);
        if (refuse_upload) return refuse_upload;
        ++uploads;
        uploaded.clear();
        return std::nullopt;
    }
    std::optional<net::HttpReply> on_upload_piece(ConstBytes piece) override {
        uploaded += as_text(piece);
        if (refuse_after && uploaded.size() > *refuse_after) return net::HttpReply{.status = 422};
        return std::nullopt;
    }
    net::HttpReply on_upload_end() override {
        ++ended;
        return {.body = as_bytes("stored")};
    }
    void on_upload_lost() override { ++lost; }

private:
    void note(const net::HttpRequest& request) {
        constexpr std::string_view names[] = {"GET ", "HEAD ", "POST "};
        std::string text(names[static_cast<std::size_t>(request.method)]);
        text += request.path;
        if (!request.query.empty()) text.append("?").append(request.query);
        requests.push_back(std::move(text));
    }
};

// One client connection of a host of its own. Sends `to_send`, at `pace` a byte when that is not zero.
class Phone {
public:
    std::string to_send;
    Duration pace{0};
    bool reads = true;
    bool reconnects = false;  // when it is thrown out
    Duration cool_down{0};    // before it does
    std::string received;
    bool over = false;
    int connections = 0;
    Instant answered{};  // when the first byte came

    // `realm`: of the access point that it has joined.
    Phone(vchip::SimNetwork& network, std::uint8_t number, std::uint32_t realm = 0)
        : world_(network.world()), sockets_(network, {realm, chip::IpAddress::v4(4, 3, 2, number)}, nullptr) {
        world_.add_step([this] { step(); });
    }
    void connect() {
        sockets_.close(socket_);
        socket_ = *sockets_.connect({portal_address, 80});
        sent_ = 0;
        over = false;
        ++connections;
    }
    // Connects and sends.
    void ask(std::string text) {
        received.clear();
        to_send = std::move(text);
        connect();
    }
    // No more from it, nothing to be read any more.
    void hang_up() {
        sockets_.close(socket_);
        socket_ = chip::SocketId::none;
        over = true;
    }
    std::size_t sent() const { return sent_; }
    unsigned status() const {
        return received.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(received.substr(9, 3))) : 0;
    }
    // A reply of fixed length or generated, whole; its body decoded.
    std::optional<std::string> body() const {
        const auto end = received.find("\r\n\r\n");
        if (end == std::string::npos) return std::nullopt;
        const auto rest = received.substr(end + 4);
        if (has("Transfer-Encoding: chunked")) return dechunked(rest);
        const auto length = received.find("Content-Length: ");
        if (length == std::string::npos) return over ? std::optional(rest) : std::nullopt;
        if (rest.size() < std::stoul(received.substr(length + 16))) return std::nullopt;
        return rest;
    }
    bool has(std::string_view header) const {
        const auto at = received.find("\r\n" + std::string(header));
        return at != std::string::npos && at < received.find("\r\n\r\n");
    }

private:
    static std::optional<std::string> dechunked(std::string_view text) {
        std::string body;
        for (;;) {
            const auto line = text.find("\r\n");
            if (line == std::string_view::npos) return std::nullopt;
            const auto size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
            if (text.size() < line + 2 + size + 2) return std::nullopt;
            if (size == 0) return body;
            body += text.substr(line + 2, size);
            text.remove_prefix(line + 2 + size + 2);
        }
    }
    void step() {
        if (socket_ == chip::SocketId::none || !sockets_.connected(socket_)) return;
        send();
        receive();
        if (!over) over_since_ = world_.now();
        if (over && reconnects && world_.now() >= over_since_ + cool_down) connect();
    }
    void send() {
        if (sent_ >= to_send.size() || over) return;
        const auto now = world_.now();
        if (pace > Duration::zero() && now < next_) return;
        const auto rest = std::string_view(to_send).substr(sent_);
        const auto taken = sockets_.send(socket_, as_bytes(pace > Duration::zero() ? rest.substr(0, 1) : rest));
        if (taken) sent_ += *taken;
        next_ = now + pace;
    }
    void receive() {
        std::array<std::uint8_t, 4096> buffer;
        while (reads && !over) {
            const auto got = sockets_.receive(socket_, buffer);
            if (!got && got.error() == errors::would_block) return;
            if (got && received.empty()) answered = world_.now();
            if (got)
                received += as_text(ConstBytes(buffer).first(*got));
            else
                over = true;
        }
    }

    vchip::SimWorld& world_;
    vchip::SimSockets sockets_;
    chip::SocketId socket_ = chip::SocketId::none;
    std::size_t sent_ = 0;
    Instant next_{};
    Instant over_since_{};
};

struct WebRig {
    static constexpr std::array<std::string_view, 1> hosts{"4.3.2.1"};

    vchip::SimWorld world;
    vchip::SimNetwork network{world};
    vchip::SimSockets sockets{network, portal_address};
    net::Reactor reactor{sockets, world.clock()};
    RecordingSite site;
    std::array<std::uint8_t, 2048> body{};
    net::HttpServerLimits limits;
    net::HttpServer server{reactor, site, limits};
    std::vector<std::unique_ptr<Phone>> phones;
    std::size_t most_sockets = 0;

    WebRig() { static_cast<void>(server.start({portal_address, 80}, hosts, body)); }

    Phone& phone() {
        phones.push_back(std::make_unique<Phone>(network, static_cast<std::uint8_t>(10 + phones.size())));
        return *phones.back();
    }
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60)) {
        const Instant until = world.now() + limit;
        while (!done() && world.now() < until) {
            reactor.turn(std::min<Duration>(until - world.now(), std::chrono::milliseconds(10)));
            most_sockets = std::max(most_sockets, sockets.open_sockets());
        }
        return done();
    }
    void run_for(Duration time) {
        run_until([] { return false; }, time);
    }
    // Sends and waits for the whole reply.
    Phone& ask(std::string text, Duration limit = std::chrono::seconds(60)) {
        auto& made = phone();
        made.ask(std::move(text));
        run_until([&] { return made.body().has_value() || made.over; }, limit);
        return made;
    }
};

inline std::string get_request(std::string_view path, std::string_view more = {}) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: 4.3.2.1\r\n" + std::string(more) + "\r\n";
}
inline std::string json_post(std::string_view body, std::optional<std::size_t> length = std::nullopt) {
    return "POST /api HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(length.value_or(body.size())) + "\r\n\r\n" + std::string(body);
}
inline std::string image_post(std::string_view body, std::optional<std::size_t> length = std::nullopt) {
    return "POST /image HTTP/1.1\r\nHost: 4.3.2.1\r\nX-ESB: 1\r\nContent-Type: application/octet-stream\r\n"
           "Content-Length: " +
           std::to_string(length.value_or(body.size())) + "\r\n\r\n" + std::string(body);
}

}  // namespace esb::test
