#include "host/cli/est_tls.hpp"

#include "host/cli/library.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace esb::cli {
namespace {

constexpr std::array est_suites{
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    0,
};

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.c_str()); }

}  // namespace

struct EstTls::Context {
    int socket;
    Deadline deadline;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
    mbedtls_x509_crt own;
    mbedtls_x509_crt authority;
    mbedtls_pk_context key;
    bool open = false;

    Context(int fd, Deadline until) : socket(fd), deadline(until) {
        mbedtls_ssl_config_init(&config);
        mbedtls_ssl_init(&ssl);
        mbedtls_x509_crt_init(&own);
        mbedtls_x509_crt_init(&authority);
        mbedtls_pk_init(&key);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() {
        mbedtls_ssl_free(&ssl);
        mbedtls_ssl_config_free(&config);
        mbedtls_x509_crt_free(&own);
        mbedtls_x509_crt_free(&authority);
        mbedtls_pk_free(&key);
    }

    bool make(const EstCredentials& credentials);
    bool wait(short what) const;
    static int send(void* self, const unsigned char* bytes, std::size_t size);
    static int receive(void* self, unsigned char* out, std::size_t size);
};

// Until the socket is ready; false at the deadline.
bool EstTls::Context::wait(short what) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd one{socket, what, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(left.count()));
    return ready > 0 || (ready < 0 && errno == EINTR);
}

int EstTls::Context::send(void* self, const unsigned char* bytes, std::size_t size) {
    const auto& context = *static_cast<Context*>(self);
    for (;;) {
        const auto sent = ::send(context.socket, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return static_cast<int>(sent);
        if (errno != EAGAIN && errno != EINTR) return MBEDTLS_ERR_SSL_CONN_EOF;
        if (!context.wait(POLLOUT)) return MBEDTLS_ERR_SSL_TIMEOUT;
    }
}

int EstTls::Context::receive(void* self, unsigned char* out, std::size_t size) {
    const auto& context = *static_cast<Context*>(self);
    for (;;) {
        if (!context.wait(POLLIN)) return MBEDTLS_ERR_SSL_TIMEOUT;  // also when bytes drip in for ever
        const auto got = ::recv(context.socket, out, size, MSG_DONTWAIT);
        if (got >= 0) return static_cast<int>(got);
        if (errno != EAGAIN && errno != EINTR) return MBEDTLS_ERR_SSL_CONN_EOF;
    }
}

bool EstTls::Context::make(const EstCredentials& credentials) {
    const auto& [certificate, key_text, authority_text] = credentials;
    if (!library::start() || mbedtls_x509_crt_parse(&own, bytes_of(certificate), certificate.size() + 1) != 0 ||
        mbedtls_x509_crt_parse(&authority, bytes_of(authority_text), authority_text.size() + 1) != 0 ||
        library::parse_key(key, {bytes_of(key_text), key_text.size() + 1}) != 0 ||
        mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                    MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
        return false;
    }
    library::set_rules(config);
    mbedtls_ssl_conf_ciphersuites(&config, est_suites.data());
    mbedtls_ssl_conf_cert_profile(&config, &mbedtls_x509_crt_profile_suiteb);
    mbedtls_ssl_conf_ca_chain(&config, &authority, nullptr);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    if (mbedtls_ssl_conf_own_cert(&config, &own, &key) != 0 || mbedtls_ssl_setup(&ssl, &config) != 0) return false;
    mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
    return true;
}

EstTls::EstTls(int socket, Deadline deadline) : context_(std::make_unique<Context>(socket, deadline)) {}
EstTls::~EstTls() = default;

Outcome<void> EstTls::handshake(const EstCredentials& credentials) {
    if (!context_->make(credentials)) return failure("TLS cannot be set up");
    const int code = mbedtls_ssl_handshake(&context_->ssl);
    if (code != 0) return failure("no TLS connection (Mbed TLS " + std::to_string(code) + ")");
    context_->open = true;
    const auto* const certificate = mbedtls_ssl_get_peer_cert(&context_->ssl);
    if (certificate == nullptr || mbedtls_ssl_get_verify_result(&context_->ssl) != 0) return {};
    const auto& raw = certificate->raw;
    if (auto facts = read_certificate({reinterpret_cast<const char*>(raw.p), raw.len})) peer_ = std::move(*facts);
    return {};
}

std::string EstTls::read() {
    std::string bytes(2048, '\0');
    const int got = mbedtls_ssl_read(&context_->ssl, reinterpret_cast<unsigned char*>(bytes.data()), bytes.size());
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

bool EstTls::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const int sent =
            mbedtls_ssl_write(&context_->ssl, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void EstTls::close() {
    if (!context_->open) return;
    context_->open = false;
    static_cast<void>(mbedtls_ssl_close_notify(&context_->ssl));
}

}  // namespace esb::cli
