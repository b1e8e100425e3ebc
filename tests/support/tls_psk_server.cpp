#include "tests/support/tls_psk_server.hpp"

namespace esb::test {

TlsPskServer::TlsPskServer(vchip::SimNetwork& network, const chip::IpAddress& address, std::uint16_t port, Options chosen)
    : options(std::move(chosen)),
      network_(network),
      address_(address),
      sockets_(network, address),
      listener_(*sockets_.listen({address, port}, 4)) {
    network.world().add_step([this] {
        around_step(true);
        step();
        around_step(false);
    });
}

TlsPskServer::~TlsPskServer() {
    drop();
    if (tickets_made_) mbedtls_ssl_ticket_free(&tickets_);
}

void TlsPskServer::hang_up() {
    if (open && options.goodbye) mbedtls_ssl_close_notify(&ssl_);
    drop();
}

void TlsPskServer::alert(std::uint8_t level, std::uint8_t description) {
    mbedtls_ssl_send_alert_message(&ssl_, level, description);
}

void TlsPskServer::step() {
    if (const auto accepted = sockets_.accept(listener_)) start(*accepted);
    if (!made_) return;
    if (!open) handshake();
    if (open) talk();
}

void TlsPskServer::start(chip::SocketId peer) {
    drop();
    peer_ = peer;
    ++connections;
    sent = 0;
    received.clear();
    outbox_.clear();
    goodbye_received = false;
    last_error = 0;
    cli::library::start();
    mbedtls_ssl_config_init(&config_);
    mbedtls_ssl_init(&ssl_);
    made_ = true;
    mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    suites_ = options.suites;
    suites_.push_back(0);
    mbedtls_ssl_conf_ciphersuites(&config_, suites_.data());
    set_server_rules(config_, random, this);
    if (options.key == nullptr) mbedtls_ssl_conf_psk_cb(&config_, choose_key, this);
    if (options.key != nullptr) use_certificate();
    if (options.tickets) give_tickets();
    mbedtls_ssl_setup(&ssl_, &config_);
    mbedtls_ssl_set_bio(&ssl_, this, send, receive, nullptr);
}

void TlsPskServer::give_tickets() {
    constexpr std::uint32_t day = 86'400;  // seconds
    if (!std::exchange(tickets_made_, true)) {
        mbedtls_ssl_ticket_init(&tickets_);
        set_up_tickets(tickets_, day, random, this);
    }
    mbedtls_ssl_conf_session_tickets_cb(&config_, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse, &tickets_);
}

void TlsPskServer::use_certificate() {
    mbedtls_x509_crt_init(&own_);
    mbedtls_x509_crt_init(&clients_);
    mbedtls_x509_crt_parse_der(&own_, options.certificate.data(), options.certificate.size());
    mbedtls_ssl_conf_own_cert(&config_, &own_, options.key);
    if (options.clients.empty()) return;
    mbedtls_x509_crt_parse_der(&clients_, options.clients.data(), options.clients.size());
    mbedtls_ssl_conf_ca_chain(&config_, &clients_, nullptr);
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_verify(&config_, look_at_client, this);
}

int TlsPskServer::look_at_client(void* self, mbedtls_x509_crt* shown, int depth, std::uint32_t* flags) {
    *flags &= ~static_cast<std::uint32_t>(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (depth == 0) static_cast<TlsPskServer*>(self)->client.assign(shown->raw.p, shown->raw.p + shown->raw.len);
    return 0;
}

void TlsPskServer::handshake() {
    while (state_of(ssl_) != MBEDTLS_SSL_HANDSHAKE_OVER) {
        if (options.close_in_state && state_of(ssl_) >= *options.close_in_state) return drop();
        if (options.refuse_in_state && state_of(ssl_) >= *options.refuse_in_state) return refuse();
        const int code = mbedtls_ssl_handshake_step(&ssl_);
        if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return;
        if (code != 0) {
            last_error = code;
            return drop();
        }
    }
    suite = mbedtls_ssl_get_ciphersuite(&ssl_);
    encrypt_then_mac = encrypts_then_macs(ssl_);
    open = true;
}

void TlsPskServer::refuse() {
    say_in_the_clear(options.refusal);
    network_.reset_connections(address_);
    drop();
}

void TlsPskServer::talk() {
    std::array<unsigned char, 4096> buffer;
    while (outbox_.size() < 65536) {
        const int code = mbedtls_ssl_read(&ssl_, buffer.data(), buffer.size());
        if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) break;
        if (code <= 0) {
            goodbye_received = code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY;
            last_error = code;
            return drop();
        }
        const std::string_view text(reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(code));
        received += text;
        if (options.echo) outbox_ += text;
    }
    while (!outbox_.empty()) {
        const std::size_t size = under_way_ > 0 ? under_way_ : std::min<std::size_t>(outbox_.size(), 16384);
        const int code = mbedtls_ssl_write(&ssl_, reinterpret_cast<const unsigned char*>(outbox_.data()), size);
        if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) {
            under_way_ = size;
            return;
        }
        under_way_ = 0;
        if (code < 0) return drop();
        outbox_.erase(0, static_cast<std::size_t>(code));
    }
}

void TlsPskServer::drop() {
    sockets_.close(peer_);
    peer_ = chip::SocketId::none;
    open = false;
    under_way_ = 0;
    if (!made_) return;
    mbedtls_ssl_free(&ssl_);
    mbedtls_ssl_config_free(&config_);
    if (options.key != nullptr) {
        mbedtls_x509_crt_free(&own_);
        mbedtls_x509_crt_free(&clients_);
    }
    made_ = false;
}

int TlsPskServer::send(void* self, const unsigned char* bytes, std::size_t size) {
    auto& server = *static_cast<TlsPskServer*>(self);
    if (server.options.close_after) {
        const auto left = *server.options.close_after - server.sent;
        if (left == 0) return fatal;
        size = std::min(size, left);
    }
    const auto taken = server.sockets_.send(server.peer_, {bytes, size});
    if (!taken) return taken.error() == errors::would_block ? MBEDTLS_ERR_SSL_WANT_WRITE : fatal;
    server.sent += *taken;
    return static_cast<int>(*taken);
}

int TlsPskServer::receive(void* self, unsigned char* out, std::size_t size) {
    auto& server = *static_cast<TlsPskServer*>(self);
    const auto got = server.sockets_.receive(server.peer_, {out, size});
    if (!got && got.error() == errors::closed) return 0;
    if (!got) return got.error() == errors::would_block ? MBEDTLS_ERR_SSL_WANT_READ : fatal;
    return static_cast<int>(*got);
}

int TlsPskServer::random(void* self, unsigned char* out, std::size_t size) {
    auto& server = *static_cast<TlsPskServer*>(self);
    for (std::size_t i = 0; i < size; ++i) {
        server.random_ = server.random_ * 6364136223846793005ULL + 1442695040888963407ULL;
        out[i] = static_cast<unsigned char>(server.random_ >> 56);
    }
    return 0;
}

int TlsPskServer::choose_key(void* self, mbedtls_ssl_context* ssl, const unsigned char* name, std::size_t size) {
    auto& server = *static_cast<TlsPskServer*>(self);
    const auto found = server.options.accounts.find(std::string(reinterpret_cast<const char*>(name), size));
    if (found == server.options.accounts.end()) return -1;
    return mbedtls_ssl_set_hs_psk(ssl, found->second.data(), found->second.size());
}

}  // namespace esb::test
