// The certificates of one handshake: the other side's are judged, the own one is shown. Knows Mbed TLS.
#pragma once

#include "esb/base/fixed.hpp"
#include "esb/chip/entropy.hpp"
#include "esb/chip/network.hpp"
#include "esb/net/errors.hpp"
#include "esb/net/tls_config.hpp"
#include "esb/net/tls_session.hpp"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <optional>
#include <string_view>

namespace esb::net {

using HostName = FixedString<chip::max_host_name>;

// Made for a handshake, gone when it is over. Its memory is Mbed TLS's copies of the certificates.
class TlsTrustCheck {
public:
    TlsTrustCheck(TlsTrust trust, std::span<const SpkiPin> pins, TlsCredentials& credentials, std::string_view host,
                  std::uint16_t port);
    ~TlsTrustCheck();
    TlsTrustCheck(const TlsTrustCheck&) = delete;
    TlsTrustCheck& operator=(const TlsTrustCheck&) = delete;

    // Before mbedtls_ssl_setup(). no_memory, tls_credentials, the errors of TlsCredentials.
    Status put_into(mbedtls_ssl_config& config, int (*random)(void*, unsigned char*, std::size_t), void* state);
    // After it: the name that SNI asks for.
    int put_into(mbedtls_ssl_context& ssl) const;

    // The other side's certificate was found good: what it says against us now is about ours.
    bool approved() const { return approved_; }
    // Once it was: when the first certificate of its chain ends.
    UnixTime approved_until() const { return ends_; }
    // Whom and what this is a check of, after put_into().
    const SessionBinding& binding() const { return binding_; }
    // Why the handshake failed, where it was for the other side's certificate.
    std::optional<Error> refusal(const mbedtls_ssl_context& ssl, int code) const;

private:
    void bind(ConstBytes part);
    Status load_authorities();
    Status load_own(int (*random)(void*, unsigned char*, std::size_t), void* state);
    std::uint32_t judge(const mbedtls_x509_crt& certificate, int depth, std::uint32_t flags) const;
    std::uint32_t judge_dates(const mbedtls_x509_crt& certificate, std::uint32_t flags) const;
    bool is_for_host(const mbedtls_x509_crt& certificate) const;
    bool is_pinned(const mbedtls_x509_crt& certificate) const;
    static int verify(void* self, mbedtls_x509_crt* certificate, int depth, std::uint32_t* flags);

    TlsTrust trust_;
    std::span<const SpkiPin> pins_;
    TlsCredentials& credentials_;
    HostName host_;
    mbedtls_x509_crt authorities_;
    mbedtls_x509_crt own_;
    mbedtls_pk_context key_;
    bool clean_ = true;  // nothing has been found wrong
    bool approved_ = false;
    UnixTime ends_ = UnixTime::max();
    SessionBinding binding_{};
};

}  // namespace esb::net
