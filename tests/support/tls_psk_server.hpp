// A real Mbed TLS server with pre-shared keys, on the simulated network.
#pragma once

#include "host/vchip/sim_network.hpp"
#include "host/vchip/sim_sockets.hpp"
#include "host/vchip/sim_world.hpp"
#include "host/cli/library.hpp"
#include "tests/support/mbedtls_writer.hpp"

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace esb::test {

class TlsPskServer {
public:
    struct Options {
        std::map<std::string, std::vector<std::uint8_t>> accounts{};
        std::vector<int> suites{MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256};
        bool echo = true;
        bool goodbye = true;                       // close_notify when it ends a connection
        std::optional<int> close_in_state{};       // closes TCP when the handshake has come so far
        std::optional<std::size_t> close_after{};  // closes TCP after so many bytes it sent
        std::optional<int> refuse_in_state{};      // sends `refusal` and resets TCP when the handshake has come so far
        std::string refusal{"\x15\x03\x03\0\x02\x02\x73", 7};  // the alert unknown_psk_identity
        // With a certificate (DER; its key outlives the server) instead of keys; with an authority each client has to
        // show one of it, whose dates are not looked at: they are of the test's time.
        std::vector<std::uint8_t> certificate{}, clients{};
        mbedtls_pk_context* key = nullptr;
        bool tickets = false;  // for sessions that later handshakes go on with (RFC 5077)
    };

    TlsPskServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port, Options chosen);
    ~TlsPskServer();
    TlsPskServer(const TlsPskServer&) = delete;
    TlsPskServer& operator=(const TlsPskServer&) = delete;

    Options options;
    std::function<void(bool inside)> around_step = [](bool) {};

    bool open = false;  // the handshake is over
    bool goodbye_received = false;
    int connections = 0;
    int last_error = 0;    // of Mbed TLS
    std::size_t sent = 0;  // bytes on the wire in the latest connection
    std::string received;  // of the latest connection
    std::string suite;
    std::vector<std::uint8_t> client;  // the latest client's certificate
    bool encrypt_then_mac = false;

    // How far Mbed TLS's handshake has come; 0 before it.
    int state() const { return made_ ? state_of(ssl_) : 0; }
    void say(std::string_view text) { outbox_ += text; }
    void hang_up();
    // Bytes past TLS, as an attacker on the way would send them.
    void say_in_the_clear(std::string_view text) { static_cast<void>(sockets_.send(peer_, as_bytes(text))); }
    void alert(std::uint8_t level, std::uint8_t description);

private:
    static constexpr int fatal = -1;

    void step();

    void start(chip::SocketId peer);

    void give_tickets();

    void use_certificate();
    static int look_at_client(void* self, mbedtls_x509_crt* shown, int depth, std::uint32_t* flags);

    void handshake();

    // Says why, and lets the connection be reset before the client could say all it has to.
    void refuse();

    void talk();

    void drop();

    static int send(void* self, const unsigned char* bytes, std::size_t size);
    static int receive(void* self, unsigned char* out, std::size_t size);
    static int random(void* self, unsigned char* out, std::size_t size);
    static int choose_key(void* self, mbedtls_ssl_context* ssl, const unsigned char* name, std::size_t size);

    mbedtls_ssl_ticket_context tickets_{};
    bool tickets_made_ = false;
    vchip::SimNetwork& network_;
    chip::IpAddress address_;
    vchip::SimSockets sockets_;
    chip::SocketId listener_;
    chip::SocketId peer_ = chip::SocketId::none;
    mbedtls_ssl_config config_{};
    mbedtls_ssl_context ssl_{};
    std::vector<int> suites_;
    mbedtls_x509_crt own_{}, clients_{};
    std::string outbox_;
    std::size_t under_way_ = 0;
    std::uint64_t random_ = 42;
    bool made_ = false;
};

}  // namespace esb::test
