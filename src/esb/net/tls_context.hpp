// What one TLS connection holds of Mbed TLS, and how it moves bytes for it. Knows Mbed TLS, as do tls_library.cpp (its
// versions) and tls_trust.cpp (certificates).
#pragma once

#include "esb/base/features.hpp"
#include "esb/net/tls_record.hpp"
#include "esb/net/tls_stream.hpp"
#if ESB_CERTIFICATES
#include "esb/net/tls_resumption.hpp"
#include "esb/net/tls_trust.hpp"
#endif

#include <mbedtls/ssl.h>

#include <array>
#include <optional>

namespace esb::net {

inline constexpr std::size_t max_psk_identity = 128;

struct TlsStream::Context {
    TcpStream& tcp;
    chip::Entropy& entropy;
    FixedString<max_psk_identity> identity;
    Psk key;
    bool allow_plain_psk = false;
    TlsTrust trust = TlsTrust::psk;
#if ESB_CERTIFICATES
    FixedVector<SpkiPin, max_pins> pins;
    TlsCredentials* credentials = nullptr;
    std::array<const char*, max_alpn + 1> alpn{};
    HostName host;
    std::optional<TlsTrustCheck> check;  // while a handshake is under way
    std::uint16_t port = 0;
    TlsResumption resumption;
#endif

    mbedtls_ssl_config config{};
    mbedtls_ssl_context ssl{};
    bool made = false;
    std::optional<Error> io_error;
    std::size_t write_under_way = 0;  // bytes of the record that Mbed TLS has but could not send entirely
    FixedVector<std::uint8_t, 2> heard;  // the first bytes of the other side

    // Mbed TLS asks for a record's head and then for its body. Read ahead, both cost one call of the network stack; and
    // one that gave less than there was room for has left nothing behind, until the socket is readable anew.
    std::array<std::uint8_t, 512> ahead{};
    std::size_t ahead_from = 0, ahead_to = 0;
    bool drained = false;

    Context(TcpStream& tcp_stream, chip::Entropy& chip_entropy) : tcp(tcp_stream), entropy(chip_entropy) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { release(); }

    Status configure(const TlsConfig& chosen);
    bool configured() const;
    Status make();
    Status set_trust(int& code);
    bool handshake_done();
    void release();
    Error error_of(int code, bool in_handshake);
    Error alert_in_handshake(std::uint8_t alert) const;
    bool not_tls() const { return !may_begin_tls_record(heard); }
    // Something is left that TCP knows nothing of any more.
    bool has_rest() const { return ahead_from < ahead_to || mbedtls_ssl_get_bytes_avail(&ssl) > 0; }
    Result<std::size_t> read_ahead(MutBytes out);
    std::optional<std::uint8_t> alert_in_the_clear();

    static int send(void* self, const unsigned char* bytes, std::size_t size);
    static int receive(void* self, unsigned char* out, std::size_t size);
    static int random(void* self, unsigned char* out, std::size_t size);
    int io_failed(const Error& why, int want);
};

}  // namespace esb::net
