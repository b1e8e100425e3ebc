// What every TLS connection of ours sets in Mbed TLS, and where its versions differ: 2.28 (Debian), 3.4 to 3.6 (ESP-IDF).
#pragma once

#include "esb/net/tls_config.hpp"

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

namespace esb::net {

// Suites, curves, hashes, versions and extensions: all that does not depend on who the peer is.
void set_rules(mbedtls_ssl_config& config, TlsTrust trust, bool allow_plain_psk);

bool prepare_crypto();
bool handshake_over(mbedtls_ssl_context& ssl);
const std::uint8_t* message_of(const mbedtls_ssl_context& ssl);

// Mbed TLS adds the code of a cause (the low 7 bits, negated) to that of the module it surfaced in.
bool is_out_of_memory(int code);

}  // namespace esb::net
