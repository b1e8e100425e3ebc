// The heap refuses memory to Mbed TLS during the handshake: always an error, never a crash or a leak (LeakSanitizer).
#include "esb/net/tls_stream.hpp"
#include "support/failing_calloc.hpp"
#include "support/fake_ca.hpp"
#include "support/net_rig.hpp"
#include "support/tls_psk_server.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace esb;
using test::FailingCalloc;
using test::server_address;

constexpr std::array<std::uint8_t, 16> shared_key{9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8};

struct MemoryRig {
    test::NetRig net;
    test::TlsPskServer server;
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    test::RecordingHandler handler{stream};

    MemoryRig()
        : server(net.network, server_address, 8883, {.accounts = {{"ESP-1", {shared_key.begin(), shared_key.end()}}}}) {
        server.around_step = [](bool inside) { FailingCalloc::pause(inside); };
        EXPECT_TRUE(stream.configure({.identity = "ESP-1", .key = shared_key}));
    }
    ~MemoryRig() { FailingCalloc::pause(true); }

    // True when the refusal did not come.
    bool try_with(std::size_t nth, bool lasting) {
        FailingCalloc::pause(false);
        const FailingCalloc refuse(nth, lasting);
        EXPECT_TRUE(handler.open("server.test", 8883));
        EXPECT_TRUE(net.run_until([&] { return handler.opened + handler.closed > 0; }));
        const bool refused = FailingCalloc::refused();
        FailingCalloc::pause(true);
        if (!refused) return true;
        EXPECT_EQ(handler.opened, 0) << nth;
        EXPECT_EQ(handler.closed, 1) << nth;
        // Mbed TLS passes some refusals off as faults of the other side's message.
        if (handler.why && *handler.why != errors::tls_protocol) {
            EXPECT_TRUE(*handler.why == errors::no_memory) << nth << " " << handler.why->name();
        }
        return false;
    }
};

// The same with certificates on both sides.
struct CertificateRig {
    test::FakeCa ca;
    test::NetRig net;
    mbedtls_pk_context server_key{};
    struct Credentials final : net::TlsCredentials {
        test::FakeCa::Der trusted, own;
        net::ClientKey key;
        Result<ConstBytes> authorities(MutBytes) override { return ConstBytes(trusted); }
        Result<ConstBytes> own_certificates(MutBytes) override { return ConstBytes(own); }
        Result<net::ClientKey> own_key() override { return key; }
        net::CertificateTime time() const override { return {UnixTime(1'900'000'000), true}; }
    } credentials;
    test::TlsPskServer server;
    net::TlsStream stream{net.reactor, net.names, net.entropy};
    test::RecordingHandler handler{stream};

    CertificateRig() : server(net.network, server_address, 8883, options()) {
        server.around_step = [](bool inside) { FailingCalloc::pause(inside); };
        net::TlsConfig config;
        config.trust = net::TlsTrust::ca;
        config.credentials = &credentials;
        EXPECT_TRUE(stream.configure(config));
    }
    ~CertificateRig() {
        FailingCalloc::pause(true);
        mbedtls_pk_free(&server_key);
    }
    test::TlsPskServer::Options options() {
        credentials.trusted = ca.certificate;
        mbedtls_pk_context own{};
        std::array<std::uint8_t, 32> number{};
        credentials.own = ca.server("device", own, &number);
        EXPECT_TRUE(credentials.key.assign(number));
        mbedtls_pk_free(&own);
        test::TlsPskServer::Options chosen;
        chosen.certificate = ca.server("server.test", server_key);
        chosen.clients = ca.certificate;
        chosen.key = &server_key;
        chosen.suites = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
        return chosen;
    }
    // How it ended, "" when it was opened, "-" when the refusal did not come.
    std::string try_with(std::size_t nth, bool lasting) {
        FailingCalloc::pause(false);
        const FailingCalloc refuse(nth, lasting);
        EXPECT_TRUE(handler.open("server.test", 8883));
        EXPECT_TRUE(net.run_until([&] { return handler.opened + handler.closed > 0; }));
        const bool refused = FailingCalloc::refused();
        FailingCalloc::pause(true);
        if (!refused) return handler.opened > 0 ? "-" : "not even then";
        return handler.opened > 0 ? "" : std::string(handler.why->name());
    }
};

// Mbed TLS takes memory that it does not get in the middle of a check for a signature that does not match, or for a fault
// of the other side's message.
TEST(TlsMemory, a_handshake_with_certificates_ends_or_succeeds_when_memory_is_refused) {
    for (const bool lasting : {false, true}) {
        std::size_t n = 1;
        for (;; n += 1 + n / 16) {
            CertificateRig rig;
            const auto name = rig.try_with(n, lasting);
            if (name == "-") break;
            const bool told = name.empty() || name == "no_memory" || name == "tls.protocol" || name == "tls.certificate" ||
                              name == "tls.unknown_authority" || name == "tls.credentials" || name == "tls.setup" ||
                              name == "tls.weak" || name == "tls.client_refused";
            ASSERT_TRUE(told) << n << " " << name;
        }
        EXPECT_GT(n, 40U);
    }
}

TEST(TlsMemory, a_foreign_certificate_is_never_accepted_for_want_of_memory) {
    const test::FakeCa other(8);
    for (const bool lasting : {false, true}) {
        for (std::size_t n = 1;; n += 1 + n / 10) {
            CertificateRig rig;
            rig.credentials.trusted = other.certificate;
            const auto name = rig.try_with(n, lasting);
            ASSERT_EQ(rig.handler.opened, 0) << n;
            if (name == "not even then") break;
        }
    }
}

TEST(TlsMemory, one_refused_allocation_ends_the_handshake) {
    std::size_t n = 1;
    for (;; n += 1 + n / 24) {
        MemoryRig rig;
        if (rig.try_with(n, false)) break;
        ASSERT_FALSE(HasFailure()) << n;
    }
    EXPECT_GT(n, 20U);
}

TEST(TlsMemory, a_heap_that_stays_empty_ends_the_handshake) {
    for (std::size_t n = 1;; n += 1 + n / 8) {
        MemoryRig rig;
        if (rig.try_with(n, true)) break;
        ASSERT_FALSE(HasFailure()) << n;
    }
}

TEST(TlsMemory, the_next_try_succeeds) {
    MemoryRig rig;
    EXPECT_FALSE(rig.try_with(3, true));
    rig.handler.closed = 0;
    ASSERT_TRUE(rig.handler.open("server.test", 8883));
    EXPECT_TRUE(rig.net.run_until([&] { return rig.handler.opened > 0; }));
}

}  // namespace
