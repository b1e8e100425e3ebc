// Going on with an earlier session (RFC 5077) instead of a full handshake. Knows Mbed TLS; without its tickets nothing
// is ever offered or kept.
#pragma once

#include "esb/net/tls_config.hpp"
#include "esb/net/tls_session.hpp"

#include <mbedtls/ssl.h>

namespace esb::net {

// A session is kept once its connection has proven good, and offered once: one that a server takes and then regrets is
// gone with the try. It lasts as long as the server says, at most longest_session after the certificate was checked and
// not longer than the certificate; without a set clock there is none.
class TlsResumption {
public:
    // Before a handshake, after mbedtls_ssl_setup().
    void begin(mbedtls_ssl_context& ssl, TlsCredentials& credentials, const SessionBinding& binding);
    // After it. `checked_until`: the certificate was checked in it and lasts until then; empty: it was not. False when
    // neither that nor a session of ours vouches for the other side.
    bool end(std::optional<UnixTime> checked_until);
    // The connection is as wanted.
    void keep(const mbedtls_ssl_context& ssl, TlsCredentials& credentials);

    // A session was offered, and keep() was not called since.
    bool unproven() const { return offered_; }
    // The connection goes on with a session.
    bool resumed() const { return resumed_; }

private:
    SessionBinding binding_{};
    UnixTime until_{};
    bool dated_ = false;  // the clock was set when the handshake began
    bool offered_ = false;
    bool resumed_ = false;
    bool wanted_ = false;  // keep() is yet to come
};

}  // namespace esb::net
