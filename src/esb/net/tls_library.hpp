// What every TLS connection of ours sets in Mbed TLS. Where its versions differ: tls_version.hpp.
#pragma once

#include "esb/net/tls_config.hpp"

#include <mbedtls/ssl.h>

namespace esb::net {

// Suites, curves, hashes, versions and extensions: all that does not depend on who the peer is.
void set_rules(mbedtls_ssl_config& config, TlsTrust trust, bool allow_plain_psk);

bool prepare_crypto();
bool handshake_over(mbedtls_ssl_context& ssl);
const std::uint8_t* message_of(const mbedtls_ssl_context& ssl);

struct SavedSession {
    std::size_t size = 0;      // 0: there is none with a ticket, or it does not fit
    UnixTime lifetime{};       // that the server promises; 0: it does not say
};
SavedSession save_session(const mbedtls_ssl_context& ssl, MutBytes out);
// After mbedtls_ssl_setup(). False when these are no session of this library as it was built.
bool offer_session(mbedtls_ssl_context& ssl, ConstBytes session);

bool is_out_of_memory(int code);

}  // namespace esb::net
