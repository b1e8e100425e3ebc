// A TLS client of ours for servers on this machine, and its certificates.
#pragma once

#include "esb/net/tls_stream.hpp"
#include "host/vchip/clock_posix.hpp"
#include "host/vchip/entropy_posix.hpp"
#include "host/vchip/resolver_posix.hpp"
#include "host/vchip/sockets_posix.hpp"
#include "tests/support/net_rig.hpp"
#include "tests/support/pki.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

namespace esb::test {

// An hour on, for the certificates that are yet to be made.
UnixTime now_really();

struct TestCredentials final : net::TlsCredentials {
    Pki::Bytes trusted, own, key, room;
    FixedVector<net::SpkiPin, net::max_pins> web_pins;
    net::CertificateTime clock{now_really(), true};

    Result<ConstBytes> authorities(MutBytes) override { return ConstBytes(trusted); }
    FixedVector<net::SpkiPin, net::max_pins> pins() override { return web_pins; }
    Result<ConstBytes> own_certificates(MutBytes) override { return ConstBytes(own); }
    Result<net::ClientKey> own_key() override;
    net::CertificateTime time() const override { return clock; }
    MutBytes session_room() override { return room; }
};

// Every host is this machine.
struct TlsClient {
    vchip::SystemClock clock;
    vchip::PosixSockets sockets{clock};
    vchip::HostEntropy entropy;
    vchip::ThreadResolver resolver{clock, sockets, nullptr,
                                   [](const std::string&) -> Result<chip::IpAddress> {
                                       return chip::IpAddress::v4(127, 0, 0, 1);
                                   }};
    net::Reactor reactor{sockets, clock};
    net::Names names{reactor, resolver};
    net::TlsStream stream{reactor, names, entropy, {.handshake_timeout = std::chrono::seconds(10)}};
    RecordingHandler handler{stream};

    TlsClient() { sockets.add_source(resolver); }

    bool run_until(const std::function<bool()>& done, Duration limit = std::chrono::seconds(15));
    // "" when it was accepted, else the error's name.
    std::string connect(const std::string& host, std::uint16_t port);
};

}  // namespace esb::test
