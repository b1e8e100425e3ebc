// One TLS connection of `esb ca serve`, on a socket that was accepted. est_tls.cpp knows Mbed TLS.
#pragma once

#include "host/cli/outcome.hpp"
#include "host/cli/read_certificate.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace esb::cli {

struct EstCredentials {
    std::string certificate;  // PEM, the server's
    std::string key;          // PEM
    std::string authority;    // PEM: who signs the clients' certificates
};

// TLS 1.2, ECDHE-ECDSA with AES-GCM or ChaCha20-Poly1305. The client may have a certificate. Everything has to be over
// at the deadline.
class EstTls {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    EstTls(int socket, Deadline deadline);  // the socket stays the caller's
    ~EstTls();
    EstTls(const EstTls&) = delete;
    EstTls& operator=(const EstTls&) = delete;

    Outcome<void> handshake(const EstCredentials& credentials);
    // The client's certificate when it is good: signed by the authority, for TLS clients, within its time.
    const std::optional<CertificateFacts>& peer() const { return peer_; }
    // Some bytes; empty at the end, of whichever kind.
    std::string read();
    bool write(std::string_view bytes);
    void close();

private:
    struct Context;
    std::unique_ptr<Context> context_;
    std::optional<CertificateFacts> peer_;
};

}  // namespace esb::cli
