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

    net::HttpReply on_request(const net::HttpRequest& request, ConstBytes body) override;
    net::HttpReply on_foreign_host(const net::HttpRequest& request) override;
    std::size_t on_more(std::uint32_t source, std::uint32_t& cursor, MutBytes out) override;
    std::optional<net::HttpReply> on_upload(const net::HttpRequest& request) override;
    std::optional<net::HttpReply> on_upload_piece(ConstBytes piece) override;
    net::HttpReply on_upload_end() override;
    void on_upload_lost() override { ++lost; }

private:
    void note(const net::HttpRequest& request);
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
    Phone(vchip::SimNetwork& network, std::uint8_t number, std::uint32_t realm = 0);
    void connect();
    // Connects and sends.
    void ask(std::string text);
    // No more from it, nothing to be read any more.
    void hang_up();
    std::size_t sent() const { return sent_; }
    unsigned status() const;
    // A reply of fixed length or generated, whole; its body decoded.
    std::optional<std::string> body() const;
    bool has(std::string_view header) const;

private:
    static std::optional<std::string> dechunked(std::string_view text);
    void step();
    void send();
    void receive();

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

    Phone& phone();
    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(60));
    void run_for(Duration time);
    // Sends and waits for the whole reply.
    Phone& ask(std::string text, Duration limit = std::chrono::seconds(60));
};

std::string get_request(std::string_view path, std::string_view more = {});
std::string json_post(std::string_view body, std::optional<std::size_t> length = std::nullopt);
std::string image_post(std::string_view body, std::optional<std::size_t> length = std::nullopt);

}  // namespace esb::test
